package mail

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

const (
	// idle is how long a client may keep the server waiting (RFC 5321, 4.5.3.2).
	idle = 5 * time.Minute
	// lineMax bounds a command; an answer to AUTH may have 12,288 bytes (RFC 4954).
	lineMax = 12_288 + 2
	// recipientsMax is the least that a server must take (RFC 5321, 4.5.3.1.8).
	recipientsMax = 100
)

// errBye ends a session in which all has been said.
var errBye = errors.New("session is over")

// session is one connection.
type session struct {
	s         *Server
	conn      net.Conn
	r         *bufio.Reader
	encrypted bool
	greeted   bool
	user      bool // AUTH succeeded
	begun     bool // MAIL was accepted
	envelope  Mail
}

func newSession(s *Server, conn net.Conn, implicit bool) *session {
	c := &session{s: s, conn: conn}
	if implicit {
		c.encrypt()
	}
	c.r = bufio.NewReaderSize(c.conn, lineMax)
	return c
}

// encrypt forgets all that was said in the clear (RFC 3207, 4.2).
func (c *session) encrypt() {
	c.conn = tls.Server(c.conn, c.s.tls)
	c.r = bufio.NewReaderSize(c.conn, lineMax)
	c.encrypted, c.greeted, c.user = true, false, false
	c.reset()
}

func (c *session) reset() { c.begun, c.envelope = false, Mail{} }

// serve answers commands until one side ends the session.
func (c *session) serve() {
	defer func() { c.conn.Close() }() // not the connection it began with, where TLS has begun
	err := c.say(220, "sandbox.imageferry.test ESMTP")
	for err == nil {
		var line string
		if line, err = c.line(); err == nil {
			err = c.command(line)
		}
	}
}

func (c *session) line() (string, error) {
	c.conn.SetDeadline(time.Now().Add(idle))
	b, err := c.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		c.say(500, "5.5.2 line too long")
	}
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

func (c *session) say(code int, text string) error {
	_, err := fmt.Fprintf(c.conn, "%d %s\r\n", code, text)
	return err
}

// command answers one command, unless a fault does.
func (c *session) command(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	verb, rest = strings.ToUpper(verb), strings.TrimSpace(rest)
	if verb != "DATA" { // for which the fault comes at the end of the mail
		if done, err := c.fate(verb, rest, nil); done {
			return err
		}
	}
	switch verb {
	case "EHLO", "HELO":
		return c.hello(verb, rest)
	case "STARTTLS":
		return c.startTLS()
	case "AUTH":
		return c.auth(rest)
	case "MAIL":
		return c.mail(rest)
	case "RCPT":
		return c.rcpt(rest)
	case "DATA":
		return c.data()
	case "RSET":
		c.reset()
		return c.say(250, "2.0.0 forgotten")
	case "NOOP":
		return c.say(250, "2.0.0 ok")
	case "VRFY":
		return c.say(252, "2.1.5 send some mail, I will try")
	case "QUIT":
		return errors.Join(c.say(221, "2.0.0 bye"), errBye)
	}
	return c.say(500, "5.5.1 unknown command")
}

func (c *session) hello(verb, name string) error {
	if name == "" {
		return c.say(501, "5.5.4 who are you?")
	}
	c.reset()
	c.greeted = true
	if verb == "HELO" {
		return c.say(250, "sandbox.imageferry.test")
	}
	lines := []string{"sandbox.imageferry.test", "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", fmt.Sprintf("SIZE %d", MaxBytes)}
	if c.encrypted {
		lines = append(lines, "AUTH PLAIN LOGIN")
	} else {
		lines = append(lines, "STARTTLS")
	}
	last := len(lines) - 1
	for _, l := range lines[:last] {
		if _, err := fmt.Fprintf(c.conn, "250-%s\r\n", l); err != nil {
			return err
		}
	}
	return c.say(250, lines[last])
}

func (c *session) startTLS() error {
	switch {
	case c.encrypted:
		return c.say(503, "5.5.1 TLS is on")
	case c.r.Buffered() > 0: // what somebody on the way put behind the command must not count
		return errors.Join(c.say(501, "5.5.4 nothing may follow STARTTLS"), errBye)
	}
	if err := c.say(220, "2.0.0 go ahead"); err != nil {
		return err
	}
	c.encrypt()
	return nil
}
