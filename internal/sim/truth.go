package sim

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// history is what really became of one export: not what anybody believes, but what
// COS holds, what CVM took, and what the receiver heard.
type history struct {
	id       image.ExportID
	records  []*record // the log as it stands, by sequence number
	marker   string    // its key, from when COS took it on; empty before
	last     int       // the highest sequence number that COS has taken on
	damaged  bool      // somebody spoilt its newest entry
	ended    bool      // COS has taken on an entry that says CLOSED
	aimed    int       // the highest sequence number at which sweeps were aimed
	closed   bool      // history has it
	manifest []byte    // beside the log
	recovers []bool    // what its markers say, one each
	gone     bool      // the marker was deleted
	starts   []*start
	heard    map[string]*hearing // by channel
	spent    Cost                // of faultless runs
	tried    map[string]bool     // channels that were tried at least once
	refused  map[string]bool     // channels that would not have it
}

// start is one accepted ExportImages.
type start struct {
	task *task
	by   *invocation
	when time.Duration
}

// hearing is what one channel heard of an export.
type hearing struct {
	id string
	by []*invocation
}

// record is one entry of a log, and what was done under it.
type record struct {
	ledger.Entry
	log      *history
	by       *invocation
	taken    time.Duration // when COS took it on
	stands   time.Duration // when it became visible
	seen     time.Duration // when its writer last read it back
	vain     bool          // its writer could not read it back
	known    bool          // its writer knows that it stands
	hurt     int           // unknown answers that its writer had got by then
	effects  map[string]int
	answered bool                     // what came of an effect is known to its writer
	again    map[string]time.Duration // by channel, how long its receiver asked to be left alone
}

// of returns the history of an export.
func (w *world) of(id image.ExportID) *history {
	h := w.histories[id]
	if h == nil {
		h = &history{id: id, heard: map[string]*hearing{}, tried: map[string]bool{}, refused: map[string]bool{}}
		w.histories[id] = h
		w.order = append(w.order, h)
	}
	return h
}

// newest returns the last entry that stands, or nil.
func (h *history) newest() *record {
	if h == nil || len(h.records) == 0 {
		return nil
	}
	return h.records[len(h.records)-1]
}

// request returns what the export is about, once something of it stands.
func (h *history) request() (ledger.Request, bool) {
	if r := h.newest(); r != nil {
		return r.Request, true
	}
	return ledger.Request{}, false
}

// accepted is when COS takes a create on; it may be visible only later. It returns
// the entry, if it is one.
func (w *world) accepted(c *sent, key string, body []byte) *record {
	p := parseKey(key)
	switch p.dir {
	case "open":
		w.of(p.export).marker = key
		w.checkMarker(c, p.export, body)
	case "history":
		w.of(p.export).closed = true
	case "exports":
		r := &record{log: w.of(p.export), by: c.by, taken: w.now, effects: map[string]int{}, again: map[string]time.Duration{}}
		if err := json.Unmarshal(body, &r.Entry); err != nil {
			w.violate(keysAreKnown, p.export, "entry %s cannot be read: %v", key, err)
		}
		w.logHasNoGap(p, r)
		r.log.last = max(r.log.last, p.seq)
		r.log.ended = r.log.ended || r.State == ledger.Closed
		return r
	case "slots":
		var note ledger.Slot
		if json.Unmarshal(body, &note) == nil {
			w.checkFate(c, key, note)
		}
	case "manifest":
		w.manifested(p.export, body)
	case "channels":
		w.checkMute(p.name)
	case "":
		w.violate(keysAreKnown, "", "an object of unknown name was written: %s", key)
	}
	return nil
}

// written is when a create becomes visible.
func (w *world) written(key string, body []byte, r *record, before *object) {
	w.entryNeverChanges(key, before)
	p := parseKey(key)
	switch {
	case r != nil:
		w.appended(r)
	case p.dir == "slots":
		w.marked(key, body)
	case p.dir == "channels":
		w.mutes(p.name)
	}
}

func (w *world) appended(r *record) {
	h := r.log
	r.stands = w.now
	w.tell(r.by, "%s #%d %s%s stands", h.id, r.Seq, r.State, r.gloss())
	for len(h.records) < r.Seq { // those before may be on their way still
		h.records = append(h.records, &record{log: h, by: r.by, effects: map[string]int{}, Entry: ledger.Entry{Seq: len(h.records) + 1, Request: r.Request}})
	}
	h.records[r.Seq-1] = r
	var prev *record
	if r.Seq > 1 {
		prev = h.records[r.Seq-2]
	}
	w.checkEntry(h, prev, r)
	if !r.Until.IsZero() {
		r.by.claims = append(r.by.claims, r)
	}
	w.aim(r)
	if n := len(h.records); n > w.longestLog {
		w.longestLog = n
	}
}

func (r *record) gloss() string {
	s := ""
	if r.Reason != "" {
		s += " (" + r.Reason + ")"
	}
	if !r.Until.IsZero() {
		s += fmt.Sprintf(", claimed until %s", r.Until.Sub(epoch).Round(time.Second))
	}
	return s
}

// read is when an entry is read: its writer may be confirming it.
func (w *world) read(c *sent, key string) {
	p := parseKey(key)
	if p.dir != "exports" {
		return
	}
	if h := w.of(p.export); p.seq <= len(h.records) && h.records[p.seq-1].by == c.by {
		h.records[p.seq-1].seen = w.now
	}
}

// readBack is when what was read reaches whoever read it, or does not. Who could not
// read its claim back goes on from it no more, whatever it reads later.
func (w *world) readBack(v *invocation, key string, err error) {
	p := parseKey(key)
	if p.dir != "exports" {
		return
	}
	if h := w.histories[p.export]; h != nil && p.seq <= len(h.records) && h.records[p.seq-1].by == v {
		r := h.records[p.seq-1]
		r.vain = r.vain || err != nil
		r.known, r.hurt = !r.vain, v.hurt
	}
}
