package outcome_test

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/outcome"
)

func TestErrorText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  outcome.Error
		want string
	}{
		{outcome.Error{Op: "ExportImages", Code: "EmptyResponse"}, "ExportImages: EmptyResponse"},
		{outcome.Error{Op: "webhook", Code: "503", Message: "the receiver answered 503"}, "webhook: 503: the receiver answered 503"},
		{outcome.Error{Op: "PutObject", Code: "AccessDenied", Hint: "check the role"}, "PutObject: AccessDenied (check the role)"},
		{
			outcome.Error{Op: "ExportImages", Code: "LimitExceeded", Message: "too many", Hint: "wait", RequestID: "r-1"},
			"ExportImages: LimitExceeded: too many (wait) [request r-1]",
		},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

// An Error is a leaf made of strings: it cannot carry the error of an HTTP client
// along, whose text is the address with its token.
func TestErrorHoldsNoOtherError(t *testing.T) {
	t.Parallel()
	const address = "https://example.com/hook?token=canary"
	inner := &url.Error{Op: "Post", URL: address, Err: errors.New("refused")}
	classified := error(&outcome.Error{Kind: outcome.Unknown, Op: "webhook", Code: "NoAnswer"})
	if !strings.Contains(inner.Error(), "canary") {
		t.Fatal("net/url no longer tells the address; this test is void")
	}
	if errors.Unwrap(classified) != nil {
		t.Error("a classified error unwraps to another one")
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[outcome.Error]()) {
		if k := field.Type.Kind(); k != reflect.String && k != reflect.Int && k != reflect.Int64 {
			t.Errorf("field %s is a %s: it could carry an address", field.Name, k)
		}
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	later := &outcome.Error{Kind: outcome.Later}
	tests := []struct {
		name string
		err  error
		want outcome.Kind
	}{
		{"nobody classified it", errors.New("x"), outcome.Unknown},
		{"zero value", &outcome.Error{}, outcome.Unknown},
		{"plain", later, outcome.Later},
		{"wrapped", fmt.Errorf("read: %w", later), outcome.Later},
		{"joined", errors.Join(errors.New("x"), later), outcome.Later},
	}
	for _, tt := range tests {
		if got := outcome.Of(tt.err); got != tt.want {
			t.Errorf("%s: Of = %s, want %s", tt.name, got, tt.want)
		}
		if !outcome.Is(tt.err, tt.want) || outcome.Is(tt.err, outcome.Bug) {
			t.Errorf("%s: Is does not agree with Of", tt.name)
		}
	}
	if outcome.Is(nil, outcome.Unknown) {
		t.Error("success is of no kind")
	}
}

func TestKindString(t *testing.T) {
	t.Parallel()
	want := map[outcome.Kind]string{
		outcome.Unknown: "unknown", outcome.Later: "later", outcome.Image: "image", outcome.Config: "config",
		outcome.Bug: "bug", outcome.NotFound: "not-found", outcome.Exists: "exists", 99: "kind(99)", -1: "kind(-1)",
	}
	for k, s := range want {
		if k.String() != s {
			t.Errorf("kind %d prints %q, want %q", int(k), k, s)
		}
	}
}
