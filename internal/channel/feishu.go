package channel

import (
	"strconv"

	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/outcome"
)

// feishuBytes is the most that a request may have, signature included
// (open.feishu.cn, custom bots, ucTM5YjL3ETO24yNxkjN).
const feishuBytes = 20 << 10

// composeFeishu makes a card in which all text is plain_text, so that nothing in
// it is read as markup or as a mention. Links are buttons.
func (r *route) composeFeishu(d *Delivery) (letter, error) {
	body := feishuBody{Type: "interactive"}
	if !r.key.IsZero() {
		// Others sign with the secret; here time and secret together are the key,
		// and the message is empty.
		body.Timestamp = strconv.FormatInt(r.now().Unix(), 10)
		body.Sign = sign([]byte(body.Timestamp+"\n"+r.key.Reveal()), nil)
	}
	size := func(m notice.Message) int {
		body.Card = feishuCardOf(m)
		return len(encode(body))
	}
	body.Card = feishuCardOf(fit(d.Message, feishuBytes, size))
	return jsonLetter(r.address.Reveal(), body), nil
}

type feishuBody struct {
	Type      string     `json:"msg_type"`
	Timestamp string     `json:"timestamp,omitempty"`
	Sign      string     `json:"sign,omitempty"`
	Card      feishuCard `json:"card"`
}

type feishuCard struct {
	Config struct {
		Wide bool `json:"wide_screen_mode"`
	} `json:"config"`
	Header struct {
		Colour string     `json:"template"`
		Title  feishuText `json:"title"`
	} `json:"header"`
	Elements []feishuElement `json:"elements"`
}

// feishuElement is a div with a text, an action with a button, or the button.
type feishuElement struct {
	Tag     string          `json:"tag"`
	Text    *feishuText     `json:"text,omitempty"`
	URL     string          `json:"url,omitempty"`
	Actions []feishuElement `json:"actions,omitempty"`
}

type feishuText struct {
	Tag     string `json:"tag"`
	Content string `json:"content"`
}

var feishuColours = map[notice.Severity]string{notice.Info: "green", notice.Warning: "orange", notice.Error: "red"}

func feishuCardOf(m notice.Message) (c feishuCard) {
	c.Config.Wide = true
	c.Header.Colour, c.Header.Title = feishuColours[m.Severity], feishuText{"plain_text", plain(m.Title)}
	var last *feishuText // that the next line goes to
	for _, l := range m.Lines {
		text, to := labelled(l), href(l.URL)
		switch {
		case to != "":
			button := feishuElement{Tag: "button", Text: &feishuText{"plain_text", text}, URL: to}
			c.Elements = append(c.Elements, feishuElement{Tag: "action", Actions: []feishuElement{button}})
			last = nil
		case last != nil:
			last.Content += "\n" + text
		default:
			last = &feishuText{"plain_text", text}
			c.Elements = append(c.Elements, feishuElement{Tag: "div", Text: last})
		}
	}
	if len(c.Elements) == 0 { // a card must have some
		c.Elements = []feishuElement{{Tag: "div", Text: &feishuText{"plain_text", ellipsis}}}
	}
	return c
}

// labelled is a line as plain text, without its link.
func labelled(l notice.Line) string { return plain(l.Label) + plain(l.Text) }

// feishuCodes are as third parties report them.
var feishuCodes = []code{
	{9499, &ourForm},
	{11246, &ourForm},
	{11232, &refusal{kind: outcome.Later, message: "more than 100 messages in a minute, or 5 in a second", after: fastPause}},
	{19001, &noRobot},
	{19002, &ourForm},
	{19021, &refusal{kind: outcome.Config, message: "the robot refused the signature, or its time", hint: "set {secret} to the robot's own signing key"}},
	{19022, &refusal{kind: outcome.Config, message: "the robot refused the sender's address", hint: "remove its list of allowed addresses: a function has no fixed one"}},
	{19024, &refusal{kind: outcome.Config, message: "the robot wants a keyword that the message lacks", hint: "remove its keywords, and let it check a signature"}},
}

func (r *route) judgeFeishu(a answer) error { return r.judgeCode(a, "code", feishuCodes) }
