package inbox_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

// letter is a mail as a sender that knows the standards writes it.
const letter = `From: Image Ferry <ferry@example.com>
To: sre@example.com
Subject: =?utf-8?b?6ZWc5YOPIHdlYg==?= is whole
Date: Sun, 22 Nov 2026 03:00:00 +0000
Message-ID: <nightly-web.complete@imageferry>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

=E9=95=9C=E5=83=8F web is whole.
A long line that goes on=
 here: https://e.test/x
--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PHA+PGI+d2ViPC9iPiA8YSBocmVmPSJodHRwczovL2UudGVzdC94P2E9MSZhbXA7Yj0yIj5vcGVuPC9hPjwvcD4=
--b--
`

func take(t *testing.T, letter string) inbox.Message {
	t.Helper()
	in, err := inbox.New(inbox.Config{Clock: clock.New(1)})
	if err != nil {
		t.Fatal(err)
	}
	in.TakeMail([]string{"sre@example.com"}, []byte(strings.ReplaceAll(letter, "\n", "\r\n")))
	return in.Messages()[0]
}

func TestMailsAreRead(t *testing.T) {
	t.Parallel()
	m := take(t, letter)
	if m.Problem != "" || m.Header.Get("From") != "Image Ferry <ferry@example.com>" {
		t.Errorf("problem %q, header %v", m.Problem, m.Header)
	}
	m.At, m.Header, m.Body = m.At.Truncate(0), nil, nil
	want := inbox.Message{
		At: m.At, Channel: inbox.Mail, Type: "mail", To: []string{"sre@example.com"}, ID: "nightly-web.complete@imageferry", Subject: "镜像 web is whole",
		Text: "镜像 web is whole.\nA long line that goes on here: https://e.test/x", HTML: `<p><b>web</b> <a href="https://e.test/x?a=1&amp;b=2">open</a></p>`,
		Links: []inbox.Link{{Text: "open", URL: "https://e.test/x?a=1&b=2"}},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
}

func TestHTMLAloneIsReadToo(t *testing.T) {
	t.Parallel()
	head, _, _ := strings.Cut(letter, "Content-Type")
	m := take(t, head+`Importance: high
Content-Type: text/html; charset=utf-8

<html><head><title>no</title><style>p { color: red }</style></head><body><h1>Failed</h1>
<p>a   &lt;b&gt; <!-- c -->
<a href='https://e.test/?a=1&amp;b=2'>open <i>it</i></a>.<br>next</p><table><tr><td>Plan</td><td>nightly</td></tr></table>`)
	if want := "Failed\na <b> open it.\nnext\nPlan nightly"; m.Text != want || m.Problem != "" || m.Severity != "error" {
		t.Errorf("%q, want %q; severity %q, problem %q", m.Text, want, m.Severity, m.Problem)
	}
	if diff := cmp.Diff([]inbox.Link{{Text: "open it", URL: "https://e.test/?a=1&b=2"}}, m.Links); diff != "" {
		t.Error(diff)
	}
}

func TestBadMailsAreNamed(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		"Subject: =?utf-8?b?6ZWc5YOPIHdlYg==?= → Subject: 镜像":        "not ASCII",
		"Subject: → Bcc: x@example.com\nSubject: ":                   "",
		"Message-ID: <nightly-web.complete@imageferry>\n → ":         "0 fields Message-Id",
		"To: sre@example.com → To: sre@example.com\nTo: b@b.example": "2 fields To",
		"To: sre@example.com → To: sre":                              "no list of addresses",
		"Sun, 22 Nov 2026 03:00:00 +0000 → yesterday":                "date",
		"boundary=b → boundary=c":                                    "told apart",
		"charset=utf-8 → charset=latin1":                             `charset "latin1"`,
		"quoted-printable → rot13":                                   `encoding "rot13"`,
		"PHA+ → ****":                                                "cannot be decoded",
		"text/html → text/plain":                                     "want one text/plain",
		"MIME-Version: 1.0\n → not a header\n":                       "proper header",
		"multipart/alternative; → ;":                                 "content type",
	} {
		old, changed, _ := strings.Cut(change, " → ")
		m := take(t, strings.Replace(letter, old, changed, 1))
		if (want == "") != (m.Problem == "") || !strings.Contains(m.Problem, want) {
			t.Errorf("%q: problem %q, want %q", change, m.Problem, want)
		}
	}
}
