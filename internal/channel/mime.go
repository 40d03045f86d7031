package channel

import (
	"bytes"
	"encoding/base64"
	"mime/quotedprintable"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/plan"
)

// mailbox is who sends or receives.
type mailbox struct{ name, address string }

func parseMailbox(s string) (m mailbox, err error) {
	m.name, m.address, err = plan.ParseMailbox(s)
	return m, err
}

// String returns the mailbox as a header has it. A name is always encoded: then
// nothing in it is special.
func (m mailbox) String() string {
	if m.name == "" {
		return m.address
	}
	return encodeWord(m.name) + " <" + m.address + ">"
}

// encodeWord writes text for a header (RFC 2047), folded so that no line is long.
// It is encoded even where it is ASCII: it could look like encoded words itself.
func encodeWord(s string) string {
	const most = 45 // bytes, 60 in base64: a word has at most 75 characters
	var words []string
	word := func(part string) string {
		return "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(part)) + "?="
	}
	start := 0
	for i, r := range s {
		if i+utf8.RuneLen(r)-start > most {
			words, start = append(words, word(s[start:i])), i
		}
	}
	return strings.Join(append(words, word(s[start:])), "\r\n ")
}

// mailOf writes a mail of two parts that say the same. It is the same at every
// try, its id included, so that a repeat can be told from a second notice.
func mailOf(from mailbox, to []mailbox, d *Delivery) []byte {
	var b bytes.Buffer
	_, domain, _ := strings.Cut(from.address, "@")
	receivers := make([]string, len(to))
	for i, m := range to {
		receivers[i] = m.String()
	}
	for _, h := range [][2]string{
		{"From", from.String()}, {"To", strings.Join(receivers, ",\r\n ")},
		{"Subject", encodeWord(mark(d.Message.Severity) + plain(d.Message.Title))},
		{"Date", d.Notice.Time.UTC().Format(time.RFC1123Z)}, {"Message-ID", "<" + messageID(d.Notice.ID) + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834: nobody's holiday notice answers
		{"MIME-Version", "1.0"}, {"Content-Type", `multipart/alternative; boundary="` + boundary + `"`},
	} {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	writePart(&b, "text/plain", mailText(d.Message))
	writePart(&b, "text/html", mailHTML(d.Message))
	b.WriteString("\r\n--" + boundary + "--\r\n")
	return b.Bytes()
}

// boundary cannot occur in a part: quoted-printable writes "=" as "=3D".
const boundary = "=_image-ferry"

// messageID keeps of a notice's id what an atom may hold (RFC 5322, 3.2.3).
func messageID(id string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && isWord(r) || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, id)
}

func writePart(b *bytes.Buffer, kind, text string) {
	b.WriteString("\r\n--" + boundary + "\r\nContent-Type: " + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	w := quotedprintable.NewWriter(b)
	w.Write([]byte(text)) // into memory: nothing can fail
	w.Close()
}

func mailText(m notice.Message) string {
	lines := []string{plain(m.Title), ""}
	for _, l := range m.Lines {
		lines = append(lines, labelled(l))
		if to := href(l.URL); to != "" {
			lines = append(lines, "  "+to)
		}
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

var mailColours = map[notice.Severity]string{notice.Info: "#1a7f37", notice.Warning: "#bc6c00", notice.Error: "#cf222e"}

func mailHTML(m notice.Message) string {
	var b strings.Builder
	b.WriteString(`<!doctype html><meta charset="utf-8"><body style="font-family:sans-serif">` + "\r\n")
	b.WriteString(`<h2 style="font-size:18px;color:` + mailColours[m.Severity] + `">` + markup.Replace(plain(m.Title)) + "</h2>\r\n")
	for _, l := range m.Lines {
		s := markup.Replace(plain(l.Text))
		if to := href(l.URL); to != "" {
			s = `<a href="` + markup.Replace(to) + `">` + s + "</a>"
		}
		if l.Label != "" {
			s = "<b>" + markup.Replace(plain(l.Label)) + "</b>" + s
		}
		b.WriteString("<p>" + s + "</p>\r\n")
	}
	return b.String()
}
