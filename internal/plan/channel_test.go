package plan_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/config"
	"github.com/imageferry/imageferry/internal/plan"
)

func TestHears(t *testing.T) {
	t.Parallel()
	tests := []struct {
		list []string
		want string // the kinds, in the order of plan.Kinds
	}{
		{nil, "completed recovered failed partial stalled missed suspended resumed"},
		{[]string{}, "completed recovered failed partial stalled missed suspended resumed"},
		{[]string{"info"}, "completed recovered resumed"},
		{[]string{"warning"}, "stalled"},
		{[]string{"error"}, "failed partial missed suspended"},
		{plan.Severities, "completed recovered failed partial stalled missed suspended resumed"},
		{[]string{"completed"}, "completed recovered"},
		{[]string{"recovered"}, "recovered"},
		{[]string{"error", "recovered"}, "recovered failed partial missed suspended"},
		{[]string{"skipped"}, "skipped"},
		{[]string{"info", "digest"}, "completed recovered resumed digest"},
		{plan.Kinds, strings.Join(plan.Kinds, " ")},
	}
	for _, tt := range tests {
		var got []string
		for _, kind := range plan.Kinds {
			if plan.Hears(tt.list, kind) {
				got = append(got, kind)
			}
			if c := (plan.Channel{Hears: tt.list}); c.Wants("any", kind) != plan.Hears(tt.list, kind) {
				t.Errorf("%v: a channel hears %s otherwise", tt.list, kind)
			}
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%q hears\n%s\nwant\n%s", tt.list, got, tt.want)
		}
	}
}

func TestWantsPlans(t *testing.T) {
	t.Parallel()
	tests := []struct {
		plans []string
		want  string // of "", nightly, golden-a
	}{
		{nil, ",nightly,golden-a"},
		{[]string{"nightly"}, "nightly"},
		{[]string{"golden-*"}, "golden-a"},
		{[]string{"golden-?", "night*"}, "nightly,golden-a"},
		{[]string{"*"}, "nightly,golden-a"}, // what no plan asked for is in none
	}
	for _, tt := range tests {
		c := plan.Channel{Plans: tt.plans}
		got := slices.DeleteFunc([]string{"", "nightly", "golden-a"}, func(name string) bool { return !c.Wants(name, "failed") })
		if got := strings.Join(got, ","); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.plans, got, tt.want)
		}
		if c.Wants("nightly", "skipped") {
			t.Errorf("%q: hears what is quiet", tt.plans)
		}
	}
}

// Who wants nothing more is remembered only for the address that said so.
func TestReceiver(t *testing.T) {
	t.Parallel()
	a, b := plan.Channel{Name: "a", Address: "1"}, plan.Channel{Name: "b", Address: "1"}
	moved := plan.Channel{Name: "a", Address: "2"}
	if a.Receiver() == b.Receiver() || a.Receiver() == moved.Receiver() || a.Receiver() != (plan.Channel{Name: "a", Address: "1", Language: "zh"}).Receiver() {
		t.Errorf("%s, %s, %s", a.Receiver(), b.Receiver(), moved.Receiver())
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	want := []config.Variable{
		{Name: "FERRY_HOOK_URL", For: "the url of channel inner"}, {Name: "FERRY_HOOK_SECRET", For: "the secret of channel inner"},
		{Name: "FERRY_MAIL_URL", For: "the url of channel mail"}, {Name: "FERRY_WEBHOOK_URL", For: "the fallback of channel mail"},
		{Name: "FERRY_FEISHU_URL", For: "the url of channel oncall"}, {Name: "FERRY_FEISHU_SECRET", For: "the secret of channel oncall"},
	}
	if diff := cmp.Diff(want, document().Channels.Variables()); diff != "" {
		t.Error(diff)
	}
	if got := plan.Channels(nil).Variables(); got != nil {
		t.Errorf("no channels want %v", got)
	}
}

// of is a good channel of each service.
func of(service string) plan.Channel {
	c := plan.Channel{Name: "a", Service: service, URL: "FERRY_A_URL"}
	switch service {
	case plan.Telegram:
		c.To = []string{"-1001234567890"}
	case plan.Mail:
		c.From, c.To = "Image Ferry <ferry@example.com>", []string{"sre@example.com"}
	case plan.Webhook:
		c.Secret = "FERRY_A_SECRET"
	}
	return c
}

func complaints(c plan.Channel, others ...plan.Channel) []plan.Invalid {
	weekly := nightly(func(p *plan.Plan) { p.Name = "weekly" })
	d := plan.Document{Plans: plan.Set{"nightly": nightly(func(*plan.Plan) {}), "weekly": weekly}, Channels: plan.Channels{c.Name: c}}
	for _, o := range others {
		d.Channels[o.Name] = o
	}
	return plan.Validate(d)
}

// Each field is taken where it belongs, and refused elsewhere.
func TestFieldsOfServices(t *testing.T) {
	t.Parallel()
	fields := map[string]struct {
		fill  func(*plan.Channel)
		takes string
	}{
		".secret":  {func(c *plan.Channel) { c.Secret = "FERRY_A_SECRET" }, "dingtalk feishu webhook"},
		".from":    {func(c *plan.Channel) { c.From = "a@b" }, "mail"},
		".to":      {func(c *plan.Channel) { c.To = []string{"a@b"} }, "mail"},
		".to ":     {func(c *plan.Channel) { c.To = []string{"@abc"} }, "telegram"},
		".private": {func(c *plan.Channel) { c.Private = true }, "webhook"},
		".links":   {func(c *plan.Channel) { c.NoLinks = true }, strings.Join(plan.Services, " ")},
	}
	for _, service := range plan.Services {
		if list := complaints(of(service)); len(list) != 0 {
			t.Errorf("%s: %v", service, list)
		}
		for field, f := range fields {
			c := of(service)
			f.fill(&c)
			list := complaints(c)
			if ok := slices.Contains(strings.Fields(f.takes), service); ok != (len(list) == 0) {
				t.Errorf("%s with%s: %v", service, field, list)
			}
			for _, i := range list {
				if i.Section != "channels" || i.Name != "a" || !strings.HasPrefix(i.Field, strings.TrimSpace(field)) {
					t.Errorf("%s with%s: complaint about %s.%s%s", service, field, i.Section, i.Name, i.Field)
				}
			}
		}
	}
}

func TestWrongChannels(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		service string
		change  func(*plan.Channel)
		field   string
		err     string // a part of it
	}{
		{"no name", plan.Slack, func(c *plan.Channel) { c.Name = "" }, "", "channel name"},
		{"long name", plan.Slack, func(c *plan.Channel) { c.Name = strings.Repeat("n", 41) }, "", "at most 40"},
		{"underscore", plan.Slack, func(c *plan.Channel) { c.Name = "a_b" }, "", "want at most 40 of a-z"},
		{"upper case", plan.Slack, func(c *plan.Channel) { c.Name = "A" }, "", "want at most 40 of a-z"},
		{"built in", plan.Slack, func(c *plan.Channel) { c.Name = "webhook" }, "", "built-in channel of FERRY_WEBHOOK_URL"},
		{"reserved", plan.Slack, func(c *plan.Channel) { c.Name = "manifest" }, "", "reserved"},
		{"service", plan.Slack, func(c *plan.Channel) { c.Service = "Slack" }, ".service", "want wecom, dingtalk"},
		{"no service", plan.Slack, func(c *plan.Channel) { c.Service = "" }, ".service", `service ""`},
		{"no url", plan.Slack, func(c *plan.Channel) { c.URL = "" }, ".url", "url: is missing; name the environment variable"},
		{"no secret", plan.Webhook, func(c *plan.Channel) { c.Secret = "" }, ".secret", "secret: is missing"},
		{"no sender", plan.Mail, func(c *plan.Channel) { c.From = "" }, ".from", "from: is missing"},
		{"no receiver", plan.Mail, func(c *plan.Channel) { c.To = nil }, ".to", "to: is missing"},
		{"no chat", plan.Telegram, func(c *plan.Channel) { c.To = nil }, ".to", "to: is missing"},
		{"two chats", plan.Telegram, func(c *plan.Channel) { c.To = []string{"1", "2"} }, ".to", "one chat"},
		{"chat", plan.Telegram, func(c *plan.Channel) { c.To = []string{"sre chat"} }, ".to[0]", `"sre chat"`},
		{"chat without name", plan.Telegram, func(c *plan.Channel) { c.To = []string{"@"} }, ".to[0]", `"@"`},
		{"sender", plan.Mail, func(c *plan.Channel) { c.From = "ferry" }, ".from", `from: address "ferry"`},
		{"second receiver", plan.Mail, func(c *plan.Channel) { c.To = append(c.To, "a@b\r\nBcc: c@d") }, ".to[1]", "to: address"},
		{"many receivers", plan.Mail, func(c *plan.Channel) { c.To = slices.Repeat(c.To, 101) }, ".to", "101 receivers: want at most 100"},
		{"language", plan.Slack, func(c *plan.Channel) { c.Language = "cn" }, ".language", "want en or zh"},
		{"kind", plan.Slack, func(c *plan.Channel) { c.Hears = []string{"failed", "all"} }, ".hears[1]", "digest, info, warning or error"},
		{"plan", plan.Slack, func(c *plan.Channel) { c.Plans = []string{"nightly", "nighty"} }, ".plans[1]", `plan "nighty": want nightly or weekly`},
		{"pattern", plan.Slack, func(c *plan.Channel) { c.Plans = []string{"golden-*"} }, ".plans[0]", `plan "golden-*"`},
		{"itself", plan.Slack, func(c *plan.Channel) { c.Fallback = "a" }, ".fallback", "cannot stand in for itself"},
		{"fallback", plan.Slack, func(c *plan.Channel) { c.Fallback = "b" }, ".fallback", `fallback "b": want webhook`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := of(tt.service)
			tt.change(&c)
			list := complaints(c)
			if len(list) != 1 || list[0].Field != tt.field || !strings.Contains(list[0].Err.Error(), tt.err) {
				t.Errorf("got %v\nwant one complaint about %q that says %q", list, tt.field, tt.err)
			}
		})
	}
}

// No value can be an address and a key.
func TestOneVariableForBoth(t *testing.T) {
	t.Parallel()
	c := of(plan.Webhook)
	c.URL, c.Secret = "FERRY_A", "FERRY_A"
	if list := complaints(c); len(list) != 1 || list[0].Field != ".secret" || !strings.Contains(list[0].Err.Error(), "FERRY_A is the url of channel") {
		t.Errorf("%v", list)
	}
}

// What stands where the name of a variable should is never shown: it may be what
// the variable should hold.
func TestNamesOfVariables(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"FERRY_A": "", "FERRY_FEISHU_URL_2": "", "FERRY_WEBHOOK_URL": "", "FERRY_WEBHOOK_SECRET": "",
		"https://open.feishu.cn/canary": "put it in the environment", "smtps://canary@example.com": "put it in the environment",
		"whsec_Y2FuYXJ5": "put it in the environment", "SECcanary": "put it in the environment", "xoxb-CANARY": "put it in the environment",
		"$FERRY_A": "want the name", "${FERRY_A}": "want the name", "FERRY_": "want the name", "ferry_a": "want the name", "FERRY_a": "want the name", "FERRY_A\n": "want the name",
		"ONCALL_URL": "such as FERRY_ONCALL_", "FERRY_TOKEN": "FERRY_TOKEN is a setting", "FERRY_REGION": "docs/settings.md", "FERRY_URL": "choose another name",
	} {
		url, key := of(plan.Webhook), of(plan.Webhook)
		url.URL, url.Secret = name, "FERRY_OTHER"
		key.URL, key.Secret = "FERRY_OTHER", name
		list := append(complaints(url), complaints(key)...)
		if want == "" {
			if len(list) != 0 {
				t.Errorf("%s: %v", name, list)
			}
			continue
		}
		if len(list) != 2 || list[0].Field != ".url" || list[1].Field != ".secret" {
			t.Errorf("%s: %v", name, list)
		}
		for _, i := range list {
			text := strings.ToLower(i.Err.Error())
			if !strings.Contains(i.Err.Error(), want) || strings.Contains(text, "canary") || strings.Contains(text, "y2fu") {
				t.Errorf("%s: %v", name, i.Err)
			}
		}
	}
}

func TestCircles(t *testing.T) {
	t.Parallel()
	tests := map[string]map[string]string{ // by the first complaint, who falls back on whom
		"":                                {"a": "b", "b": "c", "c": "webhook", "d": "b"},
		"b: fallback: b → c → b goes":     {"a": "b", "b": "c", "c": "b"},
		"a: fallback: a → d → c → a goes": {"a": "d", "b": "a", "c": "a", "d": "c"},
		"b: fallback: a channel cannot":   {"a": "b", "b": "b", "c": "a"},
		"a: fallback: a → b → a goes":     {"a": "b", "b": "a", "c": "webhook"},
		`a: fallback "e": want b or web`:  {"a": "e", "b": "a"},
	}
	for want, fallbacks := range tests {
		var all []plan.Channel
		for name, fallback := range fallbacks {
			c := of(plan.Slack)
			c.Name, c.Fallback = name, fallback
			all = append(all, c)
		}
		list := complaints(all[0], all[1:]...)
		got := ""
		for _, i := range list {
			got += i.Name + ": " + i.Err.Error()
		}
		if (want == "") != (got == "") || !strings.HasPrefix(got, want) || len(list) > 1 {
			t.Errorf("%v: %s\nwant %s", fallbacks, got, want)
		}
	}
}

// Whoever is told of a severity is told of it by all kinds that there are.
func TestEveryKindHasASeverity(t *testing.T) {
	t.Parallel()
	counts := map[string]int{}
	for _, kind := range plan.Kinds {
		counts[plan.Severity(kind)]++
	}
	if want := map[string]int{"info": 5, "warning": 1, "error": 4}; !maps.Equal(counts, want) {
		t.Errorf("%v, want %v", counts, want)
	}
}
