// Package channel carries notices to people and programs: it turns one notice
// into one request of one service, and says what became of it.
//
// A service is known by a few facts: the form of its message, how much of it is
// taken, how a request is signed, and which answers mean what. Each has a file of
// its own that holds no more than these. What they share stands apart: text that
// strangers chose is made harmless (plain.go), a message is shortened until it
// fits (fit.go), a request goes out once and never to an inner address (post.go,
// guard.go), and nobody is sent more than the service takes (pace.go).
//
// Nothing is repeated here, and nothing is remembered but the pace: the ledger
// decides what is sent again. An answer is taken as Unknown only where the
// notice may have been taken; what was certainly refused, or never left, is Later,
// or Config where a person must act.
//
// Addresses hold tokens. They are kept as [secret.Text], and no error shows one,
// nor what a service answered: only its code, in our words.
package channel

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/time/rate"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/secret"
)

// Delivery is one notice, made ready for one channel.
type Delivery struct {
	Notice  notice.Notice
	Message notice.Message // the notice in the channel's language
}

// Options are what all channels of a deployment share.
type Options struct {
	Region  string        // of the deployment, as notices name it
	Timeout time.Duration // of one try, the connection and the answer included; required
	Now     func() time.Time
	// Link returns an address at which everybody can download an object until a
	// moment. Nil: notices hold no links.
	Link func(ctx context.Context, bucket image.Bucket, key string) (url string, until time.Time, err error)

	// What follows stands in for the network in tests; zero values are for production.
	Roots *x509.CertPool                                                    // nil: the system's
	Dial  func(ctx context.Context, network, addr string) (net.Conn, error) // nil: a dialer that refuses inner addresses
	Proxy func(*http.Request) (*url.URL, error)                             // nil: as the environment says
}

// Set is the channels of a deployment, ready to send. It is safe for concurrent use.
type Set struct {
	o        Options
	channels []plan.Channel
	ways     map[string]*way
}

// way is how one channel is reached.
type way struct {
	channel plan.Channel
	sender  sender
	pace    *pace
	gap     *rate.Limiter // messages that have a place still go one after the other
}

// sender carries one delivery, once. Its errors are of type *outcome.Error.
type sender interface {
	send(ctx context.Context, d *Delivery) error
}

// New makes the channels of a deployment. secrets gives the value of an
// environment variable. The error tells of all channels that cannot be used; it
// names the channel and the variable, and never a value.
func New(channels []plan.Channel, secrets func(name string) (secret.Text, bool), o Options) (*Set, error) {
	s := &Set{o: o, ways: map[string]*way{}}
	open, private := newClient(o, false), newClient(o, true)
	var errs []error
	for _, c := range channels {
		r := &route{channel: c, client: open, now: o.Now, options: o}
		if c.Private {
			r.client = private
		}
		sender, err := r.open(secrets)
		if err != nil {
			errs = append(errs, fmt.Errorf("channel %q: %w", c.Name, err))
			continue
		}
		c.Address = addressMark(r.address)
		s.channels = append(s.channels, c)
		s.ways[c.Name] = &way{channel: c, sender: sender, pace: newPace(c.Service), gap: rate.NewLimiter(rate.Every(gaps[c.Service]), 1)}
	}
	return s, errors.Join(errs...)
}

// Channels returns the channels in the order in which New was given them, each
// with the mark of its address.
func (s *Set) Channels() []plan.Channel { return s.channels }

// Room takes a place in a channel, and returns now; if there is none, it takes nothing
// and returns when to ask again. Each instance counts its own messages. A channel
// that does not exist has room: sending to it tells what is wrong.
func (s *Set) Room(channel string, now time.Time) time.Time {
	w, ok := s.ways[channel]
	if !ok {
		return now
	}
	return w.pace.reserve(now)
}

// Send tells a channel of an entry that has a verdict: one request, never
// repeated. An error is of type *outcome.Error.
func (s *Set) Send(ctx context.Context, channel string, e ledger.Entry) error {
	w, err := s.way(channel)
	if err != nil {
		return err
	}
	n := notice.Of(e, s.o.Region)
	n.Data.InsteadOf = e.Deliveries[channel].For
	if s.o.Link != nil && !w.channel.NoLinks {
		n.Data.Links = s.links(ctx, n.Data)
	}
	return s.deliver(ctx, w, n)
}

// Test sends a notice that says what it is for: a test.
func (s *Set) Test(ctx context.Context, channel string) error {
	w, err := s.way(channel)
	if err != nil {
		return err
	}
	return s.deliver(ctx, w, notice.Test(channel, s.o.Region, s.o.Now()))
}

func (s *Set) way(channel string) (*way, error) {
	if w, ok := s.ways[channel]; ok {
		return w, nil
	}
	return nil, &outcome.Error{Kind: outcome.Config, Op: "notice", Code: "NoSuchChannel", Message: "channel " + channel + " is not configured any more"}
}

func (s *Set) deliver(ctx context.Context, w *way, n notice.Notice) error {
	language := notice.Language(w.channel.Language)
	if language == "" {
		language = notice.English
	}
	if err := w.gap.Wait(ctx); err != nil { // the invocation ends before it would be its turn
		return &outcome.Error{Kind: outcome.Later, Op: "notice", Code: "NoTurn", Message: "too many messages for channel " + w.channel.Name + " at once"}
	}
	err := w.sender.send(ctx, &Delivery{n, n.Message(language)})
	if e, ok := errors.AsType[*outcome.Error](err); ok && e.After > 0 {
		w.pace.close(s.o.Now().Add(e.After))
	}
	return err
}

// links are where the files of a notice can be downloaded. A file for which no
// address can be made goes without: the notice matters more.
func (s *Set) links(ctx context.Context, d notice.Data) (links []notice.Link) {
	for _, f := range d.Files {
		if address, until, err := s.o.Link(ctx, d.Bucket, f.Key); err == nil {
			links = append(links, notice.Link{Key: f.Key, URL: address, Until: until})
		}
	}
	return links
}
