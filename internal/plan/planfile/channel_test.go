package planfile_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/plan/planfile"
)

const channels = `
channels:
  oncall:
    service: feishu
    url: FERRY_FEISHU_URL
    secret: FERRY_FEISHU_SECRET
    hears: [error, recovered]
    plans: [nightly, "golden-*"]
    language: zh
    fallback: mail
    links: false
  mail:
    service: mail
    url: FERRY_MAIL_URL
    from: Image Ferry <ferry@example.com>
    to: [sre@example.com]
    links: true
    fallback: webhook
  private-hook: {service: webhook, url: FERRY_HOOK_URL, secret: FERRY_HOOK_SECRET, private: true}
  tg: {service: telegram, url: FERRY_TELEGRAM_URL, to: [-1001234567890]}
plans:
  nightly:
    images: [{id: img-a}]
    notify:
      oncall: [error, digest]
      webhook: [warning]
  golden-a:
    images: [{id: img-a}]
`

func TestParseChannels(t *testing.T) {
	t.Parallel()
	got, err := planfile.Parse("plans.yaml", []byte(channels))
	if err != nil {
		t.Fatal(err)
	}
	want := plan.Channels{
		"oncall": {
			Name: "oncall", Service: plan.Feishu, URL: "FERRY_FEISHU_URL", Secret: "FERRY_FEISHU_SECRET", Hears: []string{"error", "recovered"},
			Plans: []string{"nightly", "golden-*"}, Language: "zh", Fallback: "mail", NoLinks: true,
		},
		"mail": {
			Name: "mail", Service: plan.Mail, URL: "FERRY_MAIL_URL", From: "Image Ferry <ferry@example.com>", To: []string{"sre@example.com"},
			Fallback: "webhook",
		},
		"private-hook": {Name: "private-hook", Service: plan.Webhook, URL: "FERRY_HOOK_URL", Secret: "FERRY_HOOK_SECRET", Private: true},
		"tg":           {Name: "tg", Service: plan.Telegram, URL: "FERRY_TELEGRAM_URL", To: []string{"-1001234567890"}},
	}
	if diff := cmp.Diff(want, got.Channels); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][]string{"oncall": {"error", "digest"}, "webhook": {"warning"}}, got.Plans["nightly"].Notify); diff != "" {
		t.Error(diff)
	}
	var compiled bytes.Buffer
	if err := got.Write(&compiled); err != nil {
		t.Fatal(err)
	}
	again, err := plan.Read(&compiled)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, again); diff != "" {
		t.Errorf("plans.json says something else\n%s", diff)
	}
}

// Everything that is wrong with channels is told at once, with what is wrong with
// plans, where it stands.
func TestWrongChannels(t *testing.T) {
	t.Parallel()
	const text = `channels:
  manifest:
    service: lark
    url: https://open.feishu.cn/open-apis/bot/v2/hook/canary
  webhook:
    service: webhook
    url: FERRY_HOOK_URL
    secret: whsec_canary
  on_call: {service: slak}
  hook:
    service: webhook
    url: FERRY_TOKEN
    from: a@b
    hears: []
    plans: []
    private: true
  tg:
    service: telegram
    url: FERRY_TG_URL
    secret: FERRY_TG_SECRET
    to: [here, there]
    hears: [error, everthing]
    plans: [nightly, nigthly]
    language: de
    fallback: mial
  mail:
    service: mail
    url: FERRY_MAIL_URL
    to: [sre@example.com, nobody]
    private: true
    fallback: loop
  loop:
    service: slack
    url: FERRY_LOOP_URL
    fallback: mail
plans:
  nightly:
    images: [{id: img-a}]
    notify:
      mial: [failed]
      mail: [eror]
`
	complains(t, text, []string{
		`plans.yaml:2:3: channel name "manifest" is reserved`,
		`plans.yaml:3:14: service "lark": want wecom, dingtalk, feishu,`,
		`plans.yaml:4:10: url: want the name of an environment variable, such as FERRY_ONCALL_URL; an address or a key is a secret: put it in the environment`,
		`plans.yaml:5:3: channel name "webhook" is that of the built-in channel`,
		`plans.yaml:8:13: secret: want the name of an environment variable, such as FERRY_ONCALL_SECRET`,
		`plans.yaml:9:3: channel name "on_call"`,
		`plans.yaml:9:3: url: is missing`,
		`plans.yaml:9:22: service "slak": want wecom, dingtalk, feishu, slack, teams, telegram, mail or webhook; did you mean "slack"?`,
		`plans.yaml:10:3: secret: is missing; a channel of service webhook needs it`,
		`plans.yaml:12:10: url: FERRY_TOKEN is a setting of its own`,
		`plans.yaml:13:11: from: a channel of service webhook has none`,
		`plans.yaml:14:12: the channel hears nothing`,
		`plans.yaml:15:12: the channel hears of no plan`,
		`plans.yaml:20:13: secret: a channel of service telegram has none`,
		`plans.yaml:21:9: to: a channel of service telegram has one chat`,
		`plans.yaml:22:20: kind of notice "everthing": want`,
		`plans.yaml:23:22: plan "nigthly": want nightly; did you mean "nightly"?`,
		`plans.yaml:24:15: language "de": want en or zh`,
		`plans.yaml:25:15: fallback "mial": want hook, loop, mail,`,
		`plans.yaml:26:3: from: is missing`,
		`plans.yaml:29:27: to: address "nobody": want ferry@example.com`,
		`plans.yaml:30:14: private: a channel of service mail has none`,
		`plans.yaml:35:15: fallback: loop → mail → loop goes in a circle`,
		`plans.yaml:40:13: channel "mial": want hook, loop, mail,`,
		`plans.yaml:41:14: kind of notice "eror": want`,
	})
	if _, err := planfile.Parse("plans.yaml", []byte(text)); strings.Contains(err.Error(), "canary") {
		t.Errorf("a secret is told: %v", err)
	}
}

func TestMisspeltChannels(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"chanels:\n  a: {}\nplans: {}\n": `
p:1:1: unknown field "chanels"; did you mean "channels"?
>  1 | chanels:
       ^
   2 |   a: {}
   3 | plans: {}`,
		"channels:\n  a:\n    services: slack\n": `
p:3:5: unknown field "services"; did you mean "service"?
   1 | channels:
   2 |   a:
>  3 |     services: slack
           ^`,
		"plans:\n  a:\n    fallback: mail\n": `
p:3:5: unknown field "fallback"; it belongs in a channel
   1 | plans:
   2 |   a:
>  3 |     fallback: mail
           ^`,
		"channels:\n  a:\n    links: no\n": `
p:3:12: "no" is neither true nor false
   1 | channels:
   2 |   a:
>  3 |     links: no
                  ^`,
	} {
		_, err := planfile.Parse("p", []byte(text))
		if err == nil {
			t.Errorf("taken:\n%s", text)
			continue
		}
		if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), err.Error()); diff != "" {
			t.Error(diff)
		}
	}
}

// The lines around a mistake are shown without what may be a secret in them, and
// the caret stays where it was.
func TestExcerptsTellNoSecret(t *testing.T) {
	t.Parallel()
	for _, lines := range []string{
		"url: https://open.feishu.cn/canary", `url: "https://open.feishu.cn/canary"`, "secret: canary", "secret: 'canary, and more canary'",
		"ulr: canary", "secrt: canary", "signing_key: canary", "secret: whsec_FERRY,canary", "token: canary", "webhookUrl: canary", "password: canary", "link: smtps://me:canary@example.com",
		"{service: slack, url: canary", "# was https://hooks.slack.com/canary", "url:\tcanary",
	} {
		_, err := planfile.Parse("p", []byte("channels:\n  a:\n    "+lines+"\n    sevice: slack\n    fallback: b\n"))
		if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "^") {
			t.Errorf("%s\n%v", lines, err)
		}
	}
	_, err := planfile.Parse("p", []byte("channels:\n  a: {sevice: slack, secret: FERRY_A, url: canary, to: [x]}\n"))
	const want = `p:2:7: unknown field "sevice"; did you mean "service"?
   1 | channels:
>  2 |   a: {sevice: slack, secret: FERRY_A, url: ****************
             ^`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}
