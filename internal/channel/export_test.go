package channel

import (
	"context"
	"time"

	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/secret"
)

// Deliver sends a delivery made by hand.
func (s *Set) Deliver(ctx context.Context, channel string, d Delivery) error {
	return s.ways[channel].sender.send(ctx, &d)
}

// Compose returns the request that a delivery makes.
func Compose(c plan.Channel, address, key string, at time.Time, d Delivery) (url string, body []byte) {
	r := &route{channel: c, address: secret.New(address), key: secret.New(key), now: func() time.Time { return at }}
	l, err := services[c.Service].compose(r, &d)
	if err != nil {
		panic(err)
	}
	return l.address, l.body
}

// Mail returns the mail that a delivery makes.
func Mail(from string, to []string, d Delivery) ([]byte, error) {
	f, err := parseMailbox(from)
	if err != nil {
		return nil, err
	}
	boxes := make([]mailbox, len(to))
	for i, s := range to {
		if boxes[i], err = parseMailbox(s); err != nil {
			return nil, err
		}
	}
	return mailOf(f, boxes, &d), nil
}

// AddressMark is the mark of an address.
func AddressMark(address string) string { return addressMark(secret.New(address)) }
