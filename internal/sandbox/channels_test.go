package sandbox

import (
	"archive/zip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

func TestChannelsAreReadFromTheZip(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "export.zip")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, err := z.Create("plans.json")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, `{"version":3,"channels":{"tg":{"service":"telegram","url":"FERRY_TG","to":["1"]},"oncall":{"service":"feishu","url":"FERRY_A","secret":"FERRY_B"}},
		"plans":{"weekly":{"schedule":"0 0 4 * * 0 *"},"nightly":{"images":[]}}}`)
	if z.Close() != nil || f.Close() != nil {
		t.Fatal("zip")
	}
	p, err := readPacked(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Plan{{"nightly", defaultSchedule}, {"weekly", "0 0 4 * * 0 *"}}, p.plans); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Channel{{"oncall", "feishu", "FERRY_A", "FERRY_B"}, {"tg", "telegram", "FERRY_TG", ""}}, p.channels); diff != "" {
		t.Error(diff)
	}
}

// party is an inbox with the receivers of some channels.
func party(t *testing.T, channels []Channel) (map[string]string, *inbox.Inbox) {
	t.Helper()
	s := &Sandbox{mailTLS: "127.0.0.1:465", password: "p@ss"}
	settings, robots, err := s.receivers(channels)
	if err != nil {
		t.Fatal(err)
	}
	in, err := inbox.New(inbox.Config{Clock: clock.New(1), Robots: robots})
	if err != nil {
		t.Fatal(err)
	}
	return settings, in
}

func TestEveryServiceHasAReceiver(t *testing.T) {
	t.Parallel()
	var channels []Channel
	bodies := map[string]string{
		"wecom": `{"msgtype":"text","text":{"content":"x"}}`, "slack": `{"text":"x"}`, "telegram": `{"chat_id":1,"text":"x"}`,
		"dingtalk": `{"msgtype":"text","text":{"content":"x"}}`, "feishu": `{"msg_type":"text","content":{"text":"x"}}`,
		"teams":   `{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"type":"AdaptiveCard","version":"1.4","body":[{"type":"TextBlock","text":"x"}]}}]}`,
		"webhook": `{"specversion":"1.0","id":"1","source":"/s","type":"t"}`,
	}
	for service := range bodies {
		channels = append(channels, Channel{Name: "my-" + service, Service: service, URL: "FERRY_" + service})
	}
	settings, in := party(t, append(channels, Channel{Name: "post", Service: "mail", URL: "FERRY_MAIL"}))
	if settings["FERRY_MAIL"] != "smtps://ferry:p%40ss@127.0.0.1:465" || len(settings) != len(bodies)+1 {
		t.Errorf("settings %v", slices.Sorted(maps.Keys(settings)))
	}
	for service, body := range bodies {
		address := settings["FERRY_"+service]
		if service == "telegram" {
			address += "/sendMessage"
		}
		kind := "application/json"
		if service == "webhook" {
			kind = "application/cloudevents+json"
		}
		m := deliver(t, in, address, body, kind)
		if m.Problem != "" || m.Robot != "my-"+service || string(m.Channel) != service {
			t.Errorf("%s at %s: robot %q, problem %q", service, address, m.Robot, m.Problem)
		}
	}
}

func deliver(t *testing.T, in *inbox.Inbox, address, body, kind string) inbox.Message {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	in.Handler(r.URL.Hostname()).ServeHTTP(httptest.NewRecorder(), r)
	all := in.Messages()
	return all[len(all)-1]
}

func TestSecretsAreCheckedPerRobot(t *testing.T) {
	t.Parallel()
	settings, in := party(t, []Channel{
		{"a", "dingtalk", "FERRY_A", "FERRY_S"}, {"b", "dingtalk", "FERRY_B", ""}, {"c", "dingtalk", "FERRY_C", "FERRY_S"}, {"again", "dingtalk", "FERRY_A", "FERRY_S"},
		{"hook", "webhook", "FERRY_HOOK", "FERRY_KEY"},
	})
	const body = `{"msgtype":"text","text":{"content":"x"}}`
	sign := func(address string) string {
		stamp := fmt.Sprint(time.Now().UnixMilli())
		h := hmac.New(sha256.New, []byte(settings["FERRY_S"]))
		h.Write([]byte(stamp + "\n" + settings["FERRY_S"]))
		return address + "&timestamp=" + stamp + "&sign=" + url.QueryEscape(base64.StdEncoding.EncodeToString(h.Sum(nil)))
	}
	for _, tt := range []struct {
		address, robot string
		ok, signed     bool
	}{
		{settings["FERRY_A"], "a", false, false},
		{sign(settings["FERRY_A"]), "a", true, true},
		{settings["FERRY_B"], "b", true, false},
		{sign(settings["FERRY_C"]), "c", true, true},
	} {
		m := deliver(t, in, tt.address, body, "application/json")
		if m.Robot != tt.robot || (m.Problem == "") != tt.ok || m.Signed != tt.signed {
			t.Errorf("%s: robot %q, problem %q, signed %t", tt.robot, m.Robot, m.Problem, m.Signed)
		}
	}
	if !strings.HasPrefix(settings["FERRY_S"], "SEC") || !strings.HasPrefix(settings["FERRY_KEY"], "whsec_") {
		t.Error("secrets are not in the form that the services give out")
	}
	if m := deliver(t, in, settings["FERRY_HOOK"], `{}`, "application/json"); m.Robot != "hook" || m.Problem == "" {
		t.Errorf("an unsigned event: robot %q, problem %q", m.Robot, m.Problem)
	}
}

func TestUnknownServiceIsNamed(t *testing.T) {
	t.Parallel()
	_, _, err := new(Sandbox).receivers([]Channel{{"x", "pigeon", "FERRY_X", ""}})
	if err == nil || !strings.Contains(err.Error(), `"pigeon"`) || !strings.Contains(err.Error(), "dingtalk, feishu") {
		t.Errorf("%v", err)
	}
}
