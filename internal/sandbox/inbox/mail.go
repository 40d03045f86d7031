package inbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"strings"
)

// TakeMail takes in a mail as a mail server has accepted it: its header and body
// (RFC 5322) for some receivers. Problem then says what a mail reader would
// stumble over; the mail was delivered nevertheless.
func (in *Inbox) TakeMail(to []string, data []byte) {
	m := Message{At: in.clock.Now(), Channel: Mail, Type: "mail", To: to}
	if err := readMail(&m, data); err != nil {
		m.Problem = "delivered, but " + err.Error()
	}
	in.keep(m)
}

func readMail(m *Message, data []byte) error {
	letter, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		m.Body, m.Text = data[:min(len(data), maxKept)], string(data)
		return fmt.Errorf("it has no proper header: %w", err)
	}
	m.Header, m.ID = http.Header(letter.Header), strings.Trim(letter.Header.Get("Message-Id"), "<>")
	body, err := io.ReadAll(letter.Body)
	if err != nil {
		return err
	}
	m.Body = body[:min(len(body), maxKept)]
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(letter.Header.Get("Subject")); err != nil {
		return fmt.Errorf("its subject cannot be decoded: %w", err)
	}
	var parts mailParts
	err = parts.read(letter.Header.Get, body)
	parts.into(m)
	if err != nil {
		return err
	}
	return headerFault(letter.Header, data)
}

// headerFault says what RFC 5322 and 2047 want of a header, and this has not.
func headerFault(h mail.Header, data []byte) error {
	head, _, _ := bytes.Cut(data, []byte("\r\n\r\n"))
	for _, c := range head {
		if c >= 0x80 {
			return fmt.Errorf("its header has signs that are not ASCII, and are not encoded")
		}
	}
	for _, name := range []string{"From", "To", "Subject", "Date", "Message-Id", "Mime-Version"} {
		if len(h[name]) != 1 {
			return fmt.Errorf("its header has %d fields %s", len(h[name]), name)
		}
	}
	if _, err := h.Date(); err != nil {
		return fmt.Errorf("its date is none: %w", err)
	}
	for _, name := range []string{"From", "To"} {
		if _, err := h.AddressList(name); err != nil {
			return fmt.Errorf("%s is no list of addresses: %w", name, err)
		}
	}
	return nil
}

// mailParts are the two forms in which a mail says the same.
type mailParts struct{ text, html string }

// read takes in a part, or all that it is made of.
func (p *mailParts) read(header func(string) string, body []byte) error {
	kind, params, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		return fmt.Errorf("a content type cannot be read: %w", err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		return p.readAll(multipart.NewReader(bytes.NewReader(body), params["boundary"]))
	}
	if !strings.EqualFold(params["charset"], "utf-8") {
		return fmt.Errorf("a part has the charset %q; want utf-8", params["charset"])
	}
	decoded, err := decode(header("Content-Transfer-Encoding"), body)
	if err != nil {
		return fmt.Errorf("a part cannot be decoded: %w", err)
	}
	switch {
	case kind == "text/plain" && p.text == "":
		p.text = decoded
	case kind == "text/html" && p.html == "":
		p.html = decoded
	default:
		return fmt.Errorf("a part of type %s: want one text/plain and one text/html", kind)
	}
	return nil
}

func (p *mailParts) readAll(r *multipart.Reader) error {
	for {
		part, err := r.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("its parts cannot be told apart: %w", err)
		}
		body, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if err := p.read(part.Header.Get, body); err != nil {
			return err
		}
	}
}

func decode(encoding string, body []byte) (string, error) {
	var r io.Reader = bytes.NewReader(body)
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "", "7bit", "8bit":
	default:
		return "", fmt.Errorf("encoding %q", encoding)
	}
	b, err := io.ReadAll(r)
	return strings.ReplaceAll(string(b), "\r\n", "\n"), err
}

// into puts the parts into a message. Links are those of the HTML, which a person
// clicks; the text is the HTML's too if there is no other.
func (p *mailParts) into(m *Message) {
	var r, page reading
	page.page(p.html)
	m.HTML = p.html
	if p.text != "" {
		r.literal(strings.TrimRight(p.text, "\n"))
	} else {
		r.b.WriteString(strings.ReplaceAll(page.b.String()+"\n", " \n", "\n"))
	}
	if p.html != "" {
		r.links = page.links
	}
	if strings.EqualFold(m.Header.Get("Importance"), "high") {
		r.matter("red")
	}
	r.into(m)
}
