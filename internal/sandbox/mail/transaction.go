package mail

import (
	"bytes"
	"errors"
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/fault"
)

// textLineMax is the longest line of a mail, without its end (RFC 5321, 4.5.3.1.6).
const textLineMax = 998

// mail begins a transaction: FROM:<address> and parameters.
func (c *session) mail(rest string) error {
	switch {
	case !c.greeted:
		return c.say(503, "5.5.1 say EHLO first")
	case !c.encrypted:
		return c.say(530, "5.7.0 must issue a STARTTLS command first")
	case !c.user:
		return c.say(530, "5.7.0 authentication required")
	case c.begun:
		return c.say(503, "5.5.1 one mail at a time")
	}
	from, params, err := address(rest, "FROM:")
	if err != nil {
		return c.say(501, "5.1.7 "+err.Error())
	}
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		size, err := strconv.Atoi(value)
		switch {
		case strings.EqualFold(name, "BODY"):
		case !strings.EqualFold(name, "SIZE") || err != nil:
			return c.say(555, "5.5.4 unknown parameter")
		case size > MaxBytes:
			return c.say(552, "5.3.4 message too big")
		}
	}
	c.begun, c.envelope = true, Mail{From: from}
	return c.say(250, "2.1.0 ok")
}

func (c *session) rcpt(rest string) error {
	to, params, err := address(rest, "TO:")
	switch {
	case !c.begun:
		return c.say(503, "5.5.1 say MAIL first")
	case err != nil:
		return c.say(501, "5.1.3 "+err.Error())
	case to == "" || len(params) > 0:
		return c.say(501, "5.5.4 want TO:<address> alone")
	case len(c.envelope.To) == recipientsMax:
		return c.say(452, "4.5.3 too many recipients")
	}
	c.envelope.To = append(c.envelope.To, to)
	return c.say(250, "2.1.5 ok")
}

// address takes apart "FROM:<a@b> PARAM=x". SMTPUTF8 is not offered, so it must be
// ASCII.
func address(rest, label string) (addr string, params []string, err error) {
	if len(rest) < len(label) || !strings.EqualFold(rest[:len(label)], label) {
		return "", nil, errors.New("want " + label + "<address>")
	}
	addr, more, ok := strings.Cut(strings.TrimPrefix(rest[len(label):], "<"), ">")
	if !ok || !strings.HasPrefix(rest[len(label):], "<") {
		return "", nil, errors.New("want the address in < >")
	}
	if addr == "" && label == "FROM:" {
		return "", strings.Fields(more), nil
	}
	parsed, err := mail.ParseAddress(addr)
	if err != nil || parsed.Address != addr || strings.ContainsFunc(addr, func(r rune) bool { return r >= 0x80 }) {
		return "", nil, errors.New("not an address of ASCII signs")
	}
	return addr, strings.Fields(more), nil
}

// data takes in the mail itself and decides about it once it is whole.
func (c *session) data() error {
	if len(c.envelope.To) == 0 {
		return c.say(503, "5.5.1 say MAIL and RCPT first")
	}
	if err := c.say(354, "end with a line that is a dot"); err != nil {
		return err
	}
	data, fault, err := c.read()
	if err != nil {
		return err // nobody took it
	}
	if fault != "" {
		c.reset()
		return c.say(550, fault)
	}
	c.envelope.Data = data
	envelope := c.envelope
	c.reset()
	deliver := func() { c.s.cfg.Deliver(envelope) }
	if done, err := c.fate("DATA", strings.Join(envelope.To, ","), deliver); done {
		return err
	}
	deliver()
	return c.say(250, "2.0.0 taken")
}

// read reads lines up to one that is a dot, and takes away the dots that were put
// before others. It goes on to the end of a mail that is refused.
func (c *session) read() (data []byte, refusal string, err error) {
	var b bytes.Buffer
	for {
		c.conn.SetDeadline(time.Now().Add(idle))
		line, err := c.r.ReadSlice('\n')
		text, crlf := bytes.CutSuffix(line, []byte("\r\n"))
		switch {
		case err != nil:
			return nil, "", err // a line that is longer than the buffer as well
		case crlf && string(text) == ".":
			return b.Bytes(), refusal, nil
		case !crlf || bytes.IndexByte(text, '\r') >= 0 || bytes.IndexByte(text, 0) >= 0:
			refusal = "5.6.0 bare CR, LF or NUL" // how mails are smuggled
		case len(text) > textLineMax:
			refusal = "5.6.0 line of over 998 bytes"
		case b.Len() > MaxBytes:
			refusal = "5.3.4 message too big"
		default:
			b.Write(bytes.TrimPrefix(line, []byte(".")))
		}
	}
}

// fate lets a fault befall a command. It returns whether that was all there is to
// it; effect is what happens although the sender never hears of it.
func (c *session) fate(verb, key string, effect func()) (done bool, err error) {
	if c.s.cfg.Faults == nil {
		return false, nil
	}
	wait, kind := c.s.cfg.Faults.Fate(Host, verb, key)
	if wait > 0 {
		select {
		case <-time.After(wait):
		case <-c.s.ctx.Done():
			return true, errBye
		}
	}
	if effect != nil && (kind == fault.LostAnswer || kind == fault.Lost500 || kind == fault.CrashAfter) {
		effect()
	}
	switch kind {
	case "", fault.Latency:
		return false, nil
	case fault.Error503, fault.Lost500:
		return true, c.say(451, "4.3.0 try again later")
	case fault.Throttle:
		return true, c.say(450, "4.7.1 too many mails, try again later")
	case fault.Error500, fault.Answer:
		return true, c.say(550, "5.7.1 refused")
	}
	return true, fmt.Errorf("%w: %s", errBye, kind) // the connection ends
}
