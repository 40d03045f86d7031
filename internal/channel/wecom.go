package channel

import (
	"strings"

	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/outcome"
)

// wecomBytes is the most that a robot's Markdown may have
// (developer.work.weixin.qq.com/document/path/99110).
const wecomBytes = 4096

// composeWeCom makes a message of type markdown, in which only <@id> mentions.
func (r *route) composeWeCom(d *Delivery) (letter, error) {
	size := func(m notice.Message) int { return len(wecomText(m)) }
	body := wecomMessage{Type: "markdown"}
	body.Markdown.Content = wecomText(fit(d.Message, wecomBytes, size))
	return jsonLetter(r.address.Reveal(), body), nil
}

type wecomMessage struct {
	Type     string `json:"msgtype"`
	Markdown struct {
		Content string `json:"content"`
	} `json:"markdown"`
}

// wecomColours are the three that there are: green, and orange for what is bad.
var wecomColours = map[notice.Severity]string{notice.Info: "info", notice.Warning: "warning", notice.Error: "warning"}

func wecomText(m notice.Message) string {
	title := `**<font color="` + wecomColours[m.Severity] + `">` + mark(m.Severity) + markdown(m.Title) + "</font>**"
	return strings.Join(append([]string{title}, markdownLines(m)...), "\n")
}

// wecomCodes: 45009 and its meaning are documented (path/99398). The rest are
// codes of the same platform and unverified for robots.
var wecomCodes = []code{
	{-1, &busy},
	{45009, &refusal{kind: outcome.Later, message: "more than 20 messages in a minute", after: fastPause}},
	{93000, &noRobot},
	{93004, &noRobot},
	{93008, &refusal{kind: outcome.Config, message: "the robot is not in its group any more", hint: "add it again"}},
	{40008, &ourForm},
	{40058, &ourForm},
	{44004, &ourForm},
}

func (r *route) judgeWeCom(a answer) error { return r.judgeCode(a, "errcode", wecomCodes) }
