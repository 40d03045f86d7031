package notice

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/secret"
)

// WebhookName is the name of the webhook channel in the ledger.
const WebhookName = "webhook"

// maxAnswer is how many bytes of a receiver's answer are read.
const maxAnswer = 64 << 10

// Webhook posts notices to one address.
type Webhook struct {
	client *http.Client
	url    secret.Text
	signer *standardwebhooks.Webhook
	region string
	now    func() time.Time
}

// NewWebhook returns a channel that signs with key (whsec_…). The timeout bounds
// one try.
func NewWebhook(rt http.RoundTripper, url, key secret.Text, region string, timeout time.Duration) (*Webhook, error) {
	signer, err := standardwebhooks.NewWebhook(key.Reveal())
	if err != nil {
		return nil, errors.New("webhook key: not base64 after whsec_") // the library's words could quote it
	}
	client := &http.Client{Transport: rt, Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // a redirect could lead anywhere; to follow it would also repeat the send
	}}
	return &Webhook{client: client, url: url, signer: signer, region: region, now: time.Now}, nil
}

// Channels implements export.Notifier. A nil Webhook has no channel.
func (w *Webhook) Channels() []string {
	if w == nil {
		return nil
	}
	return []string{WebhookName}
}

// Send posts once. Its errors never hold the address, which can be a secret.
func (w *Webhook) Send(ctx context.Context, channel string, e ledger.Entry) error {
	if w == nil || channel != WebhookName {
		return &outcome.Error{Kind: outcome.Config, Op: "notice", Code: "NoSuchChannel", Message: "channel " + channel + " is not configured any more"}
	}
	req, err := w.request(ctx, Of(e, w.region))
	if err != nil {
		return err
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return &outcome.Error{Kind: outcome.Unknown, Op: "webhook", Code: "NoAnswer", Message: "the receiver gave no answer"}
	}
	defer resp.Body.Close()
	// What is read keeps the connection usable; the answer is never shown, and its
	// status stands whatever becomes of the rest.
	io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	return judge(resp.StatusCode)
}

func (w *Webhook) request(ctx context.Context, n Notice) (*http.Request, error) {
	body, err := json.Marshal(cloudEvent(n))
	if err != nil {
		return nil, &outcome.Error{Kind: outcome.Bug, Op: "webhook", Code: "Encode", Message: err.Error()}
	}
	now := w.now()
	signature, err := w.signer.Sign(n.ID, now, body)
	if err != nil {
		return nil, &outcome.Error{Kind: outcome.Bug, Op: "webhook", Code: "Sign"}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url.Reveal(), bytes.NewReader(body))
	if err != nil {
		return nil, &outcome.Error{Kind: outcome.Config, Op: "webhook", Code: "BadAddress", Hint: "correct FERRY_WEBHOOK_URL"}
	}
	req.Header.Set("Content-Type", "application/cloudevents+json; charset=utf-8")
	req.Header.Set("Webhook-Id", n.ID)
	req.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("Webhook-Signature", signature)
	return req, nil
}

// judge classifies the receiver's answer as Standard Webhooks asks: only 2xx is
// success, 410 ends it, everything else is tried again. After a 5xx nobody knows
// whether the notice was taken.
func judge(status int) error {
	e := &outcome.Error{Op: "webhook", Code: strconv.Itoa(status), Message: "the receiver answered " + strconv.Itoa(status)}
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusGone:
		e.Kind, e.Hint = outcome.Config, "the receiver wants no more notices; remove FERRY_WEBHOOK_URL or give a new one"
	case status >= 300 && status < 400:
		e.Kind, e.Hint = outcome.Later, "redirects are not followed; give the final address in FERRY_WEBHOOK_URL"
	case status < 500:
		e.Kind = outcome.Later
	}
	return e
}
