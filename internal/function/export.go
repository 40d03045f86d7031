package function

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/imageferry/imageferry/internal/api"
	"github.com/imageferry/imageferry/internal/event"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ferry"
	"github.com/imageferry/imageferry/internal/httpevent"
	"github.com/imageferry/imageferry/internal/problem"
)

// Export is the function that starts exports: by timer, by HTTP through its
// Function URL or, for older deployments, through API Gateway. Its sweep tick
// finishes what events missed.
type Export struct {
	Open func() (*ferry.Ferry, error) // the deployment, opened once
}

// Invoke implements cloudfunction.Handler. An error makes SCF deliver a timer
// event again (twice, a minute apart), so it is returned only where that helps
// or where people must see it.
func (x *Export) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, err := event.Decode(payload)
	if err != nil {
		slog.ErrorContext(ctx, "event refused", "error", err)
		// No error: the same bytes would fail again. Whoever waits for an answer
		// came by HTTP and gets one; other triggers ignore it.
		return json.Marshal(refuse(err))
	}
	f, err := x.Open()
	if err != nil {
		slog.ErrorContext(ctx, "not deployed properly", "error", err)
	}
	switch e := e.(type) {
	case event.HTTP:
		return json.Marshal(httpevent.Serve(ctx, routes(f), e))
	case event.Timer:
		if err != nil {
			return nil, err
		}
		return nil, tick(ctx, f, e)
	}
	slog.WarnContext(ctx, "event ignored", "kind", e.Kind())
	return nil, nil
}

// refuse answers an event that cannot be decoded. The error's text is made of
// field names and limits, without any content.
func refuse(err error) httpevent.Response {
	status := http.StatusBadRequest
	if errors.Is(err, event.ErrTooLarge) {
		status = http.StatusRequestEntityTooLarge
	}
	return httpevent.Refuse(problem.Problem{Status: status, Detail: err.Error()})
}

// routes answers HTTP even where the deployment is broken, because an error of
// the function has no documented status behind a Function URL.
func routes(f *ferry.Ferry) http.Handler {
	if f != nil {
		a := api.API{Exports: f.Driver, Plans: f.Plans, Bucket: f.Config.ImageBucket, Tokens: f.Config.Tokens(), Now: f.Driver.Now}
		return a.Handler()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, problem.Problem{
			Status: http.StatusServiceUnavailable, Detail: "this deployment's settings or plans are wrong",
			Hint: "the function's log names what to correct",
		})
	})
}

// tick does what a timer asks for.
func tick(ctx context.Context, f *ferry.Ferry, t event.Timer) error {
	m, err := parseMessage(t.Message)
	switch {
	case err != nil:
		return err
	case m.Sweep:
		return f.Driver.Sweep(ctx)
	}
	p, err := f.Plans.Find(m.Plan)
	if err != nil {
		return err
	}
	slot, err := p.Slot(t.Time)
	if err != nil {
		return err
	}
	results, err := f.Driver.Start(ctx, export.PlanOrder(p, slot, f.Config.ImageBucket))
	for _, r := range results {
		err = errors.Join(err, r.Err)
	}
	return err
}
