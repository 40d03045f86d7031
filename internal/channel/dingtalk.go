package channel

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/outcome"
)

// dingTalkBytes is the most that a request may have; unverified.
const dingTalkBytes = 20_000

// composeDingTalk makes a message of type markdown. Nobody is mentioned without
// an "at" in the body, of which there is none.
func (r *route) composeDingTalk(d *Delivery) (letter, error) {
	address, err := r.dingTalkAddress()
	if err != nil {
		return letter{}, err
	}
	size := func(m notice.Message) int { return len(encode(dingTalkBody(m))) }
	return jsonLetter(address, dingTalkBody(fit(d.Message, dingTalkBytes, size))), nil
}

type dingTalkMessage struct {
	Type     string `json:"msgtype"`
	Markdown struct {
		Title string `json:"title"`
		Text  string `json:"text"`
	} `json:"markdown"`
}

func dingTalkBody(m notice.Message) dingTalkMessage {
	b := dingTalkMessage{Type: "markdown"}
	b.Markdown.Title = mark(m.Severity) + markdown(m.Title)
	lines := append([]string{"**" + b.Markdown.Title + "**"}, markdownLines(m)...)
	b.Markdown.Text = strings.Join(lines, "\n\n") // a single line end does not break the line
	return b
}

// dingTalkAddress signs: the sign is of the time in milliseconds and the secret,
// good for an hour, and stands in the query.
func (r *route) dingTalkAddress() (string, error) {
	u, err := url.Parse(r.address.Reveal())
	if err != nil {
		return "", r.fail(outcome.Config, "BadAddress", "the address cannot be read", "correct {url}")
	}
	if r.key.IsZero() {
		return u.String(), nil
	}
	key, q := r.key.Reveal(), u.Query()
	stamp := strconv.FormatInt(r.now().UnixMilli(), 10)
	q.Set("timestamp", stamp)
	q.Set("sign", sign([]byte(key), []byte(stamp+"\n"+key)))
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// dingTalkPause is how long a robot is silenced that was too fast.
const dingTalkPause = 10 * time.Minute

// dingTalkCodes are as third parties report them; 310000 and those below it are
// unverified.
var dingTalkCodes = []code{
	{130101, &refusal{kind: outcome.Later, message: "more than 20 messages in a minute", after: dingTalkPause}},
	{410100, &refusal{kind: outcome.Later, message: "more than 20 messages in a minute", after: dingTalkPause}},
	{310000, &refusal{kind: outcome.Config, message: "the robot refused the signature, the sender's address or the words", hint: "set {secret} to the robot's own signing key, or remove its keyword and IP restrictions"}},
	{-1, &busy},
	{300001, &noRobot},
	{300005, &noRobot},
	{400013, &refusal{kind: outcome.Config, message: "the group was dissolved", hint: "give the address of another robot in {url}"}},
	{400101, &noRobot},
	{400102, &noRobot},
	{40035, &ourForm},
	{400105, &ourForm},
	{460101, &ourForm},
}

func (r *route) judgeDingTalk(a answer) error { return r.judgeCode(a, "errcode", dingTalkCodes) }
