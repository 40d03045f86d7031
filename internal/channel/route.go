package channel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/config"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/secret"
)

// route is one channel with all that it needs to send.
type route struct {
	channel plan.Channel
	address secret.Text
	key     secret.Text // zero: unsigned
	client  *http.Client
	now     func() time.Time
	options Options
}

// service is what there is to know of one that takes a POST.
type service struct {
	// compose makes the request of a delivery.
	compose func(*route, *Delivery) (letter, error)
	// judge returns nil if the answer says that the notice was taken.
	judge func(*route, answer) error
}

var services = map[string]service{
	plan.WeCom:    {(*route).composeWeCom, (*route).judgeWeCom},
	plan.DingTalk: {(*route).composeDingTalk, (*route).judgeDingTalk},
	plan.Feishu:   {(*route).composeFeishu, (*route).judgeFeishu},
	plan.Slack:    {(*route).composeSlack, (*route).judgeSlack},
	plan.Teams:    {(*route).composeTeams, (*route).judgeStatus},
	plan.Telegram: {(*route).composeTelegram, (*route).judgeTelegram},
	plan.Webhook:  {(*route).composeWebhook, (*route).judgeWebhook},
}

// posting is a route to a service that takes a POST.
type posting struct {
	*route
	service
}

// open reads the secrets of a channel and checks what can be checked without a
// request.
func (r *route) open(secrets func(string) (secret.Text, bool)) (sender, error) {
	var ok bool
	if r.address, ok = secrets(r.channel.URL); !ok || r.address.IsZero() {
		return nil, fmt.Errorf("%s: is not set; it holds the address", r.channel.URL)
	}
	if r.channel.Secret != "" {
		if r.key, ok = secrets(r.channel.Secret); !ok || r.key.IsZero() {
			return nil, fmt.Errorf("%s: is not set; it holds the signing key", r.channel.Secret)
		}
	}
	if r.channel.Service == plan.Mail {
		return newMail(r)
	}
	s, ok := services[r.channel.Service]
	if !ok {
		return nil, fmt.Errorf("no service %q; there are %s", r.channel.Service, strings.Join(plan.Services, ", "))
	}
	return &posting{r, s}, r.check()
}

// check refuses a route that could never be taken.
func (r *route) check() error {
	u, err := url.Parse(r.address.Reveal())
	if err != nil {
		return fmt.Errorf("%s: want an https address", r.channel.URL) // the parser's words would quote it
	}
	if err := allowTarget(u, r.channel.Private); err != nil {
		return fmt.Errorf("%s: %w", r.channel.URL, err)
	}
	switch {
	case r.channel.Service == plan.Telegram && len(r.channel.To) != 1:
		return errors.New("to: want the id of one chat")
	case r.channel.Service == plan.Webhook:
		if _, err := config.SigningKeys(r.key); err != nil {
			return fmt.Errorf("%s: %w", r.channel.Secret, err)
		}
	}
	return nil
}

func (p *posting) send(ctx context.Context, d *Delivery) error {
	l, err := p.compose(p.route, d)
	if err != nil {
		return err
	}
	a, err := p.post(ctx, l)
	if err != nil {
		return err
	}
	return p.judge(p.route, a)
}

// fail makes an error of this route. In the hint, {url} and {secret} stand for
// the names of the variables that a person would have to change.
func (r *route) fail(kind outcome.Kind, code, message, hint string) *outcome.Error {
	hint = strings.NewReplacer("{url}", r.channel.URL, "{secret}", r.secretName()).Replace(hint)
	return &outcome.Error{Kind: kind, Op: r.channel.Service + " " + r.channel.Name, Code: code, Message: message, Hint: hint}
}

// secretName is the variable of the signing key, or where one would be named.
func (r *route) secretName() string {
	if r.channel.Secret == "" {
		return "the variable that the channel's secret names"
	}
	return r.channel.Secret
}

// addressMark tells one address from another and gives neither away: it is part
// of a hash, and a password is left out, which could be guessed from one.
func addressMark(address secret.Text) string {
	text := address.Reveal()
	if u, err := url.Parse(text); err == nil {
		text = u.Redacted()
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}
