package api_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

var guarded = []struct{ method, target, body string }{
	{"GET", "/", ""}, {"GET", "/v1/exports", ""}, {"GET", "/v1/exports/x", ""}, {"POST", "/v1/exports", `{"image":"img-a"}`}, {"HEAD", "/v1/exports", ""},
	{"POST", "/v1/exports/x/retry", ""}, {"GET", "/v1/plans", ""}, {"POST", "/v1/plans/single/preview", ""}, {"POST", "/v1/plans/single/run", ""}, {"POST", "/v1/plans/single/resume", ""},
}

func TestTokens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, authorization string
		ok                  bool
	}{
		{"bearer", "Bearer " + token, true},
		{"second token", "Bearer " + spare, true},
		{"lower-case scheme", "bearer " + token, true},
		{"upper-case scheme", "BEARER " + token, true},
		{"spaces", "Bearer   " + token + " ", true},
		{"password", basic("", token), true},
		{"password of somebody", basic("me", spare), true},
		{"lower-case basic", strings.Replace(basic("me", token), "Basic", "basic", 1), true},

		{"none", "", false},
		{"scheme alone", "Bearer", false},
		{"empty token", "Bearer ", false},
		{"empty password", basic("me", ""), false},
		{"wrong", "Bearer wrong-token-0123456789", false},
		{"beginning", "Bearer " + token[:len(token)-1], false},
		{"longer", "Bearer " + token + "0", false},
		{"other case", "Bearer " + strings.ToUpper(token), false},
		{"both", "Bearer " + token + "," + spare, false},
		{"no scheme", token, false},
		{"other scheme", "Digest " + token, false},
		{"user name", basic(token, "x"), false},
		{"broken basic", "Basic " + token, false},
		{"wrong password", basic("me", "wrong"), false},
	}
	for _, tt := range tests {
		for _, g := range guarded {
			x, h := newAPI(token, spare)
			var headers []string
			if tt.authorization != "" {
				headers = []string{"Authorization", tt.authorization}
			}
			w := do(h, g.method, g.target, g.body, headers...)
			if tt.ok {
				if w.Code == 401 || x.calls == 0 {
					t.Errorf("%s: %s %s = %d after %d calls, want it let through", tt.name, g.method, g.target, w.Code, x.calls)
				}
				continue
			}
			wantProblem(t, w, 401)
			if x.calls != 0 {
				t.Errorf("%s: %s %s reached the exporter", tt.name, g.method, g.target)
			}
			if got := w.Header().Get("WWW-Authenticate"); !strings.Contains(got, "Bearer") || !strings.Contains(got, "Basic") {
				t.Errorf("%s: WWW-Authenticate %q", tt.name, got)
			}
			if strings.Contains(w.Body.String(), "canary") {
				t.Errorf("%s: the answer tells the token: %s", tt.name, w.Body)
			}
		}
	}
}

// Where no token is set, nobody is let in: least of all somebody without one.
func TestNoToken(t *testing.T) {
	t.Parallel()
	for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer x", basic("", "")} {
		for _, tokens := range [][]string{nil, {""}} {
			for _, g := range guarded {
				x, h := newAPI(tokens...)
				w := do(h, g.method, g.target, g.body, "Authorization", authorization)
				status := http.StatusServiceUnavailable
				if tokens != nil {
					status = http.StatusUnauthorized
				}
				p := wantProblem(t, w, status)
				if x.calls != 0 {
					t.Errorf("%q: %s %s reached the exporter", authorization, g.method, g.target)
				}
				if !strings.Contains(p.Hint, "FERRY_TOKEN") {
					t.Errorf("the hint does not name the setting: %q", p.Hint)
				}
			}
		}
	}
}

// A browser that knows the token sends it along for other sites' pages too.
func TestOtherSites(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		headers []string
		ok      bool
	}{
		{"program", nil, true},
		{"own page", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://example.com"}, true},
		{"address bar", []string{"Sec-Fetch-Site", "none"}, true},
		{"other site", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, false},
		{"neighbour", []string{"Sec-Fetch-Site", "same-site"}, false},
		{"old browser", []string{"Origin", "https://evil.example"}, false},
	}
	for _, tt := range tests {
		x, h := newAPI(token)
		send := func(method, body string) *httptest.ResponseRecorder {
			return do(h, method, "/v1/exports", body, append(tt.headers, "Authorization", basic("", token))...)
		}
		w := send("POST", `{"image":"img-a"}`)
		if tt.ok && w.Code != 202 {
			t.Errorf("%s: %d", tt.name, w.Code)
		}
		if !tt.ok {
			wantProblem(t, w, 403)
			if x.calls != 0 {
				t.Errorf("%s: reached the exporter", tt.name)
			}
		}
		if w := send("GET", ""); w.Code != 200 { // a link from elsewhere may lead here
			t.Errorf("%s: reading = %d", tt.name, w.Code)
		}
	}
}
