// Package inbox receives what Image Ferry tells people: it plays the chat
// services under their real names, and one receiver of signed webhooks, and
// keeps what they get so that a person or a test can read it.
//
// Each service is as strict as its documents: form of the request, signature,
// size, rate. Most answer a refusal with status 200 and say so only in a code in
// the body, and so they do here. What the documents leave open is marked in the
// code as not verified. Refused messages are kept as well, with the reason.
//
// A message is kept as a reader sees it: each service's markup is read as its
// documents describe it, so that a mention, a link or a heading which a stranger
// put into a name is there to be found, and one that was escaped is not.
//
// Times and rate limits go by the sandbox clock; the age of a signature, which
// the sender takes from its own clock, goes by the wall.
package inbox

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/imageferry/imageferry/internal/sandbox/clock"
)

const (
	maxMessages = 10_000
	maxKept     = 64 << 10 // bytes of each body
)

// Channel is a kind of service that people are told things by.
type Channel string

// The channels that the inbox plays.
const (
	Webhook  Channel = "webhook" // CloudEvents, signed as Standard Webhooks
	WeCom    Channel = "wecom"
	DingTalk Channel = "dingtalk"
	Feishu   Channel = "feishu" // Lark as well
	Slack    Channel = "slack"
	Teams    Channel = "teams"
	Telegram Channel = "telegram"
	Mail     Channel = "mail" // see TakeMail
)

// Channels are all of them, in the order in which people are shown them.
var Channels = []Channel{Webhook, WeCom, DingTalk, Feishu, Slack, Teams, Telegram, Mail}

// Message is one request that a service got. Header, Body and Data belong to
// the inbox: read them only.
type Message struct {
	At       time.Time // sandbox clock
	Channel  Channel
	Robot    string   // its name in Config.Robots, if it has one
	Host     string   // as the sender wrote it; empty for mail
	Path     string   // decoded, without the query; where it holds a robot's key, only its beginning
	To       []string // receivers of a mail, or Telegram's chat
	ID       string   // webhook-id or Message-ID: the same on each repetition; empty for chats
	Type     string   // CloudEvents type of a webhook; the service's message type for chats
	Subject  string   // CloudEvents subject, a mail's, or the title where a chat message has one
	Severity string   // info, warning or error, where the message says it or has a colour for it
	Signed   bool     // it bore a signature, which was checked and is right
	Problem  string   // why the service refused it or shows nothing; empty if all is well
	Header   http.Header
	Body     []byte         // the first 64 KiB; of a mail, all after its header
	Text     string         // what a person reads, without markup; of a mail, its text part
	HTML     string         // the other part of a mail, as it came
	Links    []Link         // what a person can follow
	Mentions []string       // whom it calls: ids, all, channel, and the like
	Data     map[string]any // CloudEvents data, if it is an object
}

// Config is what an inbox needs to know.
type Config struct {
	Clock *clock.Clock
	// WebhookSecret is the key of the generic webhook, base64 with or without the
	// prefix "whsec_". When it is empty, signatures are not checked.
	WebhookSecret string
	// Secrets holds the signing secrets of DingTalk and Feishu robots. A channel
	// without one takes unsigned messages.
	Secrets map[Channel]string
	// Robots are receivers with a name and a secret of their own, by the key in
	// their address: WeCom's key, DingTalk's access_token, the last part of Feishu's,
	// Slack's and a webhook's path, Teams' sig, Telegram's token. Others are taken
	// too, with the secrets above.
	Robots map[string]Robot
}

// Robot is one receiver of a service.
type Robot struct {
	Name   string
	Secret string // of DingTalk, Feishu and webhooks; empty: it takes unsigned messages
}

// Inbox keeps the last 10,000 messages. It is safe for concurrent use.
type Inbox struct {
	clock   *clock.Clock
	webhook *standardwebhooks.Webhook // nil: unsigned
	secrets map[Channel]string
	robots  map[string]Robot
	limits  limits

	mu          sync.Mutex
	messages    []Message
	dropped     int
	subscribers []func(Message)
}

// New returns an empty inbox. It refuses a webhook secret that is not base64.
func New(c Config) (*Inbox, error) {
	in := &Inbox{clock: c.Clock, secrets: c.Secrets, robots: c.Robots}
	if c.WebhookSecret != "" {
		var err error
		if in.webhook, err = standardwebhooks.NewWebhook(c.WebhookSecret); err != nil {
			return nil, errors.New("inbox: webhook secret is not base64") // the library's error may quote it
		}
	}
	return in, nil
}

// Messages returns what is kept, oldest first.
func (in *Inbox) Messages() []Message {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.messages)
}

// Dropped returns how many messages had to make room for newer ones.
func (in *Inbox) Dropped() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.dropped
}

// Subscribe has fn called with every message from now on, before its sender has
// an answer. Calls may overlap.
func (in *Inbox) Subscribe(fn func(Message)) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.subscribers = append(in.subscribers, fn)
}

// secret returns the signing secret of a robot, and notes the robot's name.
func (in *Inbox) secret(m *Message, key string) string {
	if r, ok := in.robots[key]; ok {
		m.Robot = r.Name
		return r.Secret
	}
	return in.secrets[m.Channel]
}

func (in *Inbox) keep(m Message) {
	in.mu.Lock()
	if len(in.messages) == maxMessages {
		in.messages = slices.Delete(in.messages, 0, 1)
		in.dropped++
	}
	in.messages = append(in.messages, m)
	subscribers := slices.Clone(in.subscribers)
	in.mu.Unlock()
	for _, fn := range subscribers {
		fn(m)
	}
}
