package sim

import (
	"context"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// receiver is who hears the notices, as one instance sees it. It implements
// [export.Notifier], and classifies as Standard Webhooks ask.
type receiver struct{ i *instance }

var _ export.Notifier = receiver{}

var (
	errGone    = &outcome.Error{Kind: outcome.Config, Op: "webhook", Code: "410"}
	errTooMany = &outcome.Error{Kind: outcome.Later, Op: "webhook", Code: "429"}
	errServer  = &outcome.Error{Kind: outcome.Unknown, Op: "webhook", Code: "503"}
)

func (r receiver) Channels() []string { return r.i.w.channels }

// Send posts one notice. A 503 may have been received or not; both happen.
func (r receiver) Send(_ context.Context, channel string, e ledger.Entry) error {
	w := r.i.w
	claim := w.checkSend(r.i, channel, e)
	err := w.call(opSend, channel+" "+e.NoticeID(), func(s *sent) error {
		switch {
		case w.hit(hookGone, s.id):
			w.met("the receiver wants no more notices")
			return errGone
		case w.hit(hookBusy, s.id):
			w.met("the receiver was busy")
			return errTooMany
		case w.hit(hookFails, s.id):
			s.by.hurt++
			w.met("the receiver answered 503")
			if w.float(s.id.and('5')) < 0.5 {
				return errServer
			}
			w.heard(s, claim, channel, e)
			return errServer
		}
		w.heard(s, claim, channel, e)
		w.resumeLater(e)
		return nil
	})
	w.answered(claim, err)
	return err
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
