package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

var update = flag.Bool("update", false, "write the golden files anew; a change of one is a change of the bucket format")

const id = image.ExportID("nightly-20261122t030000z-72n9mi0y")

// made is the way of an instance's export, and all that schema 2 brought.
func made() []ledger.Entry {
	r := story()[0].Request
	r.DataDisks = []string{"disk-a"}
	r.ID, r.Image, r.Instance, r.Keep, r.MaxInFlight = "nightly-20261122t030000z-ins-8ruwtq3m", image.Image{}, "ins-8ruwtq3m", 3, 2
	r.Prefix, r.Hears = "team_"+string(r.ID), map[string][]string{"webhook": {"failed", "partial"}}
	e := ledger.Entry{Request: r}
	var all []ledger.Entry
	step := func(s ledger.State, change func(*ledger.Entry)) {
		e = e.Next(s, slot.Add(time.Duration(e.Seq+1)*time.Minute))
		change(&e)
		all = append(all, e)
	}
	claim := func() { e.Until = e.At.Add(10 * time.Minute) }
	step(ledger.Imaging, func(e *ledger.Entry) { claim(); e.Making = 1 })
	step(ledger.Imaged, func(e *ledger.Entry) {
		e.Request.Image = story()[0].Request.Image
		e.Request.Image.Family, e.Request.Image.Tags = "web", map[string]string{"imageferry-export": string(r.ID)}
	})
	step(ledger.Intent, func(e *ledger.Entry) { claim(); e.Attempt = 1 })
	step(ledger.Retry, func(e *ledger.Entry) {
		e.Attempt, e.Refused, e.NotBefore, e.Full, e.Running = 0, 1, e.At.Add(time.Minute), true, 4
	})
	step(ledger.Accepted, func(e *ledger.Entry) { e.Started, e.Stalled, e.Full, e.Running = e.At, e.At.Add(time.Hour), false, 0 })
	step(ledger.Complete, func(e *ledger.Entry) { claim(); e.Verdict, e.Ended = ledger.Complete, e.At })
	step(ledger.Pruning, func(e *ledger.Entry) { claim(); e.Surplus = []string{"img-old1"} })
	step(ledger.Closed, func(*ledger.Entry) {})
	return all
}

// proven is the end of an export whose files were looked into, and all that schema 3
// brought.
func proven() []ledger.Entry {
	e := story()[3]
	r := &e.Request
	r.ID = "nightly-20261122t030000z-proven"
	r.Prefix, r.AnyData, r.Recovers = string(r.ID), true, true
	e.Seq, e.Expected = 0, r.Files()
	var all []ledger.Entry
	for i := range 2 {
		e = e.Next(ledger.Complete, slot.Add(time.Duration(10+i)*time.Minute))
		e.Verdict, e.Ended = ledger.Complete, e.At
		e.Landed = []ledger.File{
			{Key: r.Files()[0], Size: 1 << 30, CRC64: "17", Check: &diskimage.Report{
				Verdict: diskimage.Verified, Format: image.QCOW2, Bytes: 50 << 30, Contents: "gpt: efi, ext4", Bootable: true, Ranges: "4711",
			}},
			{Key: r.Files()[1], Size: 1 << 20, Check: &diskimage.Report{
				Verdict: diskimage.Suspicious, Findings: []diskimage.Finding{{Code: "truncated", Detail: "d"}},
			}},
		}
		notice := string(r.ID) + ".complete"
		e.Deliveries = map[string]ledger.Delivery{
			"manifest": {ID: notice, State: ledger.Sending, Attempt: 1},
			"oncall":   {ID: notice, State: ledger.Undelivered, Attempt: 5, Detail: "410"},
			"mail":     {ID: notice, State: ledger.SendLater, For: "oncall"},
		}
		all = append(all, e)
	}
	return all
}

// news is something told about a plan.
func news() ledger.Request {
	return ledger.Request{
		ID: "news-nightly-20261122t030000z-missed", Origin: ledger.Noticed, Plan: "nightly", Slot: slot, Deadline: slot,
		News: &ledger.Told{Kind: ledger.KindMissed, Slots: []time.Time{slot}, Detail: "d", Hint: "h"},
	}
}

// story is the longest way of an image's export: every state, every field of schema 1.
func story() []ledger.Entry {
	r := ledger.Request{
		ID: id, Origin: ledger.Scheduled, Plan: "nightly", Slot: slot,
		Image: image.Image{
			ID: "img-72n9mi0y", Name: "web 镜像", Type: "PRIVATE_IMAGE", State: "NORMAL", OS: "Ubuntu", Platform: "Ubuntu", Architecture: "x86_64",
			Created: slot.AddDate(0, -1, 0), Disks: []image.Disk{{Snapshot: "snap-aaaaaaaa", System: true, GiB: 50}, {Snapshot: "snap-bbbbbbbb", GiB: 100}},
		},
		Bucket: image.Bucket{Name: "images", AppID: "1250000000"}, Prefix: "team_" + string(id), Format: image.QCOW2, Role: "CVM_QcsRole", Deadline: slot.Add(24 * time.Hour),
	}
	e := ledger.Entry{Request: r}
	var all []ledger.Entry
	step := func(s ledger.State, change func(*ledger.Entry)) {
		e = e.Next(s, slot.Add(time.Duration(e.Seq+1)*time.Minute))
		change(&e)
		all = append(all, e)
	}
	claim := func() { e.Until = e.At.Add(10 * time.Minute) }
	step(ledger.Intent, func(e *ledger.Entry) { claim(); e.Attempt = 1 })
	step(ledger.Retry, func(e *ledger.Entry) {
		e.Attempt, e.Refused, e.NotBefore = 0, 1, e.At.Add(time.Minute)
		e.Reason, e.Detail, e.Hint, e.RequestID = "LimitExceeded.ExportImageTaskLimitExceeded", "too many", "wait", "req-1"
	})
	step(ledger.Intent, func(e *ledger.Entry) {
		claim()
		e.Attempt, e.NotBefore, e.Reason, e.Detail, e.Hint = 1, time.Time{}, "", "", ""
	})
	step(ledger.Accepted, func(e *ledger.Entry) { e.TaskID, e.Expected, e.Started = 4711, r.Files(), e.At })
	step(ledger.Partial, func(e *ledger.Entry) {
		claim()
		e.Verdict, e.Ended, e.Reason, e.Detail, e.Hint = ledger.Partial, e.At, "files-missing", "1 of 2", "again"
		e.Landed = []ledger.File{{Key: r.Files()[0], Size: 1 << 30, CRC64: "18446744073709551615", ETag: "abc-12", Time: e.At}}
		e.Deliveries = map[string]ledger.Delivery{"webhook": {ID: string(id) + ".partial", State: ledger.Sending, Attempt: 1}}
	})
	step(ledger.Partial, func(e *ledger.Entry) {
		e.Deliveries = map[string]ledger.Delivery{"webhook": {ID: string(id) + ".partial", State: ledger.SendLater, Attempt: 1, NotBefore: e.At, Detail: "503"}}
	})
	step(ledger.Closed, func(e *ledger.Entry) {
		e.Deliveries = map[string]ledger.Delivery{"webhook": {ID: string(id) + ".partial", State: ledger.Sent, Attempt: 2}}
	})
	return all
}

var nonce = regexp.MustCompile(`"nonce":"[A-Z2-7]{26}"`)

// TestGolden pins every stored form and the key of each. What lies in people's
// buckets is read by versions to come.
func TestGolden(t *testing.T) { // not parallel: -update writes what others read
	store := ledger.NewMemory()
	l := ledger.New(store, "imageferry/")
	ctx := t.Context()
	all := story()
	last := all[len(all)-1]
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := l.Open(ctx, last.Request)
	must(err)
	_, err = l.Open(ctx, news())
	must(err)
	note := ledger.Slot{Plan: "nightly", Schedule: "0 0 11 * * * *", At: slot, Exports: []ledger.Pick{
		{Image: "img-72n9mi0y", Export: id}, {Instance: "ins-8ruwtq3m", Export: made()[0].Request.ID},
	}, Skipped: []ledger.Pick{{Image: "img-aaaaaaaa", Export: "nightly-20261121t030000z-aaaaaaaa", Reason: "unchanged"}}}
	must(l.MarkSlot(ctx, ledger.Mark{Slot: slot}, note))
	for i, fate := range []ledger.Fate{ledger.Missed, ledger.Suspended, ledger.Resumed, ledger.Begun, ledger.Digested} {
		at := slot.AddDate(0, 0, i+1)
		must(l.MarkSlot(ctx, ledger.Mark{Slot: at, Fate: fate}, ledger.Slot{Plan: "nightly", At: at, Detail: "d"}))
	}
	must(l.KeepManifest(ctx, id, []byte(`{"schema":1}`)))
	must(l.Mute(ctx, "oncall.0123456789abcdef", slot, "410"))
	for _, e := range slices.Concat(all, made(), proven()) {
		_, err := l.Append(ctx, e)
		must(err)
	}
	before, _, err := store.List(ctx, "", "", 1000)
	must(err)
	must(l.Close(ctx, ledger.OpenName(last.Request), last))
	after, _, err := store.List(ctx, "", "", 1000)
	must(err)
	golden(t, "keys.txt", []byte("open:\n"+strings.Join(before, "\n")+"\n\nclosed:\n"+strings.Join(after, "\n")+"\n"))

	_, err = l.Open(ctx, last.Request) // once more, to read it
	must(err)
	keys, _, err := store.List(ctx, "", "", 1000)
	must(err)
	for _, key := range keys {
		body, err := store.Get(ctx, key)
		must(err)
		body = nonce.ReplaceAll(body, []byte(`"nonce":"ABCDEFGHIJKLMNOPQRSTUVWXYZ"`))
		var pretty bytes.Buffer
		must(json.Indent(&pretty, body, "", "  "))
		pretty.WriteByte('\n')
		parts := strings.Split(strings.TrimPrefix(key, "imageferry/v1/"), "/")
		name := strings.TrimSuffix(parts[len(parts)-1], ".json")
		switch {
		case parts[0] != "exports" || parts[2] == string(id):
		case parts[2] == string(proven()[0].Request.ID):
			name = "proven-" + name
		default:
			name = "instance-" + name
		}
		golden(t, "schema3/"+parts[0]+"-"+name+".json", pretty.Bytes())
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s changed (-want +got):\n%s", name, diff)
	}
}

// TestReadGolden reads what this version and those before it wrote.
func TestReadGolden(t *testing.T) {
	t.Parallel()
	readGolden(t, "schema1/exports-", 1, story())
	readGolden(t, "schema2/exports-", 2, story())
	readGolden(t, "schema2/exports-instance-", 2, made())
	readGolden(t, "schema3/exports-", 3, story())
	readGolden(t, "schema3/exports-instance-", 3, made())
	readGolden(t, "schema3/exports-proven-", 3, proven())
}

func readGolden(t *testing.T, form string, schema int, all []ledger.Entry) {
	for i, want := range all {
		store := ledger.NewMemory()
		l := ledger.New(store, "imageferry/")
		put(t, store, keysOf(all)[i], file(t, fmt.Sprintf("%s%06d.json", form, i+1)))
		got, err := l.Load(t.Context(), want.Request.ID)
		want.Schema, want.Nonce = schema, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s%d: %v (-want +got):\n%s", form, i+1, err, diff)
		}
	}
}

func TestReadGoldenLists(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := ledger.NewMemory()
	name := ledger.OpenName(story()[0].Request)
	put(t, store, "imageferry/v1/open/"+name, file(t, "schema1/open-"+name+".json"))
	r, err := ledger.New(store, "imageferry/").ReadOpen(ctx, name)
	if diff := cmp.Diff(story()[0].Request, r); err != nil || diff != "" {
		t.Errorf("marker: %v (-want +got):\n%s", err, diff)
	}
	picks := []ledger.Pick{{Image: "img-72n9mi0y", Export: id}, {Instance: "ins-8ruwtq3m", Export: made()[0].Request.ID}}
	for schema, want := range map[string][]ledger.Pick{
		"schema1": {{Export: id}}, "schema2": picks, "schema3": picks,
	} {
		store := ledger.NewMemory()
		put(t, store, "imageferry/v1/slots/nightly/20261122t030000z", file(t, schema+"/slots-20261122t030000z.json"))
		got, err := ledger.New(store, "imageferry/").ReadMark(ctx, "nightly", ledger.Mark{Slot: slot})
		if diff := cmp.Diff(want, got.Exports); err != nil || diff != "" {
			t.Errorf("%s, slot: %v (-want +got):\n%s", schema, err, diff)
		}
	}
}

// entryKeys are the keys of the story's entries, as keys.txt has them.
var entryKeys = keysOf(story())

func keysOf(all []ledger.Entry) (keys []string) {
	store := ledger.NewMemory()
	l := ledger.New(store, "imageferry/")
	for _, e := range all {
		if _, err := l.Append(context.Background(), e); err != nil {
			panic(err)
		}
	}
	keys, _, _ = store.List(context.Background(), "", "", 100)
	return keys
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func put(t *testing.T, s ledger.Store, key string, body []byte) {
	t.Helper()
	if err := s.Create(t.Context(), key, body); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedAndForeign(t *testing.T) {
	t.Parallel()
	good := string(file(t, "schema1/exports-000001.json"))
	for name, body := range map[string]string{
		"empty":           "",
		"cut off":         good[:len(good)/2],
		"not JSON":        "<html>",
		"other type":      `{"schema":"1"}`,
		"array":           "[]",
		"bad time":        strings.Replace(good, `"at": "2026`, `"at": "never`, 1),
		"other sequence":  strings.Replace(good, `"seq": 1`, `"seq": 2`, 1),
		"another export":  strings.Replace(good, `"id": "nightly`, `"id": "daily`, 1),
		"an empty object": "{}",
	} {
		store := ledger.NewMemory()
		put(t, store, entryKeys[0], []byte(body))
		e, err := ledger.New(store, "imageferry/").Load(t.Context(), id)
		if err == nil || !strings.Contains(err.Error(), entryKeys[0]) || e.Seq != 0 || outcome.Is(err, outcome.NotFound) {
			t.Errorf("%s: entry %d, %v; want an error with the key", name, e.Seq, err)
		}
	}
}

// A newer version's objects are left alone, whatever else is in them.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	newer := []byte(`{"schema":4,"seq":"two","request":[]}`)
	store := ledger.NewMemory()
	l := ledger.New(store, "imageferry/")
	name := ledger.OpenName(story()[0].Request)
	put(t, store, entryKeys[0], newer)
	put(t, store, "imageferry/v1/open/"+name, newer)
	_, loadErr := l.Load(t.Context(), id)
	_, openErr := l.ReadOpen(t.Context(), name)
	_, appendErr := l.Append(t.Context(), story()[0])
	for _, err := range []error{loadErr, openErr, appendErr} {
		e, ok := errors.AsType[*ledger.SchemaError](err)
		if !ok || e.Schema != 4 || !strings.Contains(err.Error(), e.Key) || errors.Is(err, ledger.ErrLost) {
			t.Errorf("%v", err)
		}
	}
}

// Another's marker under the name of ours would have us export something else.
func TestMarkerUnderAnotherName(t *testing.T) {
	t.Parallel()
	store := ledger.NewMemory()
	put(t, store, "imageferry/v1/open/20261122t030000z-other", file(t, "schema1/open-"+ledger.OpenName(story()[0].Request)+".json"))
	if _, err := ledger.New(store, "imageferry/").ReadOpen(t.Context(), "20261122t030000z-other"); err == nil || !strings.Contains(err.Error(), "v1/open/20261122t030000z-other") {
		t.Error(err)
	}
}
