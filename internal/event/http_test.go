package event_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/event"
)

// However a request is printed, its headers, query and body are not.
func TestHTTPDoesNotTell(t *testing.T) {
	t.Parallel()
	e, err := event.Decode([]byte(`{"httpMethod":"POST","path":"/v1/exports","body":"CANARY",
		"headers":{"Authorization":"Bearer CANARY"},"queryString":{"token":"CANARY"}}`))
	if err != nil {
		t.Fatal(err)
	}
	h := e.(event.HTTP)
	var logged bytes.Buffer
	for _, log := range []*slog.Logger{
		slog.New(slog.NewJSONHandler(&logged, nil)),
		slog.New(slog.NewTextHandler(&logged, nil)),
	} {
		log.Info("m", "event", h, "any", e, "inside", struct{ E event.Event }{e}, "pointer", &h)
	}
	asJSON, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{
		fmt.Sprint(h), fmt.Sprintf("%v %+v %#v %s", h, h, h, &h), fmt.Sprintf("%+v", []event.Event{e}),
		string(asJSON), logged.String(),
	} {
		if strings.Contains(out, "CANARY") {
			t.Errorf("shows content: %s", out)
		}
		if !strings.Contains(out, "POST") || !strings.Contains(out, "/v1/exports") {
			t.Errorf("does not show method and path: %s", out)
		}
	}
}

func TestHTTPValues(t *testing.T) {
	t.Parallel()
	e, err := event.Decode([]byte(`{"httpMethod":"GET","path":"/","isBase64Encoded":false,"body":null,
		"headers":{"x-b":"2","X-B":["3","4"],"X-b":"1","x-n":7,"x-none":null},
		"queryString":{"n":1.50,"t":true,"f":false,"z":null,"e":[],"l":["a",1,null,"a"],"s":""}}`))
	if err != nil {
		t.Fatal(err)
	}
	h := e.(event.HTTP)
	if got, want := fmt.Sprintf("%q", map[string][]string(h.Query)),
		`map["e":[""] "f":["false"] "l":["a" "1" "" "a"] "n":["1.50"] "s":[""] "t":[""] "z":[""]]`; got != want {
		t.Errorf("query\n got %s\nwant %s", got, want)
	}
	if got, want := fmt.Sprintf("%q", map[string][]string(h.Header)),
		`map["X-B":["3" "4" "1" "2"] "X-N":["7"] "X-None":[""]]`; got != want {
		t.Errorf("headers\n got %s\nwant %s", got, want)
	}
	if h.Base64 || h.Body != "" || h.Gateway {
		t.Errorf("base64 %t, body %q, gateway %t", h.Base64, h.Body, h.Gateway)
	}
}
