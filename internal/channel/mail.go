package channel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/outcome"
)

// mailer hands mail to one server, over TLS only: from the start (smtps), or from
// STARTTLS on (smtp), which is then required. Both check the certificate. It goes
// through no proxy and to any address: a relay of one's own is the usual case, and
// who speaks no SMTP gets nothing but a greeting.
type mailer struct {
	*route
	from mailbox
	to   []mailbox
}

// server is what the address says: smtps://user:password@host:465, or
// smtp://user:password@host:587. Without a user nobody logs in.
type server struct {
	host, port     string
	implicit       bool // TLS from the start
	user, password string
}

func newMail(r *route) (sender, error) {
	if _, err := parseServer(r.address.Reveal()); err != nil {
		return nil, fmt.Errorf("%s: %w", r.channel.URL, err)
	}
	m := &mailer{route: r}
	var err error
	if m.from, err = parseMailbox(r.channel.From); err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	for _, s := range r.channel.To {
		to, err := parseMailbox(s)
		if err != nil {
			return nil, fmt.Errorf("to: %w", err)
		}
		m.to = append(m.to, to)
	}
	if len(m.to) == 0 {
		return nil, errors.New("to: want at least one mail address")
	}
	return m, nil
}

// parseServer quotes nothing of what it reads.
func parseServer(address string) (server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
		return server{}, errors.New("want smtps://user:password@host:465 or smtp://user:password@host:587, with what is special in the password percent-encoded")
	}
	s := server{host: u.Hostname(), port: u.Port(), implicit: u.Scheme == "smtps", user: u.User.Username()}
	s.password, _ = u.User.Password()
	if s.port == "" {
		s.port = map[bool]string{true: "465", false: "587"}[s.implicit]
	}
	return s, nil
}

func (m *mailer) send(ctx context.Context, d *Delivery) error {
	s, err := parseServer(m.address.Reveal())
	if err != nil {
		return m.fail(outcome.Config, "BadAddress", err.Error(), "correct {url}")
	}
	ctx, cancel := context.WithTimeout(ctx, m.options.Timeout)
	defer cancel()
	dial := m.options.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(s.host, s.port))
	if err != nil {
		return m.refused(err)
	}
	defer conn.Close()
	// net/smtp knows no context; a deadline in the past ends whatever it waits for.
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	c, err := m.login(&talkative{conn, maxTalk}, s)
	if err != nil {
		return m.refused(err)
	}
	return m.submit(c, mailOf(m.from, m.to, d))
}

func (m *mailer) tls(s server) *tls.Config {
	return &tls.Config{ServerName: s.host, RootCAs: m.options.Roots}
}

// login begins a conversation, goes over to TLS if it was not there from the
// start, and logs in.
func (m *mailer) login(conn net.Conn, s server) (*smtp.Client, error) {
	if s.implicit {
		conn = tls.Client(conn, m.tls(s))
	}
	c, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return nil, err
	}
	if !s.implicit {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return nil, m.fail(outcome.Config, "NoSTARTTLS", "the server offers no encryption", "use a server or port that does, or smtps, in {url}")
		}
		if err := c.StartTLS(m.tls(s)); err != nil {
			return nil, err
		}
	}
	if s.user == "" {
		return c, nil
	}
	_, mechanisms := c.Extension("AUTH")
	if offers := strings.Fields(mechanisms); slices.Contains(offers, "LOGIN") && !slices.Contains(offers, "PLAIN") {
		return c, c.Auth(loginAuth{s})
	}
	return c, c.Auth(smtp.PlainAuth("", s.user, s.password, s.host))
}

// submit hands the mail over. Until the end of the data nothing has been taken.
func (m *mailer) submit(c *smtp.Client, mail []byte) error {
	if err := c.Mail(m.from.address); err != nil {
		return m.refused(err)
	}
	var lost error // a receiver whom the server refuses for good
	taken := 0
	for _, to := range m.to {
		switch err := c.Rcpt(to.address); {
		case err == nil:
			taken++
		case replyCode(err) >= 500:
			lost = err
		default:
			return m.refused(err)
		}
	}
	if taken == 0 {
		return m.refused(lost)
	}
	w, err := c.Data()
	if err != nil {
		return m.refused(err)
	}
	if _, err := w.Write(mail); err != nil {
		return m.refused(err)
	}
	if err := w.Close(); err != nil {
		if replyCode(err) == 0 {
			return m.fail(outcome.Unknown, "NoAnswer", "the server gave no answer after the mail was handed over", "")
		}
		return m.refused(err)
	}
	c.Quit() // the mail is taken, whatever becomes of the farewell
	if lost != nil {
		return m.fail(outcome.Config, strconv.Itoa(replyCode(lost)),
			fmt.Sprintf("%d of %d receivers were refused; the others have the mail", len(m.to)-taken, len(m.to)), "correct the channel's to")
	}
	return nil
}

// replyCode is the server's code, or 0 if err is none of its answers.
func replyCode(err error) int {
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return e.Code
	}
	return 0
}

// refused classifies what happened before the mail was handed over (RFC 5321,
// 4.2.1: 4yz is for now, 5yz for good). The server's words go no further.
func (m *mailer) refused(err error) error {
	if e, ok := errors.AsType[*outcome.Error](err); ok {
		return e
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return m.fail(outcome.Later, "BadCertificate", "the certificate of the server is not trusted", "have it renewed, or correct the host in {url}")
	}
	switch code := replyCode(err); {
	case code == 535:
		return m.fail(outcome.Config, "535", "the server refused user or password", "correct {url}")
	case code >= 500:
		return m.fail(outcome.Config, strconv.Itoa(code), "the server refused the mail", "check from and to of the channel, and the user in {url}")
	case code > 0:
		return m.fail(outcome.Later, strconv.Itoa(code), "the server takes no mail for now", "")
	}
	return m.fail(outcome.Later, "NotReached", "the conversation with the server broke off before the mail was handed over", "check host and port in {url}; clouds often block port 25")
}

// loginAuth is AUTH LOGIN, the only mechanism of some servers. It is used after
// TLS has begun only, as login sees to.
type loginAuth struct{ server }

// Start implements smtp.Auth.
func (loginAuth) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

// Next implements smtp.Auth. Servers ask for the user first; their words differ.
func (a loginAuth) Next(question []byte, more bool) ([]byte, error) {
	switch {
	case !more:
		return nil, nil
	case strings.HasPrefix(strings.ToLower(string(question)), "pass"):
		return []byte(a.password), nil
	}
	return []byte(a.user), nil
}
