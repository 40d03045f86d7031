package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/secret"
)

const canary = "canary-hunter2"

// leaks reports whether text holds the canary, plain or encoded.
func leaks(text string) bool {
	for _, form := range []string{
		canary, fmt.Sprintf("%v", []byte(canary)), hex.EncodeToString([]byte(canary)), base64.StdEncoding.EncodeToString([]byte(canary)),
		fmt.Sprintf("%U", []rune(canary)), fmt.Sprintf("% x", canary), fmt.Sprintf("%#x", canary),
	} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
			return true
		}
	}
	return false
}

type outer struct {
	Name   string
	Open   secret.Text
	List   []secret.Text
	Map    map[string]secret.Text
	Ptr    *secret.Text
	hidden secret.Text
}

func TestNoVerbTells(t *testing.T) {
	t.Parallel()
	s := secret.New(canary)
	o := outer{"name", s, []secret.Text{s}, map[string]secret.Text{"k": s}, &s, s}
	if o.hidden.Reveal() != canary {
		t.Fatal("the secret is lost")
	}
	for verb := 'A'; verb <= 'z'; verb++ {
		for _, flag := range []string{"", "+", "#", "-", " ", "0", "20", ".3"} {
			format := "%" + flag + string(verb)
			for _, v := range []any{s, &s, o, &o, []secret.Text{s}, []any{s}, errors.Join(fmt.Errorf(format, s))} {
				if got := fmt.Sprintf(format, v); leaks(got) {
					t.Errorf("%s of %T tells: %s", format, v, got)
				}
			}
		}
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(format, s); got != "[redacted]" {
			t.Errorf("%s = %q, want [redacted]", format, got)
		}
	}
}

func TestNoEncoderTells(t *testing.T) {
	t.Parallel()
	s := secret.New(canary)
	o := outer{"name", s, []secret.Text{s}, map[string]secret.Text{"k": s}, &s, s}
	var logged bytes.Buffer
	for _, h := range []slog.Handler{slog.NewJSONHandler(&logged, nil), slog.NewTextHandler(&logged, nil)} {
		slog.New(h).Info("m", "secret", s, "pointer", &s, "struct", o, "group", slog.GroupValue(slog.Any("s", s)))
	}
	encoded, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := template.Must(template.New("").Parse(`<a href="{{.}}" onclick="f({{.}})">{{.}}</a>`)).Execute(&page, s); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"slog": logged.String(), "json": string(encoded), "template": page.String()} {
		if leaks(text) || !strings.Contains(text, "redacted") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestReveal(t *testing.T) {
	t.Parallel()
	var zero, empty, read secret.Text
	empty = secret.New("")
	if err := read.UnmarshalText([]byte(canary)); err != nil || read.Reveal() != canary || read.IsZero() {
		t.Errorf("UnmarshalText: %v, zero %v", err, read.IsZero())
	}
	if !zero.IsZero() || zero.Reveal() != "" || !empty.IsZero() {
		t.Error("the zero Text and the empty one are no secrets")
	}
	if got := fmt.Sprint(zero); got != "[redacted]" {
		t.Errorf("a missing secret prints %q: that tells that it is missing", got)
	}
}
