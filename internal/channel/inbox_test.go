package channel_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/imageferry/imageferry/internal/channel"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

// services is an independent reading of the services' documents, which checks
// form, size, rate and signature.
func services(t *testing.T, webhookKey string) (*inbox.Inbox, channel.Options) {
	t.Helper()
	in, err := inbox.New(inbox.Config{
		Clock: clock.New(1), WebhookSecret: webhookKey,
		Secrets: map[inbox.Channel]string{inbox.DingTalk: values["FERRY_DINGTALK_SECRET"], inbox.Feishu: values["FERRY_FEISHU_SECRET"]},
	})
	if err != nil {
		t.Fatal(err)
	}
	return in, internet(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := strings.Cut(r.Host, ":")
		if h := in.Handler(host); h != nil {
			h.ServeHTTP(w, r)
			return
		}
		http.Error(w, "no such host: "+host, http.StatusMisdirectedRequest)
	}))
}

func TestServicesTakeEveryMessage(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]notice.Message{
		"english": english, "chinese": chinese, "hostile": hostile, "huge": huge(), "empty": {Severity: notice.Info, Title: "x"},
	} {
		for _, key := range []string{webhookKey, secondKey} { // a receiver that knows either key
			in, o := services(t, key)
			set := newSet(t, o)
			for _, c := range posting {
				if err := set.Deliver(t.Context(), c.Name, delivery(m)); err != nil {
					t.Errorf("%s: %s: %v", name, c.Name, err)
					continue
				}
				got := in.Messages()[len(in.Messages())-1]
				if got.Problem != "" || string(got.Channel) != c.Service || got.Signed != (c.Secret != "") || len(got.Body) < 64<<10 && !utf8.Valid(got.Body) {
					t.Errorf("%s: %s took it for %s, signed %t, problem %q", name, c.Name, got.Channel, got.Signed, got.Problem)
				}
				if c.Name == "webhook" {
					continue // what programs get is as it is
				}
				if len(got.Mentions) > 0 {
					t.Errorf("%s: %s calls %q: %s", name, c.Name, got.Mentions, got.Body)
				}
				for _, l := range got.Links {
					if !strings.HasPrefix(l.URL, "https://x.test/") && !strings.HasPrefix(l.URL, "https://images-1250000000.cos.") {
						t.Errorf("%s: %s has a link to %q", name, c.Name, l.URL)
					}
				}
			}
		}
	}
}

// A reader sees the title, the first lines and the address of the link.
func TestPeopleRead(t *testing.T) {
	t.Parallel()
	in, o := services(t, webhookKey)
	set := newSet(t, o)
	for _, c := range posting[:6] {
		if err := set.Deliver(t.Context(), c.Name, delivery(english)); err != nil {
			t.Fatal(err)
		}
		got := in.Messages()[len(in.Messages())-1]
		for _, want := range []string{"orders-db (img-database) is in images-1250000000", "Plan: nightly, slot 2026-11-21 19:00 UTC", "nightly-1_xvda.raw, 50 GiB, verified: bootable", "It works until"} {
			text := strings.Join(strings.Fields(got.Text), " ")
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q: %q", c.Name, want, got.Text)
			}
		}
		if len(got.Links) != 1 || !strings.Contains(got.Links[0].URL, "q-ak=AKID%281%29&q-header-list=host;a") {
			t.Errorf("%s: links %q", c.Name, got.Links)
		}
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	in, o := services(t, webhookKey)
	o.Link = func(_ context.Context, b image.Bucket, key string) (string, time.Time, error) {
		return "https://" + b.String() + ".test/" + key + "?sign=1", slot, nil
	}
	closed := slices.Clone(channels)
	closed[0].NoLinks = true // wecom
	set, err := channel.New(closed, secrets, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range posting {
		if err := set.Send(t.Context(), c.Name, completed()); err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		if err := set.Test(t.Context(), c.Name); err != nil {
			t.Fatalf("test of %s: %v", c.Name, err)
		}
	}
	got := in.Messages()
	if len(got) != 2*len(posting) {
		t.Fatalf("%d messages", len(got))
	}
	for i, c := range posting {
		if linked := strings.Contains(string(got[2*i].Body), "sign=1"); linked == (c.Name == "wecom") {
			t.Errorf("%s: has a link: %t", c.Name, linked)
		}
	}
}

func TestTooFast(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]time.Duration{"wecom": time.Minute, "dingtalk": 10 * time.Minute} {
		_, o := services(t, webhookKey)
		set := newSet(t, o)
		var err error
		for range 21 {
			if err = set.Test(t.Context(), name); err != nil {
				break
			}
		}
		if !outcome.Is(err, outcome.Later) {
			t.Errorf("%s: %v", name, err)
		}
		if e, ok := errors.AsType[*outcome.Error](err); !ok || e.After != want {
			t.Errorf("%s: %+v", name, e)
		}
		if now := time.Now(); set.Room(name, now).Before(now.Add(want / 2)) {
			t.Errorf("%s: has room, after it was too fast", name)
		}
	}
}
