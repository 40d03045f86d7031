package export

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// job is one export during one drive.
type job struct {
	name  string // on the work list
	entry ledger.Entry
	seen  Seen
	next  Step // decided by an answer; empty: ask Decide
	ready bool // would be taken in hand, if it were its turn
	turn  bool // it is
	acts  bool // the entry announces an effect that is ours to issue
	again bool // an answer could not be recorded and is being recorded once more
	done  bool
	rests bool // it needs no look in this tick
	twin  bool // another marker of the same export was driven
	err   error
}

func (j *job) id() image.ExportID { return j.entry.Request.ID }

// move goes on from another entry of the log. What was seen before it does not count.
func (j *job) move(e ledger.Entry) {
	j.entry, j.seen, j.next, j.acts = e, Seen{}, Step{}, false
}

func (j *job) stop(err error) { j.done, j.acts, j.err = true, false, err }

// drive takes jobs as far as they go: first those that are under way, which shows
// how much room there is, then those that wait, oldest first as they are listed.
func (d *Driver) drive(ctx context.Context, t *tick, jobs []*job) {
	d.rounds(ctx, t, pick(jobs, func(j *job) bool { return !waits(j) }))
	t.count(jobs)
	d.rounds(ctx, t, pick(jobs, waits))
	d.start(ctx, t, jobs)
}

// waits reports whether an export is not in hand yet.
func waits(j *job) bool { return j.entry.State == ledger.None || j.entry.State == ledger.Retry }

// maxRounds ends a drive in which others keep deciding: an export passes at most
// seven entries in one and two more for each fall-back, and each lost claim costs a round.
const maxRounds = 24

// rounds takes jobs as far as they go, short of taking a new export in hand. One
// settling time serves the claims of all: everybody claims, one wait, everybody acts.
func (d *Driver) rounds(ctx context.Context, t *tick, jobs []*job) {
	for range maxRounds {
		d.Pool(len(jobs), func(i int) { d.advance(ctx, t, jobs[i]) })
		if acting := pick(jobs, func(j *job) bool { return j.acts }); len(acting) > 0 {
			d.act(ctx, t, acting)
		}
		if jobs = pick(jobs, func(j *job) bool { return !j.done }); len(jobs) == 0 {
			return
		}
	}
	for _, j := range jobs {
		j.stop(fmt.Errorf("export %s: not over after %d rounds; a later tick goes on", j.id(), maxRounds))
	}
}

// advance takes the next step of one export, short of its effect.
func (d *Driver) advance(ctx context.Context, t *tick, j *job) {
	if j.done {
		return
	}
	step, err := d.decide(ctx, t, j)
	step = d.hold(ctx, t, j.entry, step)
	switch {
	case err != nil:
		j.stop(err)
	case step.starts() && !j.turn:
		j.ready, j.done = true, true
	case step.Append != nil:
		j.turn = false
		d.append(ctx, t, j, step)
	case step.Close:
		j.stop(d.Ledger.Close(ctx, j.name, j.entry))
	default:
		j.stop(nil)
	}
}

// decide asks Decide, and looks as often as it wants to know more.
func (d *Driver) decide(ctx context.Context, t *tick, j *job) (Step, error) {
	if j.next != (Step{}) {
		step := j.next
		j.next = Step{}
		return step, nil
	}
	for {
		step := Decide(d.situation(t, j))
		if step.Look == 0 {
			return step, nil
		}
		if err := d.look(ctx, j, step.Look); err != nil {
			return Step{}, err
		}
	}
}

func (d *Driver) situation(t *tick, j *job) Situation {
	running := -1
	if t.whole {
		running = t.running
	}
	return Situation{Now: d.Now(), Entry: j.entry, Seen: j.seen, Quiet: d.Quiet, NoCVM: t.noCVM, Channels: d.Notify.Channels(), Running: running}
}

// append writes a step's entry down, and with it the claim to its effect. An
// effect that could not be issued any more is not announced.
func (d *Driver) append(ctx context.Context, t *tick, j *job, step Step) {
	e := *step.Append
	if step.Effect {
		if !t.open(d.Now()) {
			j.stop(nil) // it could not be acted on; a later tick will
			return
		}
		e.Until = t.until
	}
	if step.News != nil { // first, or a crash here would leave people untold
		if err := d.openNews(ctx, newsOf(e.Request, step.News)); err != nil {
			j.stop(err)
			return
		}
	}
	e, err := d.Ledger.Append(ctx, e)
	switch {
	case err == nil:
		d.Log.LogAttrs(ctx, slog.LevelInfo, "decided", slog.String("export", string(j.id())), slog.String("state", string(e.State)),
			slog.Int("seq", e.Seq), slog.Int("attempt", e.Attempt), slog.String("reason", e.Reason))
		j.move(e)
		j.acts, j.again, j.done = step.Effect, false, step.Rest
	case errors.Is(err, ledger.ErrLost):
		d.overtaken(ctx, j, e)
	case !step.Effect && !j.again:
		// An answer that goes unrecorded costs a second export or notice, so it
		// is worth another try. If the first one was written after all, its
		// entry is found in the way, says the same, and is gone on from.
		j.next, j.again = step, true
	default:
		// The entry may still appear. Whoever finds it waits until its claim
		// ends, and nobody acts on it: it was never confirmed.
		j.stop(err)
	}
}

// overtaken goes on from the newest entry of the log: others have decided, and
// stands is one of their entries. A stale listing may not show even that one.
func (d *Driver) overtaken(ctx context.Context, j *job, stands ledger.Entry) {
	newest, err := d.Ledger.Load(ctx, j.id())
	switch {
	case err != nil:
		j.stop(err)
	case newest.Seq <= stands.Seq:
		j.move(stands)
	default:
		j.move(newest)
	}
}

func pick[T any](list []T, keep func(T) bool) []T {
	var kept []T
	for _, v := range list {
		if keep(v) {
			kept = append(kept, v)
		}
	}
	return kept
}
