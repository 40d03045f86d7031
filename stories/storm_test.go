package stories

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sync/errgroup"

	"github.com/imageferry/imageferry/internal/sandbox"
)

// A storm is events that nobody of the cloud sent, or that tell of nothing: notify
// is invoked with them directly, as whoever may invoke the function can.

// gusts make one event each, from a random number. Those marked true name a file
// as an export would name it: what they cost must be bounded. The others must cost
// nothing.
var gusts = []struct {
	forged bool
	event  func(n uint64) string
}{
	{false, func(n uint64) string {
		return created("images", sandbox.AppID, fmt.Sprintf("photos/%d.jpg", n), 1+int(n%9999))
	}},
	{false, func(n uint64) string { return created("images", sandbox.AppID, fmt.Sprintf("a/../%d_xvda.raw", n), 1) }},
	{false, func(n uint64) string {
		return created("images", sandbox.AppID, strings.Repeat("x", 900)+"_xvda.raw", 1)
	}},
	{false, func(n uint64) string {
		return created("images", sandbox.AppID, fmt.Sprintf("%d\\u202e_xvda.raw", n), 1)
	}},
	{false, func(n uint64) string { return created("images", sandbox.AppID, fmt.Sprintf("%d_xvda.raw", n), 0) }},
	{false, func(n uint64) string {
		return created("images", sandbox.AppID, fmt.Sprintf("nightly-%d_manifest.json", n), 1)
	}},
	{false, func(n uint64) string { return created("theirs", sandbox.AppID, fmt.Sprintf("%d_xvda.raw", n), 1) }},
	{false, func(n uint64) string { return created("images", "1259999999", fmt.Sprintf("%d_xvda.raw", n), 1) }},
	{false, func(n uint64) string {
		return created("state", sandbox.AppID, fmt.Sprintf("imageferry/v1/open/%d", n), 1)
	}},
	{false, func(n uint64) string {
		return strings.Replace(created("images", sandbox.AppID, fmt.Sprintf("%d_xvda.raw", n), 1), "Created:Put", "Remove:Delete", 1)
	}},
	{false, func(n uint64) string { return strings.Repeat("[", int(n%5000)) }},
	{false, func(n uint64) string { return `{"Records":[` + strings.Repeat(`{"cos":1},`, 2000) + `{}]}` }},
	{false, func(n uint64) string {
		return fmt.Sprintf(`{"Type":"Timer","TriggerName":"nightly","Time":"2026-11-21T19:00:00Z","Message":"nightly","n":%d}`, n)
	}},
	{true, func(n uint64) string { return created("images", sandbox.AppID, fmt.Sprintf("%d_xvda.raw", n), 1<<30) }},
	{true, func(n uint64) string {
		slot := time.Unix(int64(n%1e9), 0).UTC().Format("20060102t150405z")
		return created("images", sandbox.AppID, "nightly-"+slot+"-webserv1_img-webserv1_system_snap-websys01.raw", 1<<30)
	}},
	{true, func(n uint64) string {
		return created("images", sandbox.AppID, fmt.Sprintf("api-%020x_img-webserv1_system_snap-websys01.raw", n), 1<<30)
	}},
}

// created is the event of COS for one object (583/9707).
func created(bucket, appID, key string, size int) string {
	return fmt.Sprintf(`{"Records":[{"cos":{"cosSchemaVersion":"1.0","cosObject":{"url":"http://%[1]s-%[2]s.cos.ap-guangzhou.myqcloud.com/%[3]s","meta":{},"vid":"",`+
		`"key":"/%[2]s/%[1]s/%[3]s","size":%[4]d},"cosBucket":{"region":"gz","cosRegion":"ap-guangzhou","name":"%[1]s","appid":"%[2]s"},"cosNotificationId":"u"},`+
		`"event":{"eventName":"cos:ObjectCreated:Put","eventVersion":"1.0","eventTime":1795201200,"eventSource":"qcs::cos","requestParameters":{},"eventQueue":"q","reservedInfo":"","reqid":1}}]}`,
		bucket, appID, key, size)
}

var storm = command{"EVENTS [REGEXP]", 1, 2, func(s *story, ts *testscript.TestScript, args []string) {
	events, err := strconv.Atoi(args[0])
	ts.Check(err)
	pick := func(i int, n uint64) (string, bool) {
		g := gusts[i%len(gusts)]
		return g.event(n), g.forged
	}
	if len(args) > 1 {
		event := created("images", sandbox.AppID, s.one(ts, "image", args[1]), 1<<30)
		pick = func(int, uint64) (string, bool) { return event, true }
	}
	before, random, forged := len(s.Requests()), rand.New(rand.NewPCG(1, 2)), 0
	var work errgroup.Group
	work.SetLimit(stormWidth)
	for i := range events {
		event, isForged := pick(i, random.Uint64())
		if isForged {
			forged++
		}
		work.Go(func() error {
			if _, err := s.SCF.Invoke(context.Background(), "notify", []byte(event)); err != nil {
				return fmt.Errorf("%.200s: %w", event, err)
			}
			return nil
		})
	}
	ts.Check(work.Wait())
	s.judgeStorm(ts, events, forged, len(s.Requests())-before)
}}

// What a storm may be and cost at most.
const (
	stormWidth        = 4 // instances
	requestsOfForged  = 3 // the export's log is looked for twice, and the file once
	requestsOfStart   = 1 // of an instance: is the state bucket versioned?
	memoryOfInstances = 64 << 20
)

func (s *story) judgeStorm(ts *testscript.TestScript, events, forged, asked int) {
	var peak int64
	for _, i := range s.SCF.Invocations("notify") {
		peak = max(peak, i.Memory)
	}
	ts.Logf("%d events, %d of them forged: %d requests, instances of at most %d MiB", events, forged, asked, peak>>20)
	if most := forged*requestsOfForged + stormWidth*requestsOfStart; asked > most {
		ts.Fatalf("%d requests, at most %d are allowed", asked, most)
	}
	if peak > memoryOfInstances {
		ts.Fatalf("an instance took %d MiB, at most %d are allowed", peak>>20, memoryOfInstances>>20)
	}
}
