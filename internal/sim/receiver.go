package sim

import (
	"context"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
)

// receiver is who hears the notices, as one instance sees it. It implements
// [export.Notifier], and classifies as Standard Webhooks ask.
type receiver struct{ i *instance }

var _ export.Notifier = receiver{}

var (
	errGone    = &outcome.Error{Kind: outcome.Gone, Op: "webhook", Code: "410"}
	errRefused = &outcome.Error{Kind: outcome.Config, Op: "webhook", Code: "400"}
	errServer  = &outcome.Error{Kind: outcome.Unknown, Op: "webhook", Code: "503"}
)

// Channels returns the channels as they were when the instance began.
func (r receiver) Channels() []plan.Channel { return r.i.channels }

// Room is now, or in a while.
func (r receiver) Room(name string, now time.Time) time.Time {
	w := r.i.w
	v := w.running.of
	id := v.identify(opSend, "room "+name)
	if !w.hit(channelFull, id) {
		v.room[name]++
		return now
	}
	w.met("a channel that had no room")
	return now.Add(time.Duration(w.logUniform(id.and('r'), float64(time.Second), float64(20*time.Minute))))
}

// Send posts one notice. A 503 may have been received or not; both happen.
func (r receiver) Send(_ context.Context, name string, e ledger.Entry) error {
	w := r.i.w
	ear := w.ear(r.address(name))
	claim := w.checkSend(r.i, name, ear, e)
	err := w.call(opSend, name+" "+e.NoticeID(), func(s *sent) error {
		switch {
		case ear.gone || w.hit(hookGone, s.id):
			w.leave(name, ear)
			return errGone
		case w.hit(hookRefuses, s.id):
			w.met("the receiver refused a notice")
			return errRefused
		case w.hit(hookBusy, s.id):
			w.met("the receiver was busy")
			return &outcome.Error{Kind: outcome.Later, Op: "webhook", Code: "429", After: w.pause(s.id)}
		case w.hit(hookFails, s.id):
			s.by.hurt++
			w.met("the receiver answered 503")
			if w.float(s.id.and('5')) < 0.5 {
				return errServer
			}
			w.heard(s, claim, name, e)
			return errServer
		}
		w.heard(s, claim, name, e)
		w.resumeLater(e)
		return nil
	})
	w.answered(claim, err)
	w.told(r.i, claim, name, ear, err)
	return err
}

// address returns under which name an instance knows who listens on a channel.
func (r receiver) address(name string) string {
	for _, c := range r.i.channels {
		if c.Name == name {
			return c.Name + "." + c.Address
		}
	}
	return name
}

// pause is how long a busy receiver asks to be left alone; 0 if it does not say.
func (w *world) pause(id identity) time.Duration {
	if w.float(id.and('p')) < 0.5 {
		return 0
	}
	return time.Duration(w.logUniform(id.and('a'), float64(30*time.Second), float64(4*time.Hour)))
}

// leave is when who listens wants to hear nothing more. Most times a person sees to
// that one day.
func (w *world) leave(name string, e *ear) {
	w.met("the receiver wants no more notices")
	if e.gone {
		w.met("a receiver that was asked again after it had left")
		return
	}
	e.gone = true
	w.tell(nil, "who listens at %s wants to hear nothing more", e.name)
	id := named("left", e.name)
	if w.float(id) < 0.7 {
		w.at(w.now+time.Duration(w.logUniform(id.and(1), float64(time.Hour), float64(72*time.Hour))), func() { w.move(w.channel(name)) })
	}
}

// resumeLater is what a person does who hears that a plan is suspended: some time
// later it is resumed.
func (w *world) resumeLater(e ledger.Entry) {
	if e.Request.News == nil || e.Request.News.Kind != ledger.KindSuspended {
		return
	}
	name := "resume after " + e.NoticeID()
	p := w.plans[e.Request.Plan]
	w.at(w.now+time.Duration(w.float(named(name))*float64(36*time.Hour)), func() {
		w.occupy(&w.export, name, func(*invocation, []byte, error) {}, func(ctx context.Context, i *instance) ([]byte, error) {
			resumed, err := i.ferry.Driver.Resume(ctx, p)
			if resumed {
				w.met("a plan was resumed")
			}
			return nil, err
		})
	})
}
