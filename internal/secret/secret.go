// Package secret has a string that does not print.
//
// Tokens, signing keys and webhook addresses pass through settings, structs and
// errors. Kept as a [Text], whatever formats such a value (fmt with any verb,
// slog, JSON) shows "[redacted]"; only Reveal gives it, and that is easy to
// search for. The string lies behind a pointer, because fmt walks unexported
// fields by reflection and calls no method there: it then shows an address.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Text is a secret. The zero value is the absence of one. Two Texts are not
// comparable by ==; compare what they reveal, in constant time.
type Text struct {
	_ [0]func() // not comparable
	s *string
}

const redacted = "[redacted]"

// New wraps s.
func New(s string) Text { return Text{s: &s} }

// Reveal returns the secret itself, for the one place that needs it.
func (t Text) Reveal() string {
	if t.s == nil {
		return ""
	}
	return *t.s
}

// IsZero reports whether there is no secret.
func (t Text) IsZero() bool { return t.Reveal() == "" }

// String covers whatever asks for a string and not for a format.
func (t Text) String() string { return redacted }

// Format covers every verb of package fmt; with String alone, %d would tell.
func (t Text) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue covers log/slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText covers encoding/json and the like.
func (t Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText reads the secret from a setting.
func (t *Text) UnmarshalText(text []byte) error {
	*t = New(string(text))
	return nil
}
