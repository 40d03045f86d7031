package scale

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// A day of this history: so many plans, due so often, with so many images each.
const (
	plans   = 10
	perDay  = 4
	images  = 25
	ofDay   = plans * perDay * images
	entries = 4 // of each log: the way without a fault
)

const prefix = "imageferry/"

var (
	today  = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	now    = today.Add(5 * time.Minute) // the slot of midnight is not filled, and not late either
	bucket = image.Bucket{Name: "images", AppID: "1250000000"}
)

// history is the closed exports of some whole days before today. Export i is of plan
// i / (days·perDay·images), and within it they go by slot and image: in the order of
// their ids.
type history struct {
	days   int
	shards [257]int // where the logs of each first two hex digits begin, among all logs
	order  []uint32 // the exports in the order of their logs' keys
}

func newHistory(exports int) *history {
	h := &history{days: exports / ofDay, order: make([]uint32, exports)}
	if h.days*ofDay != exports {
		panic("want whole days")
	}
	shard := make([]byte, exports)
	for i := range exports {
		sum := sha256.Sum256([]byte(h.id(i)))
		shard[i] = sum[0]
		h.shards[int(sum[0])+1]++
	}
	for s := range 256 {
		h.shards[s+1] += h.shards[s]
	}
	next := h.shards
	for i := range exports {
		h.order[next[shard[i]]] = uint32(i)
		next[shard[i]]++
	}
	return h
}

func planName(p int) string { return fmt.Sprintf("plan-%02d", p) }

func (h *history) plan(i int) string { return planName(i / (h.days * perDay * images)) }

// slot returns the slot of export i.
func (h *history) slot(i int) time.Time { return h.instant(i / images % (h.days * perDay)) }

// instant returns the nth slot of a plan.
func (h *history) instant(n int) time.Time {
	return today.AddDate(0, 0, -h.days).Add(time.Duration(n) * 24 / perDay * time.Hour)
}

func (h *history) image(i int) image.ID { return image.ID(fmt.Sprintf("img-%08d", i%images)) }

func (h *history) id(i int) image.ExportID {
	return image.ScheduledID(h.plan(i), h.slot(i), h.image(i))
}

// find is the inverse of id.
func (h *history) find(id string) (i int, ok bool) {
	parts := strings.Split(id, "-") // plan-00-20261122t000000z-00000000
	if len(parts) != 4 {
		return 0, false
	}
	p, _ := strconv.Atoi(parts[1])
	n, _ := strconv.Atoi(parts[3])
	slot, err := time.Parse(image.SlotFormat, parts[2])
	i = (p*h.days*perDay+int(slot.Sub(h.instant(0))/(24/perDay*time.Hour)))*images + n
	return i, err == nil && i >= 0 && i < len(h.order) && string(h.id(i)) == id
}

func (h *history) request(i int) ledger.Request {
	m := image.Image{ID: h.image(i), Name: "web", Type: "PRIVATE_IMAGE", State: "NORMAL", OS: "Ubuntu", Disks: []image.Disk{{Snapshot: "snap-aaaaaaaa", System: true, GiB: 50}}}
	return ledger.Request{
		ID: h.id(i), Origin: ledger.Scheduled, Plan: h.plan(i), Slot: h.slot(i), Image: m, Bucket: bucket, Prefix: string(h.id(i)), Format: image.RAW,
		Deadline: h.slot(i).Add(24 * time.Hour),
	}
}

// entry returns an entry of a log: INTENT, ACCEPTED, COMPLETE, CLOSED.
func (h *history) entry(i, seq int) ledger.Entry {
	r := h.request(i)
	minute := func(n int) time.Time { return r.Slot.Add(time.Duration(n) * time.Minute) }
	e := ledger.Entry{Schema: ledger.Schema, Seq: seq, State: ledger.Intent, Nonce: fmt.Sprint(i, "-", seq), At: minute(seq), Request: r, Attempt: 1}
	if seq == 1 {
		e.Until = minute(6)
		return e
	}
	e.State, e.TaskID, e.Started, e.Expected = ledger.Accepted, uint64(i+1), minute(2), r.Files()
	if seq == 2 {
		return e
	}
	e.State, e.Verdict, e.Ended, e.Landed = ledger.Complete, ledger.Complete, minute(3), []ledger.File{{
		Key: e.Expected[0], Size: 1 << 30, CRC64: "1", Check: &diskimage.Report{Verdict: diskimage.Verified, Format: r.Format, Bytes: 50 << 30, Contents: "gpt: efi, ext4", Bootable: true},
	}}
	told := ledger.Delivery{ID: e.NoticeID(), State: ledger.Sending, Attempt: 1}
	if seq == 3 {
		e.Until = minute(6)
	} else {
		e.State, told.State = ledger.Closed, ledger.Sent
	}
	e.Deliveries = map[string]ledger.Delivery{"webhook": told}
	return e
}

// exports is the logs.
func (h *history) exports() section {
	return section{
		dir:   prefix + "v1/exports/",
		count: len(h.order) * entries,
		key: func(n int) string {
			rank := n / entries
			shard := sort.Search(256, func(s int) bool { return h.shards[s+1] > rank })
			return fmt.Sprintf("%sv1/exports/%s/%s/%06d.json", prefix, hex.EncodeToString([]byte{byte(shard)}), h.id(int(h.order[rank])), n%entries+1)
		},
		body: func(key string) any {
			i, ok := h.find(path.Base(path.Dir(key)))
			seq, err := strconv.Atoi(strings.TrimSuffix(path.Base(key), ".json"))
			if !ok || err != nil || seq < 1 || seq > entries {
				return nil
			}
			return h.entry(i, seq)
		},
	}
}

// closed is what closed on each day: that of the slot.
func (h *history) closed() section {
	export := func(n int) int { // the nth by day, plan, slot and image
		day, rest := n/ofDay, n%ofDay
		return rest/(perDay*images)*(h.days*perDay*images) + day*perDay*images + rest%(perDay*images)
	}
	return section{
		dir:   prefix + "v1/history/",
		count: len(h.order),
		key: func(n int) string {
			i := export(n)
			return prefix + "v1/history/" + h.slot(i).Format("2006/01/02/") + string(h.id(i))
		},
		body: func(key string) any {
			i, ok := h.find(path.Base(key))
			if !ok {
				return nil
			}
			e := h.entry(i, entries)
			return map[string]any{"schema": ledger.Schema, "id": e.Request.ID, "plan": e.Request.Plan, "image": e.Request.Image.ID, "verdict": e.Verdict, "at": e.At}
		},
	}
}

// slots is the notes of filled slots.
func (h *history) slots() section {
	first := func(n int) int { return n * images } // export of the nth slot
	return section{
		dir:   prefix + "v1/slots/",
		count: len(h.order) / images,
		key: func(n int) string {
			return prefix + "v1/slots/" + h.plan(first(n)) + "/" + h.slot(first(n)).Format(image.SlotFormat)
		},
		body: func(key string) any {
			i, ok := h.find(path.Base(path.Dir(key)) + "-" + path.Base(key) + "-00000000")
			if !ok {
				return nil
			}
			s := ledger.Slot{Schema: ledger.Schema, Plan: h.plan(i), Slot: h.slot(i), Schedule: schedule, At: h.slot(i)}
			for n := range images {
				s.Exports = append(s.Exports, ledger.Pick{Image: h.image(i + n), Export: h.id(i + n)})
			}
			return s
		},
	}
}

func (h *history) store() *store { return newStore(h.exports(), h.closed(), h.slots()) }

// schedule is due at 0, 6, 12 and 18 o'clock UTC.
const schedule = "0 0 2,8,14,20 * * * *"

func planSet() plan.Set {
	set := plan.Set{}
	for n := range plans {
		p := plan.Default()
		p.Name, p.Schedule = planName(n), schedule
		for i := range images {
			p.Images = append(p.Images, plan.Selector{ID: image.ID(fmt.Sprintf("img-%08d", i))})
		}
		set[p.Name] = p
	}
	return set
}
