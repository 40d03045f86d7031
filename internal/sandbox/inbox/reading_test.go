package inbox_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

// words puts a text where a service has markup in it.
var words = map[string]struct{ url, body string }{
	"wecom text":    {wecomURL, `{"msgtype":"text","text":{"content":%}}`},
	"wecom":         {wecomURL, `{"msgtype":"markdown","markdown":{"content":%}}`},
	"wecom v2":      {wecomURL, `{"msgtype":"markdown_v2","markdown_v2":{"content":%}}`},
	"dingtalk text": {dingURL, `{"msgtype":"text","text":{"content":%}}`},
	"dingtalk":      {dingURL, `{"msgtype":"markdown","markdown":{"title":"T","text":%}}`},
	"feishu text":   {feishuURL, `{"msg_type":"text","content":{"text":%}}`},
	"lark_md":       {feishuURL, `{"msg_type":"interactive","card":{"elements":[{"tag":"div","text":{"tag":"lark_md","content":%}}]}}`},
	"lark markdown": {feishuURL, `{"msg_type":"interactive","card":{"schema":"2.0","body":{"elements":[{"tag":"markdown","content":%}]}}}`},
	"lark plain":    {feishuURL, `{"msg_type":"interactive","card":{"elements":[{"tag":"div","text":{"tag":"plain_text","content":%}}]}}`},
	"slack":         {slackURL, `{"text":%}`},
	"slack section": {slackURL, `{"text":"x","blocks":[{"type":"section","text":{"type":"mrkdwn","text":%}}]}`},
	"slack plain":   {slackURL, `{"text":"x","blocks":[{"type":"section","text":{"type":"plain_text","text":%}}]}`},
	"teams":         {teamsURL, `{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"type":"AdaptiveCard","version":"1.4","body":[{"type":"TextBlock","text":%}]}}]}`},
	"telegram":      {telegramURL, `{"chat_id":1,"parse_mode":"HTML","text":%}`},
	"telegram text": {telegramURL, `{"chat_id":1,"text":%}`},
}

func TestTextIsWhatAPersonReads(t *testing.T) {
	t.Parallel()
	link := func(pairs ...string) (out []inbox.Link) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, inbox.Link{Text: pairs[i], URL: pairs[i+1]})
		}
		return out
	}
	for _, tt := range []struct {
		in, text, want string
		mentions       []string
		links          []inbox.Link
	}{
		{"wecom", "## Done\n> **web** <font color=\"warning\">late</font> `a*b*`\n[open](https://e.test/a_b_c)", "Done\nweb late a*b*\nopen", nil, link("open", "https://e.test/a_b_c")},
		{"wecom", "hi <@zhang> and <@all>", "hi @zhang and @all", []string{"zhang", "all"}, nil},
		{"wecom", "@all *one* \\*two\\* <b>", "@all *one* \\*two\\* <b>", nil, nil},
		{"wecom text", "<@all> **x** [a](https://e.test)", "@all x a", []string{"all"}, link("a", "https://e.test")},
		{"wecom v2", "1. *a* <@all>\n---\n- b", "1. a <@all>\n\n• b", nil, nil},
		{"dingtalk", "### Failed\na\nb\n\n- c\n- d  \ne @all", "Failed\na b\n• c\n• d\ne @all", nil, nil},
		{"dingtalk", "![pic](https://e.test/p.png)[x](dingtalk://d)", "picx", nil, link("x", "dingtalk://d")},
		{"dingtalk text", "**x** @13800000000", "**x** @13800000000", nil, nil},
		{"feishu text", `<at user_id="all">所有人</at> **x**`, "@所有人 x", []string{"all"}, nil},
		{"lark_md", "<at id=all></at> **x** # y &#42;z&#42; &lt;at id=all&gt;", "@all x # y *z* <at id=all>", []string{"all"}, nil},
		{"lark_md", "<a href='https://e.test'>see</a> <font color='red'>bad</font> a_b_c", "see bad a_b_c", nil, link("see", "https://e.test")},
		{"lark markdown", "# H\n- *i*\n```\n<at id=all></at>\n```", "H\n• i\n<at id=all></at>", nil, nil},
		{"lark plain", "<at id=all></at> **x**", "<at id=all></at> **x**", nil, nil},
		{"slack", "<!channel> <!here|here> <@U1> <!subteam^S1|ops> *b* _i_ ~s~ `c`", "@channel @here @U1 @ops b i s c", []string{"channel", "here", "U1", "S1"}, nil},
		{"slack", "&lt;!channel&gt; &amp;lt; @channel snake_case_name 2*3*4", "<!channel> &lt; @channel snake_case_name 2*3*4", nil, nil},
		{"slack", "<https://e.test/?a=1&amp;b|open &lt;it&gt;> https://e.test/x.", "open <it> https://e.test/x.", nil, link("open <it>", "https://e.test/?a=1&amp;b", "https://e.test/x", "https://e.test/x")},
		{"slack section", "<!everyone>\n&gt; quoted", "@everyone\nquoted", []string{"everyone"}, nil},
		{"slack plain", "<!channel> *x*", "<!channel> *x*", nil, nil},
		{"teams", "**b** _i_ [n](https://e.test) \\[x\\](https\\://e.test) &lt;at&gt; <at>all</at>", "b i n [x](https://e.test) <at> <at>all</at>", nil, link("n", "https://e.test")},
		{"telegram", "<b>Done</b> <code>a &lt; b</code> <a href=\"https://e.test/?a=1&amp;b=2\">open</a> &amp;lt; &nbsp;", "Done a < b open &lt; &nbsp;", nil, link("open", "https://e.test/?a=1&b=2")},
		{"telegram", "@oncall mail a@example <code>@not</code> <a href=\"tg://user?id=7\">you</a>", "@oncall mail a@example @not you", []string{"oncall", "7"}, nil},
		{"telegram text", "<b>@oncall</b>", "<b>@oncall</b>", []string{"oncall"}, nil},
	} {
		p := newPeople(t, inbox.Config{})
		text, err := json.Marshal(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		answer := p.send(t, words[tt.in].url, strings.Replace(words[tt.in].body, "%", string(text), 1))
		m := p.last(t)
		if m.Problem != "" || m.Text != tt.want {
			t.Errorf("%s %q reads %q, want %q; %s", tt.in, tt.text, m.Text, tt.want, answer)
		}
		if diff := cmp.Diff(tt.mentions, m.Mentions) + cmp.Diff(tt.links, m.Links); diff != "" {
			t.Errorf("%s %q: %s", tt.in, tt.text, diff)
		}
	}
}

func TestRunsOfText(t *testing.T) {
	t.Parallel()
	p := newPeople(t, inbox.Config{})
	for url, body := range map[string]string{
		slackURL: `{"text":"x","blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[
			{"type":"text","text":"Files: *"},{"type":"link","text":"a.raw","url":"https://e.test/a"},{"type":"broadcast","range":"here"}]}]}]}`,
		teamsURL: strings.Replace(teamsCard, `{"type":"TextBlock","text":"Export whole","wrap":true}`, `{"type":"RichTextBlock","inlines":["Files: ",{"type":"TextRun","text":"*"},
			{"type":"TextRun","text":"a.raw","selectAction":{"type":"Action.OpenUrl","url":"https://e.test/a"}},"@here"]}`, 1),
		feishuURL: `{"msg_type":"post","content":{"post":{"en_us":{"content":[[{"tag":"text","text":"Files: *"},{"tag":"a","text":"a.raw","href":"https://e.test/a"},{"tag":"text","text":"@here"}]]}}}}`,
	} {
		answer := p.send(t, url, body)
		m := p.last(t)
		if first, _, _ := strings.Cut(m.Text, "\n"); first != "Files: *a.raw@here" || m.Problem != "" {
			t.Errorf("%s: %q; %s", m.Channel, m.Text, answer)
		}
		if len(m.Links) == 0 || m.Links[0] != (inbox.Link{Text: "a.raw", URL: "https://e.test/a"}) || (len(m.Mentions) > 0) != (m.Channel == inbox.Slack) {
			t.Errorf("%s: %v, mentions %v", m.Channel, m.Links, m.Mentions)
		}
	}
}

func TestTelegramRefusesWhatItCannotParse(t *testing.T) {
	t.Parallel()
	p := newPeople(t, inbox.Config{})
	for text, want := range map[string]string{
		"a < b":                   "Unclosed start tag at byte offset 2",
		"<b>x":                    `Can't find end tag corresponding to start tag \"b\"`,
		"<b><i>x</b></i>":         `Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\"`,
		"x</b>":                   "Unexpected end tag at byte offset 1",
		"镜像<img src=x>":           `Unsupported start tag \"img\" at byte offset 6`,
		"<span class='x'></span>": "must have class",
		"a <- b > c":              "Unsupported start tag",
	} {
		body, err := json.Marshal(map[string]any{"chat_id": 1, "parse_mode": "HTML", "text": text})
		if err != nil {
			t.Fatal(err)
		}
		got := p.send(t, telegramURL, string(body))
		plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(got)
		if !strings.HasPrefix(plain, `400 {"description":"Bad Request: can't parse entities: `) || !strings.Contains(plain, want) {
			t.Errorf("%q: %s, want %s", text, plain, want)
		}
	}
}

func TestMentionsBesideTheText(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		url, body string
		want      []string
	}{
		"wecom":    {wecomURL, `{"msgtype":"text","text":{"content":"x","mentioned_list":["li","@all"],"mentioned_mobile_list":["138"]}}`, []string{"li", "@all", "138"}},
		"dingtalk": {dingURL, `{"msgtype":"markdown","markdown":{"title":"T","text":"x"},"at":{"atMobiles":["138"],"atUserIds":["u"],"isAtAll":true}}`, []string{"all", "138", "u"}},
		"feishu":   {feishuURL, `{"msg_type":"post","content":{"post":{"zh_cn":{"title":"T","content":[[{"tag":"at","user_id":"all"}]]}}}}`, []string{"all"}},
		"slack":    {slackURL, `{"text":"<!here>","blocks":[{"type":"section","text":{"type":"plain_text","text":"x"}}]}`, []string{"here"}},
		"teams":    {teamsURL, strings.Replace(strings.Replace(teamsCard, "Export whole", "<at>Li</at>", 1), `"version"`, `"msteams":{"entities":[{"type":"mention","text":"<at>Li</at>","mentioned":{"id":"li@example.com"}},{"type":"mention","text":"<at>No</at>","mentioned":{"id":"no"}}]},"version"`, 1), []string{"li@example.com"}},
	} {
		p := newPeople(t, inbox.Config{})
		answer := p.send(t, tt.url, tt.body)
		if diff := cmp.Diff(tt.want, p.last(t).Mentions); diff != "" || p.last(t).Problem != "" {
			t.Errorf("%s: %s %s", name, answer, diff)
		}
	}
}

func TestSeverityIsSeenInColours(t *testing.T) {
	t.Parallel()
	feishu := func(colour string) string {
		return `{"msg_type":"interactive","card":{"header":{"template":"` + colour + `","title":{"tag":"plain_text","content":"T"}},"elements":[{"tag":"hr"}]}}`
	}
	slack := func(colour string) string { return `{"attachments":[{"color":"` + colour + `","text":"x"}]}` }
	wecom := func(colour string) string {
		return `{"msgtype":"markdown","markdown":{"content":"<font color=\"` + colour + `\">x</font>"}}`
	}
	teams := func(colour string) string {
		return strings.Replace(teamsCard, `"wrap":true`, `"wrap":true,"color":"`+colour+`"`, 1)
	}
	for _, tt := range []struct{ url, body, want string }{
		{feishuURL, feishu("red"), "error"}, {feishuURL, feishu("orange"), "warning"}, {feishuURL, feishu("green"), "info"}, {feishuURL, feishu("grey"), ""},
		{slackURL, slack("danger"), "error"}, {slackURL, slack("#d00000"), "error"}, {slackURL, slack("#daa038"), "warning"}, {slackURL, slack("#2eb886"), "info"},
		{slackURL, `{"text":"🔴 x"}`, "error"}, {wecomURL, `{"msgtype":"text","text":{"content":"✅ x"}}`, "info"}, {slackURL, `{"text":"x 🔴"}`, ""},
		{dingURL, `{"msgtype":"markdown","markdown":{"title":"🟠 T","text":"x"}}`, "warning"}, {slackURL, slack("#888888"), ""}, {slackURL, slack("#xyz"), ""}, {slackURL, `{"text":"x"}`, ""},
		{wecomURL, wecom("warning"), "warning"}, {wecomURL, wecom("info"), "info"}, {wecomURL, wecom("comment"), ""},
		{teamsURL, teams("Attention"), "error"}, {teamsURL, teams("Good"), "info"}, {teamsURL, teams("Default"), ""},
		{hookURL, strings.Replace(cloudEvent, `"files":2`, `"severity":"error"`, 1), "error"}, {hookURL, cloudEvent, ""},
	} {
		p := newPeople(t, inbox.Config{})
		kind := "application/json"
		if tt.url == hookURL {
			kind = eventType
		}
		if answer := p.send(t, tt.url, tt.body, "Content-Type", kind); p.last(t).Severity != tt.want || p.last(t).Problem != "" {
			t.Errorf("%s: %q, want %q; %s", tt.body, p.last(t).Severity, tt.want, answer)
		}
	}
}

func TestEventsAreReadByTheirTexts(t *testing.T) {
	t.Parallel()
	p := newPeople(t, inbox.Config{})
	p.send(t, hookURL, strings.Replace(cloudEvent, `"files":2`, `"subject":"web is in images","text":"one line\nanother","code":7`, 1), "Content-Type", eventType)
	if want := "imageferry.export.completed nightly-20261122-web\nweb is in images\none line\nanother"; p.last(t).Text != want {
		t.Errorf("%q", p.last(t).Text)
	}
}
