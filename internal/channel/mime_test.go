package channel_test

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/channel"
	"github.com/imageferry/imageferry/internal/notice"
)

// parts reads a mail as the standard library does.
func parts(t *testing.T, raw []byte) (h mail.Header, text, html string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	r, got := multipart.NewReader(m.Body, params["boundary"]), map[string]string{}
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return m.Header, got["text/plain; charset=utf-8"], got["text/html; charset=utf-8"]
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		got[p.Header.Get("Content-Type")] = string(b)
	}
}

func TestMailForm(t *testing.T) {
	t.Parallel()
	raw, err := channel.Mail("Image Ferry 值班 <ferry@example.com>", []string{"sre@example.com", "Ops <ops@example.org>"}, delivery(chinese))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		if len(line) > 100 || strings.ContainsAny(line, "\r\n") || strings.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
			t.Errorf("line %q", line)
		}
	}
	h, text, html := parts(t, raw)
	subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil || subject != "🔴 "+chinese.Title {
		t.Errorf("subject %q, %v", subject, err)
	}
	from, err := h.AddressList("From")
	if err != nil || from[0].Name != "Image Ferry 值班" || from[0].Address != "ferry@example.com" {
		t.Errorf("from %v, %v", from, err)
	}
	to, err := h.AddressList("To")
	if err != nil || len(to) != 2 || to[1].Name != "Ops" || to[1].Address != "ops@example.org" {
		t.Errorf("to %v, %v", to, err)
	}
	if date, err := h.Date(); err != nil || !date.Equal(completed().Ended) {
		t.Errorf("date %s, %v", date, err)
	}
	if h.Get("Auto-Submitted") != "auto-generated" || h.Get("Mime-Version") != "1.0" {
		t.Errorf("header %v", h)
	}
	for _, l := range chinese.Lines {
		if !strings.Contains(text, l.Text) || !strings.Contains(html, l.Text) {
			t.Errorf("a part lacks %q", l.Text)
		}
	}
}

func FuzzMail(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, s, s)
	}
	f.Fuzz(func(t *testing.T, title, label, text string) {
		m := notice.Message{Severity: notice.Info, Title: title, Lines: []notice.Line{{Label: label, Text: text}, {Text: text, URL: "https://x.test/" + text}}}
		raw, err := channel.Mail("ferry@example.com", []string{"sre@example.com"}, delivery(m))
		if err != nil {
			t.Fatal(err)
		}
		h, plain, html := parts(t, raw)
		if len(h) != 8 || strings.ContainsAny(h.Get("Subject"), "\r\n") {
			t.Fatalf("header %v", h)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
		if err != nil {
			t.Fatal(err)
		}
		live(t, subject)
		live(t, regexp.MustCompile(`(?m)^  https://x\.test/.*$`).ReplaceAllString(plain, ""))
		tags(t, html, "meta charset style body h2 p b a href")
	})
}
