package channel

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/imageferry/imageferry/internal/config"
	"github.com/imageferry/imageferry/internal/outcome"
)

// composeWebhook makes a CloudEvents 1.0 document, signed as Standard Webhooks
// ask. Several keys make several signatures, so that a receiver can change from
// one to the next without missing a notice.
func (r *route) composeWebhook(d *Delivery) (letter, error) {
	body, err := d.Notice.CloudEvent(d.Message)
	if err != nil {
		return letter{}, r.fail(outcome.Bug, "Encode", "the notice cannot be written", "please report it")
	}
	keys, err := config.SigningKeys(r.key)
	if err != nil {
		return letter{}, r.fail(outcome.Config, "BadKey", err.Error(), "correct {secret}")
	}
	stamp := strconv.FormatInt(r.now().Unix(), 10)
	signatures := make([]string, len(keys))
	for i, key := range keys {
		signatures[i] = "v1," + sign(key, []byte(d.Notice.ID+"."+stamp+"."+string(body)))
	}
	header := http.Header{}
	header.Set("Content-Type", "application/cloudevents+json; charset=utf-8")
	header.Set("Webhook-Id", d.Notice.ID)
	header.Set("Webhook-Timestamp", stamp)
	header.Set("Webhook-Signature", strings.Join(signatures, " "))
	return letter{r.address.Reveal(), header, body}, nil
}

// judgeWebhook classifies as Standard Webhooks ask: only 2xx is success, 410 ends
// it, everything else is tried again. After a 5xx nobody knows whether the notice
// was taken.
func (r *route) judgeWebhook(a answer) error {
	code := strconv.Itoa(a.status)
	e := r.fail(outcome.Later, code, "the receiver answered "+code, "")
	switch {
	case a.status >= 200 && a.status < 300:
		return nil
	case a.status == http.StatusGone:
		return r.fail(outcome.Gone, code, "the receiver wants no more notices", "remove the channel, or give a new address in {url}")
	case a.status >= 300 && a.status < 400:
		e = r.fail(outcome.Later, code, "the receiver answered with a redirect, which is not followed", "give the final address in {url}")
	case a.status == http.StatusTooManyRequests:
		return r.tooFast(a.after)
	case a.status < 200 || a.status >= 500:
		e.Kind = outcome.Unknown
	}
	e.After = a.after
	return e
}
