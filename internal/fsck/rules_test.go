package fsck_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imageferry/imageferry/internal/fsck"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// harm is one thing done to a healthy ledger, and the rules that it breaks.
type harm struct {
	name string
	do   func(w *world)
	want []string // rule and end of key
}

func edit(r ledger.Request, seq int, changes map[string]any) func(*world) {
	return func(w *world) { w.edit(w.entryKey(r, seq), changes) }
}

func at(minutes int) string {
	return slot.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339)
}

var harms = []harm{
	{"a file of somebody else's", func(w *world) {
		for _, name := range []string{
			"readme.txt", "exports/zz/a/000001.json", "exports/ff/" + string(plain.ID) + "/000001.json", "history/2026/11/22/-", "history/2026/13/22/a",
			"open/20261122t030000z_a", "slots/nightly/20261122t030000z.later", "slots/nightly/today", "slots/20261122t030000z",
		} {
			w.put(prefix+"v1/"+name, "{}")
		}
		w.put(strings.Replace(w.entryKey(plain, 1), "000001.json", "1.json", 1), "")
	}, []string{
		"foreign /1.json", "foreign /000001.json", "foreign /a/000001.json", "foreign /-", "foreign /13/22/a",
		"foreign z_a", "foreign nightly/20261122t030000z.later", "foreign /today", "foreign slots/20261122t030000z", "foreign readme.txt",
	}},
	{"another folder", func(w *world) { w.put(prefix+"v2/open/x", ""); w.put("other/v1/readme", "") }, nil},
	{"a newer entry", edit(plain, 10, map[string]any{"schema": 4, "seq": "ten"}), []string{"newer /000010.json"}},
	{"a newer entry in the middle", edit(plain, 5, map[string]any{"schema": 4}), []string{"newer /000005.json"}},
	{"a newer note", func(w *world) { w.edit(prefix+"v1/slots/nightly/20261122t030000z", map[string]any{"schema": 4}) }, []string{"newer /20261122t030000z"}},
	{"a newer marker", func(w *world) { w.edit(w.keys("v1/open/")[0], map[string]any{"schema": 4}) }, []string{"newer -running"}},
	{"an entry cut off", func(w *world) { w.put(w.entryKey(plain, 2), `{"schema":1,"seq":2,`) }, []string{"damaged /000002.json"}},
	{"an empty entry", func(w *world) { w.put(w.entryKey(plain, 2), `{}`) }, []string{"damaged /000002.json"}},
	{"history cut off", func(w *world) { w.put(w.keys("2026/11/22/nightly-20261122t030000z-broken")[0], ``) }, []string{"damaged -broken"}},
	{"a marker cut off", func(w *world) { w.put(w.keys("v1/open/")[1], `x`) }, []string{"damaged -young"}},
	{"an entry copied", edit(plain, 3, map[string]any{"seq": 2}), []string{"misplaced /000003.json"}},
	{"an entry of another export", edit(running, 2, map[string]any{"request.id": "a"}), []string{"misplaced /000002.json"}},
	{"a marker of another export", func(w *world) { w.edit(w.keys("v1/open/")[1], map[string]any{"request.id": "a"}) }, []string{"misplaced -young"}},
	{"a marker of another slot", func(w *world) {
		w.put(prefix+"v1/open/20261122t030001z-"+string(plain.ID), "{}")
	}, []string{"misplaced -plain"}},
	{"a mark of another plan", func(w *world) {
		w.edit(prefix+"v1/slots/nightly/20261121t030000z.missed", map[string]any{"plan": "daily"})
	}, []string{"misplaced .missed"}},
	{"files of another export", edit(running, 1, map[string]any{"request.prefix": "x"}), []string{"misplaced /000001.json", "request /000002.json"}},

	{"an entry lost", func(w *world) { w.remove(w.entryKey(plain, 4)) }, []string{"gap /000004.json"}},
	{"the first entries lost", func(w *world) { w.remove(w.entryKey(plain, 2)); w.remove(w.entryKey(plain, 1)) }, []string{"gap /000001.json"}},
	{"a nonce twice", func(w *world) {
		for seq := 1; seq <= 2; seq++ {
			edit(running, seq, map[string]any{"nonce": "N"})(w)
		}
	}, []string{"nonce /000002.json"}},
	{"no nonce", edit(running, 1, map[string]any{"nonce": nil}), []string{"nonce /000001.json"}},
	{"an older version after a newer one", edit(running, 2, map[string]any{"schema": 1}), []string{"schema-fell /000002.json"}},
	{"no claim", edit(running, 1, map[string]any{"until": nil}), []string{"until /000001.json"}},
	{"a claim that is over at once", edit(running, 1, map[string]any{"until": at(0)}), []string{"until /000001.json"}},
	{"a notice without a claim", edit(plain, 9, map[string]any{"until": nil}), []string{"until /000009.json"}},
	{"a start within the claim", edit(plain, 3, map[string]any{"until": at(9)}), []string{"takeover /000004.json"}},
	{"an image within the claim", func(w *world) {
		other := machine
		other.ID, other.Prefix = other.ID+"2", other.Prefix+"2"
		w.write(other, to(ledger.Imaging, func(e *ledger.Entry) { e.Until = e.At.Add(time.Hour) }), to(ledger.Imaging))
	}, []string{"takeover /000002.json"}},
	{"a notice within the claim", func(w *world) {
		edit(broken, 4, map[string]any{"until": at(30)})(w)
		edit(broken, 5, map[string]any{"state": "FAILED", "until": at(40), "deliveries.webhook.state": "sending"})(w)
	}, []string{"takeover /000005.json", "ghost -broken", "lost -broken", "spoilt .failed.nightly-20261122t030000z-broken"}},
	{"a start that was not announced", edit(running, 1, map[string]any{"attempt": nil}), []string{"attempts /000001.json", "attempts /000002.json"}},
	{"a refusal forgotten", edit(plain, 10, map[string]any{"refused": nil}), []string{"attempts /000010.json"}},
	{"no start", edit(running, 1, map[string]any{"state": "ACCEPTED"}), []string{"attempts /000001.json", "transition /000001.json"}},
	{"a state of nobody's", edit(running, 2, map[string]any{"state": "DONE"}), []string{"transition /000002.json"}},
	{"a clock far back", edit(running, 2, map[string]any{"at": at(-9)}), []string{"clock /000002.json"}},
	{"another image", edit(running, 2, map[string]any{"request.image.id": "img-other"}), []string{"request /000002.json"}},
	{"another image of the instance", edit(machine, 10, map[string]any{"request.image.id": "img-other"}), []string{"request /000010.json", "summary -machine"}},
	{"another task", edit(plain, 6, map[string]any{"taskId": 1}), []string{"request /000006.json", "request /000007.json"}},
	{"another start", edit(plain, 6, map[string]any{"started": at(0)}), []string{"request /000006.json", "request /000007.json"}},
	{"a marker of something else", func(w *world) { w.edit(w.keys("v1/open/")[0], map[string]any{"request.id": "a"}) }, []string{"misplaced -running"}},

	{"after the end", func(w *world) {
		w.put(strings.Replace(w.entryKey(broken, 5), "000005", "000006", 1), "")
		key := w.entryKey(broken, 5)
		body, _ := w.memory.Get(w.t.Context(), key)
		w.put(strings.Replace(key, "000005", "000006", 1), string(body))
		edit(broken, 6, map[string]any{"seq": 6, "nonce": "N"})(w)
	}, []string{"after-closed /000006.json"}},
	{"a verdict changed", edit(plain, 10, map[string]any{"verdict": "FAILED"}), []string{"delivery /000010.json", "summary -plain", "unmarked -plain", "verdict /000010.json"}},
	{"the wrong verdict", edit(plain, 7, map[string]any{"verdict": "FAILED"}), []string{"delivery /000007.json", "verdict /000007.json", "verdict /000008.json"}},
	{"no verdict", edit(news, 2, map[string]any{"verdict": nil, "deliveries": nil}), []string{"delivery /000002.json", "summary -missed", "verdict /000002.json", "verdict /000002.json"}},
	{"a verdict too early", edit(running, 2, map[string]any{"verdict": "COMPLETE", "landed": nil, "expected": nil}), []string{"verdict /000002.json", "whole /000002.json"}},
	{"a deletion behind a failure", edit(machine, 9, map[string]any{"verdict": "FAILED"}), []string{"delivery /000009.json", "verdict /000009.json", "verdict /000009.json", "verdict /000010.json"}},
	{"the reason changed", edit(broken, 5, map[string]any{"reason": "other"}), []string{"verdict /000005.json"}},
	{"the files changed", edit(plain, 10, map[string]any{"landed": nil}), []string{"verdict /000010.json", "whole /000010.json"}},
	{"a file too few", edit(plain, 10, map[string]any{"expected": []string{"a", "b"}}), []string{"verdict /000010.json", "whole /000010.json", "whole /000010.json"}},
	{"told under another id", edit(plain, 10, map[string]any{"deliveries.webhook.id": "x"}), []string{"delivery /000010.json"}},
	{"a channel forgotten", edit(plain, 10, map[string]any{"deliveries": nil}), []string{"delivery /000010.json"}},
	{"a channel that nobody fell back on", func(w *world) {
		edit(plain, 10, map[string]any{"deliveries.mail": map[string]any{"id": string(plain.ID) + ".complete", "state": "sent"}})(w)
	}, []string{"delivery /000010.json"}},
	{"a file that nobody looked into", func(w *world) {
		edit(foreign, 2, map[string]any{"landed": []any{map[string]any{"key": "web_xvda.raw", "size": 1}}})(w)
	}, []string{"verdict /000002.json", "whole /000002.json"}},
	{"a manifest lost", edit(plain, 10, map[string]any{"deliveries.manifest": map[string]any{"id": string(plain.ID) + ".complete", "state": "sent", "for": "webhook"}}),
		[]string{"delivery /000010.json", "manifest /manifest.json"}},
	{"told, and told again", edit(machine, 10, map[string]any{"deliveries.webhook.attempt": 2}), []string{"delivery /000010.json"}},
	{"a try uncounted", edit(plain, 10, map[string]any{"deliveries.webhook.attempt": 0}), []string{"delivery /000010.json"}},
	{"closed before all were told", edit(plain, 10, map[string]any{"deliveries.webhook.state": "later"}), []string{"delivery /000010.json"}},
	{"half of it", func(w *world) {
		edit(foreign, 1, map[string]any{"state": "PARTIAL", "verdict": "PARTIAL", "deliveries.webhook.id": string(foreign.ID) + ".partial"})(w)
		edit(foreign, 2, map[string]any{"verdict": "PARTIAL", "deliveries.webhook.id": string(foreign.ID) + ".partial"})(w)
	}, []string{"summary -0123456789", "whole /000001.json", "whole /000002.json"}},

	{"history lost", func(w *world) { w.remove(w.keys("2026/11/22/nightly-20261122t030000z-broken")[0]) }, []string{"unlisted -broken"}},
	{"history says something else", func(w *world) {
		w.edit(w.keys("2026/11/22/nightly-20261122t030000z-broken")[0], map[string]any{"verdict": "COMPLETE"})
	}, []string{"summary -broken"}},
	{"a failure unmarked", func(w *world) { w.remove(w.keys(".failed.")[0]) }, []string{"unmarked -broken"}},
	{"a mark without a failure", func(w *world) {
		body, _ := w.memory.Get(w.t.Context(), w.keys(".failed.")[0])
		w.put(prefix+"v1/slots/nightly/20261122t030000z.failed."+string(plain.ID), string(body))
	}, []string{"spoilt -plain"}},
	{"a log lost", func(w *world) {
		for _, key := range w.keys("/" + string(plain.ID) + "/0") {
			w.remove(key)
		}
	}, []string{"ghost -plain", "missing nightly/20261122t030000z"}},
	{"an end lost", func(w *world) { w.remove(w.entryKey(plain, 10)) }, []string{"ghost -plain", "lost -plain"}},
	{"history of another day", func(w *world) {
		w.put(prefix+"v1/history/2026/11/21/"+string(plain.ID), "{}")
	}, []string{"ghost 21/nightly-20261122t030000z-plain"}},
	{"a place on the work list lost", func(w *world) { w.remove(w.keys("v1/open/")[0]) }, []string{"lost -running"}},
	{"a marker without a log lost", func(w *world) { w.remove(w.keys("v1/open/")[1]) }, []string{"missing nightly/20261122t030000z"}},
	{"still on the work list", func(w *world) {
		_, err := w.ledger.Open(context.Background(), plain)
		w.must(err)
	}, []string{"unfinished -plain"}},
	{"never started", func(w *world) {
		w.edit(w.keys("v1/open/")[1], map[string]any{"request.deadline": at(60)})
	}, []string{"unstarted -young"}},
	{"never over", func(w *world) {
		r := scheduled("img-late")
		r.ID, r.Slot, r.Deadline = "api-1", slot.AddDate(0, 0, -5), slot.AddDate(0, 0, -4)
		r.Origin, r.Prefix = ledger.Requested, "own_api-1"
		w.write(r, to(ledger.Intent))
	}, []string{"stuck -api-1"}},
	{"an image twice in a slot", func(w *world) {
		w.edit(prefix+"v1/slots/nightly/20261122t030000z", map[string]any{"exports": []map[string]any{
			{"image": "img-plain", "export": plain.ID}, {"image": "img-plain", "export": running.ID}, {"image": "img-other", "export": broken.ID}, {"instance": "ins-a", "export": broken.ID},
		}})
	}, []string{"slot /20261122t030000z", "slot /20261122t030000z"}},
	{"an export of another slot", func(w *world) {
		w.edit(prefix+"v1/slots/nightly/20261122t030000z", map[string]any{"exports": []map[string]any{{"export": "api-1"}}})
	}, []string{"missing /20261122t030000z", "slot /20261122t030000z"}},
	{"a note of schema 1", func(w *world) {
		w.put(prefix+"v1/slots/nightly/20261122t030000z", `{"schema":1,"exports":["`+string(plain.ID)+`","nightly-20261122t030000z-gone"]}`)
	}, []string{"missing /20261122t030000z"}},
	{"a log that grows", func(w *world) {
		r := scheduled("img-long")
		steps := []step{to(ledger.Intent)}
		for range 20 {
			steps = append(steps, to(ledger.Retry), to(ledger.Intent))
		}
		w.write(r, steps...)
	}, []string{"long -long/"}},
}

// Each rule is broken by some harm, and no harm breaks other rules than it says.
func TestRules(t *testing.T) {
	t.Parallel()
	broken := map[string]bool{"unreadable": true, "versioned": true} // TestUnreadable, TestVersioned
	for _, h := range harms {
		t.Run(h.name, func(t *testing.T) {
			w := healthy(t)
			h.do(w)
			findings, f := w.check(w.memory)
			var got []string
			for _, finding := range findings {
				got = append(got, finding.Rule+" "+finding.Key)
				broken[finding.Rule] = true
				if finding.Do == "" || finding.Wrong == "" || f.Findings[finding.Severity] == 0 {
					t.Errorf("%+v", finding)
				}
			}
			for _, want := range h.want {
				rule, end, _ := strings.Cut(want, " ")
				i := slices.IndexFunc(got, func(g string) bool { return strings.HasPrefix(g, rule+" ") && strings.HasSuffix(g, end) })
				if i < 0 {
					t.Errorf("no finding %q", want)
					continue
				}
				got = slices.Delete(got, i, i+1)
			}
			if len(got) > 0 {
				t.Errorf("also found %q", got)
			}
		})
	}
	for _, r := range fsck.Rules() {
		if !broken[r.Name] {
			t.Errorf("no harm breaks rule %q", r.Name)
		}
	}
}

// lame is a store that answers some requests badly.
type lame struct {
	ledger.Store
	get  func(key string) error
	list func(keys []string) ([]string, error)
}

func (l lame) Get(ctx context.Context, key string) ([]byte, error) {
	if l.get != nil {
		if err := l.get(key); err != nil {
			return nil, err
		}
	}
	return l.Store.Get(ctx, key)
}

func (l lame) List(ctx context.Context, prefix, after string, limit int) ([]string, bool, error) {
	keys, more, err := l.Store.List(ctx, prefix, after, limit)
	if l.list != nil {
		keys, err = l.list(keys)
	}
	return keys, more, err
}

var errNoAnswer = &outcome.Error{Kind: outcome.Unknown, Op: "GetObject", Code: "ClientError"}

// What cannot be read is not called broken, and what answers at the third try is read.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := healthy(t)
		bad, tries := w.entryKey(plain, 3), map[string]int{}
		slow := w.entryKey(running, 1)
		findings, _ := w.serial(lame{Store: w.memory, get: func(key string) error {
			tries[key]++
			if key == bad || key == slow && tries[key] < 3 {
				return errNoAnswer
			}
			return nil
		}})
		if len(findings) != 1 || findings[0].Rule != "unreadable" || findings[0].Severity != fsck.Unknown || findings[0].Key != bad || tries[bad] != 4 || tries[slow] < 3 {
			t.Errorf("%+v after %d and %d tries", findings, tries[bad], tries[slow])
		}
	})
}

// serial is check, one request after another.
func (w *world) serial(store ledger.Store) (findings []fsck.Finding, err error) {
	_, err = fsck.Check(w.t.Context(), store, prefix, now, 1, func(f fsck.Finding) { findings = append(findings, f) })
	return findings, err
}

type versioned struct {
	ledger.Store
	err error
}

func (v versioned) EverVersioned(context.Context) (bool, error) { return v.err == nil, v.err }

func TestVersioned(t *testing.T) {
	t.Parallel()
	denied := &outcome.Error{Kind: outcome.Config, Op: "GetBucketVersioning", Code: "AccessDenied"}
	for rule, store := range map[string]ledger.Store{"versioned": versioned{Store: ledger.NewMemory()}, "unreadable": versioned{ledger.NewMemory(), denied}} {
		findings, _ := newWorld(t).check(store)
		if len(findings) != 1 || findings[0].Rule != rule || findings[0].Key != prefix {
			t.Errorf("%+v; want %s", findings, rule)
		}
	}
}

// A listing may be stale, have gaps, and give a page twice: nothing is missing for that.
func TestPoorListing(t *testing.T) {
	t.Parallel()
	for name, list := range map[string]func([]string) []string{
		"a gap": func(keys []string) []string {
			return slices.DeleteFunc(keys, func(key string) bool { return strings.HasSuffix(key, "/000002.json") })
		},
		"a page twice": func(keys []string) []string { return append(keys, keys...) },
	} {
		w := healthy(t)
		findings, _ := w.check(lame{Store: w.memory, list: func(keys []string) ([]string, error) { return list(keys), nil }})
		for _, f := range findings {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestListingFails(t *testing.T) {
	t.Parallel()
	w := healthy(t)
	denied := &outcome.Error{Kind: outcome.Config, Op: "GetBucket", Code: "AccessDenied"}
	if _, err := w.serial(lame{Store: w.memory, list: func([]string) ([]string, error) { return nil, denied }}); !errors.Is(err, denied) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := fsck.Check(ctx, lame{Store: w.memory, get: func(string) error { return errNoAnswer }}, prefix, now, 2, func(f fsck.Finding) { t.Errorf("%+v", f) })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// What is under way is given time.
func TestGrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := scheduled("img-plain")
	w.write(r, to(ledger.Intent), to(ledger.Accepted), ends(ledger.Complete, 1), to(ledger.Closed, told(ledger.Sent, 1)))
	w.remove(w.keys("v1/history/")[0]) // as if the last two steps were still to come
	_, err := w.ledger.Open(t.Context(), r)
	w.must(err)
	for _, test := range []struct {
		after time.Duration
		want  int
	}{{30 * time.Minute, 0}, {2 * time.Hour, 2}} {
		n := 0
		if _, err := fsck.Check(t.Context(), w.memory, prefix, slot.Add(test.after), 2, func(fsck.Finding) { n++ }); err != nil || n != test.want {
			t.Errorf("after %s: %d findings, %v; want %d", test.after, n, err, test.want)
		}
	}
}
