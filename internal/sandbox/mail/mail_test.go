package mail_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/imageferry/imageferry/internal/sandbox/fault"
	"github.com/imageferry/imageferry/internal/sandbox/mail"
	"github.com/imageferry/imageferry/internal/sandbox/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const letter = "Subject: x\r\n\r\n.a dot\r\n..two\r\nend\r\n"

// office is a server with both of its ports, and what it took.
type office struct {
	*mail.Server
	tls, startTLS string // addresses
	faults        *fault.Set
	client        *tls.Config
	took          chan mail.Mail
}

func newOffice(t *testing.T) *office {
	t.Helper()
	ca, err := proxy.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.Loopback()
	if err != nil {
		t.Fatal(err)
	}
	o := &office{faults: fault.New(1), took: make(chan mail.Mail, 10), client: &tls.Config{RootCAs: ca.Pool(), ServerName: "127.0.0.1"}}
	o.Server = mail.New(mail.Config{Certificate: cert, User: "ferry", Password: "geheim", Faults: o.faults, Deliver: func(m mail.Mail) { o.took <- m }})
	var errs [2]error
	o.tls, errs[0] = o.Listen(true)
	o.startTLS, errs[1] = o.Listen(false)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return o
}

// dial returns a session with TLS on, by either way.
func (o *office) dial(t *testing.T, implicit bool) *smtp.Client {
	t.Helper()
	var c *smtp.Client
	if implicit {
		conn, err := tls.Dial("tcp", o.tls, o.client)
		if err != nil {
			t.Fatal(err)
		}
		if c, err = smtp.NewClient(conn, "127.0.0.1"); err != nil {
			t.Fatal(err)
		}
	} else {
		var err error
		if c, err = smtp.Dial(o.startTLS); err != nil {
			t.Fatal(err)
		}
		if err := c.StartTLS(o.client); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// send sends a letter as net/smtp's own SendMail does.
func (o *office) send(t *testing.T, body string, to ...string) error {
	t.Helper()
	c := o.dial(t, true)
	if err := c.Auth(smtp.PlainAuth("", "ferry", "geheim", "127.0.0.1")); err != nil {
		return err
	}
	if err := c.Mail("ferry@example.com"); err != nil {
		return err
	}
	for _, a := range to {
		if err := c.Rcpt(a); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, body); err != nil {
		return err
	}
	return errors.Join(w.Close(), c.Quit())
}

func TestMailsArriveAsTheyWereSent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	want := mail.Mail{From: "ferry@example.com", To: []string{"a@example.com", "b@example.com"}, Data: []byte(letter)}
	if err := o.send(t, letter, want.To...); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, <-o.took); diff != "" {
		t.Error(diff)
	}
	c := o.dial(t, false)
	if err := errors.Join(c.Auth(smtp.PlainAuth("", "ferry", "geheim", "127.0.0.1")), c.Mail("f@example.com"), c.Rcpt("a@example.com")); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err = io.WriteString(w, "Subject: y\n\nby STARTTLS\n"); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	if got := string((<-o.took).Data); got != "Subject: y\r\n\r\nby STARTTLS\r\n" {
		t.Errorf("%q", got)
	}
}

func TestOnlyWithPasswordAndTLS(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	talk(t, o.startTLS, nil, []string{
		"", "220 ", "AUTH PLAIN AGZlcnJ5AGdlaGVpbQ==", "538 ", "MAIL FROM:<a@b.c>", "503 ", "EHLO x", "250 SIZE|250 STARTTLS", "MAIL FROM:<a@b.c>", "530 5.7.0 must issue",
	})
	login := base64.StdEncoding.EncodeToString
	talk(t, o.tls, o.client, []string{
		"", "220 ", "AUTH PLAIN x", "503 ", "EHLO x", "250 AUTH PLAIN LOGIN", "MAIL FROM:<a@b.c>", "530 5.7.0 auth",
		"AUTH CRAM-MD5", "504 ", "AUTH PLAIN AGZlcnJ5AHdyb25n", "535 ", "AUTH PLAIN ***", "535 ",
		"AUTH LOGIN", "334 VXNlcm5hbWU6", login([]byte("ferry")), "334 UGFzc3dvcmQ6", login([]byte("geheim")), "235 ", "AUTH LOGIN", "503 ",
		"STARTTLS", "503 ", "NOOP", "250 ", "QUIT", "221 ",
	})
	if _, err := tls.Dial("tcp", o.tls, &tls.Config{ServerName: "127.0.0.1"}); err == nil {
		t.Error("a client without the CA trusts the server")
	}
}

// talk holds a conversation: what is said, and how the answer's last line begins.
func talk(t *testing.T, addr string, secure *tls.Config, lines []string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if secure != nil {
		conn = tls.Client(conn, secure)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	r := textproto.NewReader(bufio.NewReader(conn))
	for i := 0; i < len(lines); i += 2 {
		if lines[i] != "" {
			fmt.Fprintf(conn, "%s\r\n", lines[i])
		}
		answer, last := "", "-"
		for len(last) > 3 && last[3] == '-' || last == "-" {
			if last, err = r.ReadLine(); err != nil {
				t.Fatalf("%q: %v", lines[i], err)
			}
			answer += last + "|"
		}
		for _, want := range strings.Split(lines[i+1], "|") {
			if !strings.Contains(strings.ReplaceAll(answer, "250-", "250 "), want) {
				t.Errorf("%q: %s, want %s", lines[i], answer, want)
			}
		}
	}
}

const in = "AUTH PLAIN AGZlcnJ5AGdlaGVpbQ=="

func TestRefusals(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	long := strings.Repeat("x", 999)
	talk(t, o.tls, o.client, []string{
		"", "220 ", "EHLO", "501 ", "HELO x", "250 ", "EHLO x", "250 SIZE 1048576", in, "235 ",
		"RCPT TO:<a@b.c>", "503 ", "DATA", "503 ",
		"MAIL a@b.c", "501 ", "MAIL FROM:a@b.c", "501 ", "MAIL FROM:<a b>", "501 ", "MAIL FROM:<镜@b.c>", "501 ", "MAIL FROM:<a@b.c", "501 ",
		"MAIL FROM:<a@b.c> SIZE=1048577", "552 ", "MAIL FROM:<a@b.c> SIZE=x", "555 ", "MAIL FROM:<a@b.c> SMTPUTF8", "555 ",
		"MAIL FROM:<a@b.c> BODY=8BITMIME SIZE=9", "250 ", "MAIL FROM:<a@b.c>", "503 ", "DATA", "503 ",
		"RCPT TO:<>", "501 ", "RCPT TO:<a@b.c> X=1", "501 ", "RCPT TO:<a@b.c>", "250 ", "RSET", "250 ", "RCPT TO:<a@b.c>", "503 ",
		"MAIL FROM:<>", "250 ", "rcpt to:<a@b.c>", "250 ", "DATA", "354 ", "Subject: " + long + "\r\n.", "550 5.6.0 line",
		"MAIL FROM:<>", "250 ", "RCPT TO:<a@b.c>", "250 ", "DATA", "354 ", "bare\nfeed\r\n.", "550 5.6.0 bare",
		"VRFY a", "252 ", "EXPN a", "500 ", "QUIT", "221 ",
	})
	if n := len(o.took); n != 0 {
		t.Errorf("%d mails taken", n)
	}
	if err := o.send(t, "Subject: x\r\n\r\n"+strings.Repeat(strings.Repeat("x", 900)+"\r\n", 1200), "a@b.c"); err == nil || !strings.Contains(err.Error(), "too big") {
		t.Errorf("over 1 MiB: %v", err)
	}
	talk(t, o.tls, o.client, []string{"", "220 ", strings.Repeat("x", 13_000), "500 5.5.2"})
}

func TestNothingIsTakenFromBeforeTLS(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	talk(t, o.startTLS, nil, []string{"", "220 ", "EHLO x", "250 ", "STARTTLS\r\nNOOP", "501 5.5.4"})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rule  fault.Rule
		want  string // of the sender's error
		taken int
	}{
		{fault.Rule{Kind: fault.Error503, Action: "DATA"}, `451 "4.3.0`, 0},
		{fault.Rule{Kind: fault.Throttle, Action: "MAIL"}, `450 "4.7.1`, 0},
		{fault.Rule{Kind: fault.Error500, Action: "RCPT", Key: "TO:<a@*"}, `550 "5.7.1`, 0},
		{fault.Rule{Kind: fault.Error500, Action: "RCPT", Key: "TO:<other@*"}, "", 1},
		{fault.Rule{Kind: fault.LostAnswer, Action: "DATA"}, "EOF", 1},
		{fault.Rule{Kind: fault.Lost500, Action: "DATA"}, `451 "4.3.0`, 1},
		{fault.Rule{Kind: fault.Reset, Action: "DATA"}, "EOF", 0},
		{fault.Rule{Kind: fault.Reset, Action: "AUTH"}, "EOF", 0},
		{fault.Rule{Kind: fault.Latency, Delay: time.Millisecond}, "", 1},
	} {
		o := newOffice(t)
		tt.rule.Host = mail.Host
		if _, err := o.faults.Add(tt.rule); err != nil {
			t.Fatal(err)
		}
		err := o.send(t, letter, "a@b.c")
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) || len(o.took) != tt.taken {
			t.Errorf("%s at %s: %v, %d taken, want %q and %d", tt.rule.Kind, tt.rule.Action, err, len(o.took), tt.want, tt.taken)
		}
	}
}

func TestCloseEndsSessions(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	conn, err := net.Dial("tcp", o.startTLS)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadAll(conn); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
	if _, err := o.Listen(true); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
