package plan

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// need says whether a channel of some service has a field.
type need int

const (
	never need = iota
	maybe
	always
)

// services says which fields each service has beside those that all have.
var services = map[string]struct{ secret, from, to, private need }{
	WeCom:    {},
	DingTalk: {secret: maybe},
	Feishu:   {secret: maybe},
	Slack:    {},
	Teams:    {},
	Telegram: {to: always},
	Mail:     {from: always, to: always},
	Webhook:  {secret: always, private: maybe},
}

// noteService checks a channel's service and the fields that depend on it.
func (l *invalids) noteService(c Channel) {
	if err := choose("service", c.Service, Services...); err != nil {
		l.note(".service", err)
		return // what it needs is not known
	}
	s := services[c.Service]
	l.note(".secret", s.secret.check(c, "secret", c.Secret != ""))
	l.note(".from", s.from.check(c, "from", c.From != ""))
	l.note(".to", s.to.check(c, "to", len(c.To) > 0))
	l.note(".private", s.private.check(c, "private", c.Private))
	if s.secret != never && c.Secret != "" {
		l.note(".secret", validVariable("secret", c.Secret))
	}
	if s.from != never && c.From != "" {
		l.note(".from", validMailbox("from", c.From))
	}
	l.noteReceivers(c)
}

func (n need) check(c Channel, field string, given bool) error {
	switch {
	case given && n == never:
		return fmt.Errorf("%s: a channel of service %s has none; leave it out", field, c.Service)
	case !given && n == always:
		return fmt.Errorf("%s: is missing; a channel of service %s needs it (docs/plans.md)", field, c.Service)
	}
	return nil
}

// maxReceivers is what every mail server takes in one message (RFC 5321, 4.5.3.1.8).
const maxReceivers = 100

func (l *invalids) noteReceivers(c Channel) {
	switch {
	case c.Service == Telegram && len(c.To) > 1:
		l.note(".to", errors.New("to: a channel of service telegram has one chat; make another channel for each other"))
	case c.Service == Mail && len(c.To) > maxReceivers:
		l.note(".to", fmt.Errorf("to: %d receivers: want at most %d; use a mailing list", len(c.To), maxReceivers))
	case c.Service == Telegram:
		for _, chat := range c.To {
			l.note(".to[0]", validChat(chat))
		}
	case c.Service == Mail:
		for i, to := range c.To {
			l.note(fmt.Sprintf(".to[%d]", i), validMailbox("to", to))
		}
	}
}

// validChat checks what Telegram calls a chat_id (core.telegram.org/bots/api,
// sendMessage): the number of a chat, below zero for groups, or the public name
// of a channel.
func validChat(chat string) error {
	if _, err := strconv.ParseInt(chat, 10, 64); err == nil {
		return nil
	}
	name, public := strings.CutPrefix(chat, "@")
	if public && name != "" && strings.Trim(name, chatCharacters) == "" {
		return nil
	}
	return fmt.Errorf(`to %q: want the number of a chat, such as "-1001234567890", or @ and a channel's name`, chat)
}

const chatCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
