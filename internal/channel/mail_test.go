package channel_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/channel"
	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/inbox"
	"github.com/imageferry/imageferry/internal/sandbox/mail"
)

func certificate(t *testing.T) *tls.Certificate {
	t.Helper()
	cert, err := ca().config().GetCertificate(&tls.ClientHelloInfo{ServerName: "mail.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// The sandbox's server is an independent reading of the documents, and its inbox
// of the mail.
func TestMailIsTaken(t *testing.T) {
	t.Parallel()
	in, err := inbox.New(inbox.Config{Clock: clock.New(1)})
	if err != nil {
		t.Fatal(err)
	}
	server := mail.New(mail.Config{Certificate: certificate(t), User: "canary-user", Password: "canary-password",
		Deliver: func(m mail.Mail) { in.TakeMail(m.To, m.Data) }})
	t.Cleanup(func() { server.Close() })
	for name, implicit := range map[string]bool{"mail": true, "mail2": false} {
		addr, err := server.Listen(implicit)
		if err != nil {
			t.Fatal(err)
		}
		set := newSet(t, options(addr))
		for _, m := range []notice.Message{english, chinese, hostile, huge()} {
			if err := set.Deliver(t.Context(), name, delivery(m)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got := in.Messages()[len(in.Messages())-1]
			if got.Problem != "" || len(got.Mentions) > 0 || !strings.Contains(got.Subject, strings.Fields(m.Title)[0]) {
				t.Errorf("%s: subject %q, problem %q", name, got.Subject, got.Problem)
			}
			if want := string(completed().Request.ID) + ".complete@example.com"; got.ID != want {
				t.Errorf("id %q, want %q", got.ID, want)
			}
			for _, l := range got.Links {
				if !strings.HasPrefix(l.URL, "https://x.test/") && !strings.HasPrefix(l.URL, "https://images-1250000000.cos.") {
					t.Errorf("%s has a link to %q", name, l.URL)
				}
			}
		}
	}
}

// script is a mail server that answers each command as it is told to.
type script struct {
	answers  map[string]string // by the first word of a command, or the whole; "" hangs up
	features []string
	implicit bool
	commands []string // what was said
	mail     string
	done     chan struct{}
}

func (s *script) listen(t *testing.T) channel.Options {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		if conn, err := l.Accept(); err == nil {
			defer conn.Close()
			s.serve(conn)
		}
	}()
	return options(l.Addr().String())
}

func (s *script) serve(conn net.Conn) {
	if s.implicit {
		conn = tls.Server(conn, ca().config())
	}
	r := textproto.NewReader(bufio.NewReader(conn))
	if !s.say(conn, "greeting", "220 mail.example.com") {
		return
	}
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		s.commands = append(s.commands, line)
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		usual := "250 ok"
		switch verb {
		case "EHLO":
			fmt.Fprintf(conn, "250-mail.example.com\r\n")
			for _, f := range s.features {
				fmt.Fprintf(conn, "250-%s\r\n", f)
			}
		case "STARTTLS", "QUIT":
			usual = "220 ok"
		case "AUTH":
			usual = "235 ok"
			if line == "AUTH LOGIN" {
				s.login(conn, r)
			}
		case "DATA":
			usual = "354 go on"
		}
		key := verb
		if _, ok := s.answers[line]; ok {
			key = line
		}
		if !s.say(conn, key, usual) {
			return
		}
		if _, refused := s.answers["DATA"]; verb == "DATA" && !refused {
			data, err := r.ReadDotBytes()
			if err != nil {
				return
			}
			s.mail = string(data)
			if !s.say(conn, "mail", "250 taken") {
				return
			}
		}
		if verb == "STARTTLS" && s.answers["STARTTLS"] == "" {
			conn = tls.Server(conn, ca().config())
			r = textproto.NewReader(bufio.NewReader(conn))
		}
	}
}

func (s *script) login(conn net.Conn, r *textproto.Reader) {
	for _, question := range []string{"VXNlcm5hbWU6", "UGFzc3dvcmQ6"} { // Username:, Password:
		fmt.Fprintf(conn, "334 %s\r\n", question)
		line, _ := r.ReadLine()
		s.commands = append(s.commands, line)
	}
}

func (s *script) say(conn net.Conn, key, usual string) bool {
	answer, ok := s.answers[key]
	if !ok {
		answer = usual
	}
	if answer == "" {
		return false
	}
	_, err := fmt.Fprintf(conn, "%s\r\n", answer)
	return err == nil
}

func TestMailServers(t *testing.T) {
	t.Parallel()
	plainAuth, startTLS := "AUTH PLAIN LOGIN", "STARTTLS"
	for name, tt := range map[string]struct {
		channel  string
		features []string
		answers  map[string]string
		kind     outcome.Kind
		code     string
	}{
		"taken":               {"mail", []string{plainAuth}, nil, never, ""},
		"taken by STARTTLS":   {"mail2", []string{plainAuth, startTLS}, nil, never, ""},
		"only LOGIN":          {"mail", []string{"AUTH XOAUTH2 LOGIN"}, nil, never, ""},
		"no farewell":         {"mail", []string{plainAuth}, map[string]string{"QUIT": ""}, never, ""},
		"no STARTTLS":         {"mail2", []string{plainAuth}, nil, outcome.Config, "NoSTARTTLS"},
		"STARTTLS refused":    {"mail2", []string{startTLS}, map[string]string{"STARTTLS": "454 not now"}, outcome.Later, "454"},
		"busy":                {"mail", nil, map[string]string{"greeting": "421 canary"}, outcome.Later, "421"},
		"closed":              {"mail", nil, map[string]string{"greeting": "554 canary"}, outcome.Config, "554"},
		"no greeting":         {"mail", nil, map[string]string{"greeting": ""}, outcome.Later, "NotReached"},
		"wrong password":      {"mail", []string{plainAuth}, map[string]string{"AUTH": "535 5.7.8 canary-password"}, outcome.Config, "535"},
		"login not now":       {"mail", []string{plainAuth}, map[string]string{"AUTH": "454 4.7.0 canary"}, outcome.Later, "454"},
		"sender refused":      {"mail", []string{plainAuth}, map[string]string{"MAIL": "550 canary"}, outcome.Config, "550"},
		"receivers later":     {"mail", []string{plainAuth}, map[string]string{"RCPT": "450 greylisted"}, outcome.Later, "450"},
		"receivers refused":   {"mail", []string{plainAuth}, map[string]string{"RCPT": "550 canary"}, outcome.Config, "550"},
		"one receiver later":  {"mail", []string{plainAuth}, map[string]string{"RCPT TO:<ops@example.org>": "450 greylisted"}, outcome.Later, "450"},
		"data refused":        {"mail", []string{plainAuth}, map[string]string{"DATA": "451 canary"}, outcome.Later, "451"},
		"hangs up at RCPT":    {"mail", []string{plainAuth}, map[string]string{"RCPT": ""}, outcome.Later, "NotReached"},
		"mail refused":        {"mail", []string{plainAuth}, map[string]string{"mail": "554 spam canary"}, outcome.Config, "554"},
		"mail later":          {"mail", []string{plainAuth}, map[string]string{"mail": "452 full"}, outcome.Later, "452"},
		"hangs up after DATA": {"mail", []string{plainAuth}, map[string]string{"mail": ""}, outcome.Unknown, "NoAnswer"},
		"no SMTP after DATA":  {"mail", []string{plainAuth}, map[string]string{"mail": "canary?"}, outcome.Unknown, "NoAnswer"},
	} {
		s := &script{answers: tt.answers, features: tt.features, implicit: tt.channel == "mail"}
		err := newSet(t, s.listen(t)).Deliver(t.Context(), tt.channel, delivery(english))
		<-s.done
		noSecrets(t, fmt.Sprintf("%v %+v %#v", err, err, err))
		if tt.kind == never {
			if err != nil || !strings.Contains(s.mail, "multipart/alternative") {
				t.Errorf("%s: %v; %q", name, err, s.commands)
			}
			continue
		}
		if e, ok := errors.AsType[*outcome.Error](err); !ok || e.Kind != tt.kind || e.Code != tt.code {
			t.Errorf("%s: %#v; %q", name, err, s.commands)
		}
	}
}

// One receiver whom the server does not know keeps nobody else from reading.
func TestOneReceiverRefused(t *testing.T) {
	t.Parallel()
	s := &script{answers: map[string]string{"RCPT TO:<sre@example.com>": "550 canary"}, features: []string{"AUTH PLAIN"}, implicit: true}
	err := newSet(t, s.listen(t)).Deliver(t.Context(), "mail", delivery(english))
	<-s.done
	if s.mail == "" || !outcome.Is(err, outcome.Config) || !strings.Contains(err.Error(), "1 of 2 receivers were refused; the others have the mail") {
		t.Errorf("%v; the mail is %q", err, s.mail)
	}
}

// The password is given to nobody who cannot prove to be the server, and not
// before the conversation is encrypted.
func TestPasswordGoesToTheServerOnly(t *testing.T) {
	t.Parallel()
	for name, implicit := range map[string]bool{"mail": true, "mail2": false} {
		s := &script{features: []string{"STARTTLS", "AUTH PLAIN"}, implicit: implicit}
		o := s.listen(t)
		o.Roots = nil
		err := newSet(t, o).Deliver(t.Context(), name, delivery(english))
		if <-s.done; !outcome.Is(err, outcome.Later) || !strings.Contains(err.Error(), "BadCertificate") {
			t.Errorf("%s: %v", name, err)
		}
		if said := strings.Join(s.commands, "|"); strings.Contains(said, "AUTH") {
			t.Errorf("%s: said %s", name, said)
		}
	}
}

func TestMailGivesUp(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	o := options(silent.Addr().String())
	cancelled, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	short := o
	short.Timeout = 50 * time.Millisecond
	for _, name := range []string{"mail", "mail2"} {
		for _, tt := range []struct {
			o   channel.Options
			ctx context.Context
		}{{o, cancelled}, {short, t.Context()}} {
			if err := newSet(t, tt.o).Deliver(tt.ctx, name, delivery(english)); !outcome.Is(err, outcome.Later) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A server that never stops talking is hung up on, long before it fills the memory
// of a function.
func TestMailFromATalker(t *testing.T) {
	t.Parallel()
	for name, endless := range map[string]string{"one line": "2", "many lines": "220-mail.example.com\r\n"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		said := make(chan int, 1)
		go func() {
			defer l.Close()
			conn, err := l.Accept()
			if err != nil {
				said <- 0
				return
			}
			defer conn.Close()
			n, chunk := 0, []byte(strings.Repeat(endless, 1000))
			for ; err == nil && n < 64<<20; n += len(chunk) {
				_, err = conn.Write(chunk)
			}
			said <- n
		}()
		err = newSet(t, options(l.Addr().String())).Deliver(t.Context(), "mail2", delivery(english))
		if n := <-said; !outcome.Is(err, outcome.Later) || n == 0 || n >= 64<<20 {
			t.Errorf("%s: said %d bytes, %v", name, n, err)
		}
	}
}
