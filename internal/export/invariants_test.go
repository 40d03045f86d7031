package export_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
)

// record is what the world notes of every effect, to tell afterwards, and past the
// driver, whether the promises were kept.
type record struct {
	invocations int
	running     []int // invocations, the innermost last
	issues      []issue
	faults      []mishap
	ids         map[string]string // notice ids by export and channel
	claims      map[string]bool   // that were acted on
	wrong       []string          // promises seen broken
}

// mishap is a fault that befell a request of an invocation.
type mishap struct{ invocation, request int }

// issue is an effect that somebody asked for.
type issue struct {
	what       call
	export     image.ExportID
	channel    string // callSend only
	seq        int    // of the entry that announced it
	invocation int
	request    int  // its number
	taken      bool // it had its effect
	unknown    bool // the service's own answer told nothing
}

type call string

const (
	callExport call = "ExportImages"
	callCreate call = "CreateImage"
	callSend   call = "notice"
)

// enter begins an invocation, and returns how to end it.
func (w *world) enter() func() {
	w.invocations++
	w.running = append(w.running, w.invocations)
	return func() { w.running = w.running[:len(w.running)-1] }
}

func (w *world) befell(request int) {
	w.faults = append(w.faults, mishap{w.running[len(w.running)-1], request})
}

// issue notes an effect that is about to be asked for, and returns its place. The
// newest entry must announce it, live, once.
func (w *world) issue(what call, r ledger.Request, channel string) int {
	e := w.entry(r.ID)
	i := issue{what: what, export: r.ID, channel: channel, seq: e.Seq, invocation: w.running[len(w.running)-1], request: len(w.calls)}
	announced := map[call]bool{
		callExport: e.State == ledger.Intent, callCreate: e.State == ledger.Imaging,
		callSend: e.Deliveries[channel].State == ledger.Sending,
	}[what]
	switch {
	case e.State == ledger.Closed:
		w.broken("%s for %s after CLOSED", what, r.ID)
	case !announced:
		w.broken("%s for %s under %s, which does not announce it", what, r.ID, e.State)
	case !w.now.Before(e.Until):
		w.broken("%s for %s at %s, under a claim until %s", what, r.ID, w.now, e.Until)
	}
	once := fmt.Sprint(what, r.ID, channel, e.Seq)
	if w.claims[once] {
		w.broken("%s for %s twice under entry %d", what, r.ID, e.Seq)
	}
	w.claims[once] = true
	w.issues = append(w.issues, i)
	return len(w.issues) - 1
}

// took notes that an issue had its effect.
func (w *world) took(i int) { w.issues[i].taken = true }

// answered notes a service's own answer to an issue.
func (w *world) answered(i int, err error) error {
	w.issues[i].unknown = err != nil && outcome.Of(err) == outcome.Unknown
	return err
}

// heard notes what a channel is told. A success must be true, and a repeat must be
// known for one.
func (w *world) heard(channel string, e ledger.Entry) {
	w.deliver()
	key, id := string(e.Request.ID)+" "+channel, e.Deliveries[channel].ID
	if was, ok := w.ids[key]; ok && was != id || id == "" {
		w.broken("%s is told as %q, and was as %q", key, id, was)
	}
	w.ids[key] = id
	if e.Verdict != ledger.Complete {
		return
	}
	for _, file := range e.Expected {
		if w.objects[file].Size == 0 {
			w.broken("%s is told to be complete without %s", e.Request.ID, file)
		}
	}
	if len(e.Expected) == 0 {
		w.broken("%s is told to be complete, and expects no file", e.Request.ID)
	}
}

func (w *world) broken(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// doubtful reports whether nobody may know what became of an effect: its answer
// was lost, or whoever had it fell before it was on record.
func (w *world) doubtful(i issue) bool {
	return i.unknown || slices.ContainsFunc(w.faults, func(f mishap) bool { return f.invocation == i.invocation && f.request >= i.request })
}

// violations returns every promise that was broken, after things were calm for
// long enough.
func (w *world) violations() []string {
	wrong := slices.Clone(w.wrong)
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if open := w.open(); len(open) > 0 {
		say("still on the work list: %q", open)
	}
	for _, n := range w.budgets() {
		if n.taken > 1+n.doubtful {
			say("%s: taken %d times, %d outcomes were unknown", n.name, n.taken, n.doubtful)
		}
	}
	last := ""
	for _, e := range w.newest() {
		id := string(e.Request.ID)
		switch {
		case id == last:
		case e.State != ledger.Closed:
			say("%s ends %s", id, e.State)
		case e.Seq > 40:
			say("%s: %d entries", id, e.Seq)
		}
		for channel, d := range e.Deliveries {
			told := slices.ContainsFunc(w.issues, func(i issue) bool { return i.export == e.Request.ID && i.channel == channel })
			if d.State != ledger.Sent && d.State != ledger.Undelivered || !told {
				say("%s: %s on %s, told: %t", id, d.State, channel, told)
			}
		}
		last = id
	}
	for _, p := range w.plans {
		wrong = append(wrong, w.unaccounted(p)...)
	}
	return append(wrong, w.gaps()...)
}

// budget is how often an effect was had, and how often nobody could know.
type budget struct {
	name            string
	taken, doubtful int
}

func (w *world) budgets() []*budget {
	all := map[string]*budget{}
	for _, i := range w.issues {
		name := fmt.Sprint(i.what, " ", i.export, " ", i.channel)
		if all[name] == nil {
			all[name] = &budget{name: name}
		}
		if i.taken {
			all[name].taken++
		}
		if w.doubtful(i) {
			all[name].doubtful++
		}
	}
	return slices.Collect(maps.Values(all))
}

// newest returns the newest entry of every export, by id.
func (w *world) newest() []ledger.Entry {
	var list []ledger.Entry
	for _, key := range w.keys("v1/exports/") {
		id := image.ExportID(strings.Split(key, "/")[3])
		if n := len(list); n == 0 || list[n-1].Request.ID != id {
			list = append(list, w.entry(id))
		}
	}
	return list
}

// gaps returns the logs that have one, or go on after their end, and what is not in
// the history.
func (w *world) gaps() (wrong []string) {
	closed := w.keys("v1/history/")
	seq := map[string]int{}
	ended := map[string]bool{}
	for _, key := range w.keys("v1/exports/") {
		id := strings.Split(key, "/")[3]
		seq[id]++
		if !strings.HasSuffix(key, fmt.Sprintf("/%s/%06d.json", id, seq[id])) {
			wrong = append(wrong, "the log has a gap before "+key)
		}
		if ended[id] {
			wrong = append(wrong, "after CLOSED there is "+key)
		}
		ended[id] = w.state(key) == ledger.Closed
	}
	for id := range seq {
		if n := len(slices.DeleteFunc(slices.Clone(closed), func(key string) bool { return !strings.HasSuffix(key, "/"+id) })); n != 1 {
			wrong = append(wrong, fmt.Sprintf("%s is %d times in the history", id, n))
		}
	}
	return wrong
}

// state returns that of the entry under a key.
func (w *world) state(key string) ledger.State {
	var e ledger.Entry
	body, err := w.store.Get(w.t.Context(), key)
	if err == nil {
		err = json.Unmarshal(body, &e)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return e.State
}

// unaccounted returns the slots of a plan that were due since its first one on
// record, and of which nothing is.
func (w *world) unaccounted(p plan.Plan) (wrong []string) {
	marks := w.marks(p)
	if len(marks) == 0 {
		return nil
	}
	begun, err := time.Parse(image.SlotFormat, strings.SplitN(marks[0], ".", 2)[0])
	if err != nil {
		w.t.Fatal(err)
	}
	for _, due := range p.Due(begun, w.now.Add(-time.Hour), 1000) {
		name := due.Format(image.SlotFormat)
		if !slices.ContainsFunc([]string{"", ".missed", ".suspended", ".begun"}, func(fate string) bool { return slices.Contains(marks, name+fate) }) {
			wrong = append(wrong, fmt.Sprintf("nothing is on record of slot %s of plan %s", name, p.Name))
		}
	}
	return wrong
}
