package function

import (
	"strings"
	"testing"
)

func TestParseMessage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want message
		err  string
	}{
		{`{"plan":"nightly"}`, message{Plan: "nightly"}, ""},
		{"\n {\"plan\": \"nightly\", \"sweep\": false}\n", message{Plan: "nightly"}, ""},
		{`{"sweep":true}`, message{Sweep: true}, ""},
		{`nightly`, message{Plan: "nightly"}, ""},
		{" nightly\n", message{Plan: "nightly"}, ""},
		{`sweep`, message{Plan: "sweep"}, ""}, // a bare word is a plan, whatever it is

		{``, message{}, "is empty"},
		{" \n", message{}, "is empty"},
		{`{}`, message{}, "either a plan or a sweep"},
		{`{"sweep":false}`, message{}, "either a plan or a sweep"},
		{`{"plan":""}`, message{}, "either a plan or a sweep"},
		{`{"plan":"nightly","sweep":true}`, message{}, "either a plan or a sweep"},
		{`{"plna":"nightly"}`, message{}, `unknown field "plna"`},
		{`{"plan":1}`, message{}, "no valid JSON object"},
		{`{"plan":"nightly"`, message{}, "no valid JSON object"},
		{`{"plan":"nightly"} {"sweep":true}`, message{}, "something after"},
		{`{"plan":"nightly"}}`, message{}, "something after"},
	}
	for _, tt := range tests {
		got, err := parseMessage(tt.text)
		if tt.err == "" {
			if err != nil || got != tt.want {
				t.Errorf("%q is %+v, %v; want %+v", tt.text, got, err, tt.want)
			}
			continue
		}
		if err == nil || got != (message{}) || !strings.Contains(err.Error(), tt.err) || !strings.Contains(err.Error(), `{"sweep":true}`) {
			t.Errorf("%q: %+v, %v; want an error with %q and the way out", tt.text, got, err, tt.err)
		}
	}
}
