package sandbox

import (
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/imageferry/imageferry/internal/sandbox/inbox"
	"github.com/imageferry/imageferry/internal/sandbox/mail"
)

// people makes all who can be told something: the inbox, the mail server, and what
// the plans' channels need.
func (s *Sandbox) people() error {
	p, err := readPacked(filepath.Join(s.cfg.Dist, "export.zip"))
	if err != nil {
		return fmt.Errorf("%w; build the functions with make package", err)
	}
	s.Plans = p.plans
	cert, err := s.ca.Loopback()
	if err != nil {
		return err
	}
	s.mail = mail.New(mail.Config{
		Certificate: cert, User: mailUser, Password: s.password, Faults: s.Faults,
		Deliver: func(m mail.Mail) { s.Inbox.TakeMail(m.To, m.Data) },
	})
	if s.mailTLS, err = s.mail.Listen(true); err != nil {
		return err
	}
	if s.mailStartTLS, err = s.mail.Listen(false); err != nil {
		return err
	}
	var robots map[string]inbox.Robot
	if s.channels, robots, err = s.receivers(p.channels); err != nil {
		return err
	}
	s.Inbox, err = inbox.New(inbox.Config{Clock: s.Clock, WebhookSecret: s.secret, Robots: robots})
	return err
}

// mailUser is who may send by the sandbox's mail server.
const mailUser = "ferry"

// MailURL returns the address of the sandbox's mail server, with user and password,
// where TLS begins at once. It is reached directly, not through the proxy, and has
// a certificate of the sandbox's CA.
func (s *Sandbox) MailURL() string {
	return (&url.URL{Scheme: "smtps", User: url.UserPassword(mailUser, s.password), Host: s.mailTLS}).String()
}

// MailURLStartTLS returns the same for STARTTLS.
func (s *Sandbox) MailURLStartTLS() string {
	return (&url.URL{Scheme: "smtp", User: url.UserPassword(mailUser, s.password), Host: s.mailStartTLS}).String()
}
