package ledger

import (
	"context"
	"time"

	"github.com/imageferry/imageferry/internal/outcome"
)

// A receiver that answers 410 wants to hear nothing more, and Standard Webhooks
// ask that this be remembered. What is remembered is the receiver, not the
// channel: its name with a mark of its address, so that a new address is heard.
//
//	v1/channels/<receiver>

// mute is an object that says so.
type mute struct {
	Schema int       `json:"schema"`
	At     time.Time `json:"at"`
	Detail string    `json:"detail"`
}

// Mute notes that a receiver wants to hear nothing more.
func (l *Ledger) Mute(ctx context.Context, receiver string, at time.Time, detail string) error {
	err := l.put(ctx, "channels/"+receiver, mute{Schema: Schema, At: at.UTC(), Detail: detail})
	if outcome.Is(err, outcome.Exists) {
		return nil
	}
	return wrap(err, "mute %s", receiver)
}

// Muted returns the receivers that want to hear nothing more.
func (l *Ledger) Muted(ctx context.Context) ([]string, error) {
	names, _, err := l.names(ctx, "channels/", "", maxList)
	return names, err
}

// Unmute lets a receiver hear again.
func (l *Ledger) Unmute(ctx context.Context, receiver string) error {
	return wrap(l.store.Delete(ctx, l.prefix+"channels/"+receiver), "unmute %s", receiver)
}
