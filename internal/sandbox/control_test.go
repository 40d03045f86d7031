package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
	"github.com/imageferry/imageferry/internal/sandbox/scf"
)

func TestEnv(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	status, body := ask(t, s, "GET", "/_sandbox/env", "")
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	for _, name := range []string{
		"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE",
		"TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_REGION",
		"FERRY_IMAGE_BUCKET", "FERRY_STATE_BUCKET", "FERRY_URL", "FERRY_TOKEN",
	} {
		if line := "export " + name + "='" + env(t, s, name) + "'\n"; !strings.Contains(body, line) {
			t.Errorf("env lacks %s", name)
		}
	}
	if remark := "# mail: " + s.MailURL() + " (TLS) or " + s.MailURLStartTLS() + " (STARTTLS)\n"; !strings.HasSuffix(body, remark) {
		t.Errorf("env does not end with %s", remark)
	}
}

// control asks the panel and wants a status and a piece of the answer.
func control(t *testing.T, s *sandbox.Sandbox, method, path, body string, status int, want string) {
	t.Helper()
	got, answer := ask(t, s, method, "/_sandbox"+path, body)
	if got != status || !strings.Contains(answer, want) {
		t.Errorf("%s %s %s: %d %s, want %d with %s", method, path, body, got, answer, status, want)
	}
}

func TestControlPanel(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{Speed: 1000})
	control(t, s, "GET", "", "", 301, "")
	control(t, s, "GET", "/nowhere", "", 404, "")
	control(t, s, "GET", "/fire/sweep", "", 405, "")
	control(t, s, "POST", "/fire/nowhere", "", 400, "no timer")
	control(t, s, "GET", "/invocations/nowhere", "", 400, `no function \"nowhere\"`)
	control(t, s, "POST", "/kill/nowhere", "", 400, `no function \"nowhere\"`)

	control(t, s, "POST", "/console-export", "", 400, "want {")
	control(t, s, "POST", "/console-export", `{"image":"img-nowhere1"}`, 400, "InvalidImageId.NotFound")
	control(t, s, "POST", "/console-export", `{"image":"img-webserv1","prefix":"by-hand"}`, 200, `"task"`)
	control(t, s, "GET", "/tasks", "", 200, "by-hand_xvda.raw")
	eventually(t, "the function that is told of the file", func() bool { return len(s.SCF.Invocations("notify")) > 0 })
	control(t, s, "GET", "/invocations/notify", "", 200, `"Source": "cos"`)
	control(t, s, "POST", "/fire/sweep", "", 200, `"requestId"`)
	eventually(t, "the sweep", func() bool {
		_, body := ask(t, s, "GET", "/_sandbox/invocations/export", "")
		return strings.Contains(body, `"timer:sweep"`)
	})
	control(t, s, "GET", "/requests", "", 200, "cos state ")
	control(t, s, "GET", "/inbox/page", "", 200, "<h1>Inbox</h1>")
}

func TestTimersAreSwitchedByThePanel(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	control(t, s, "GET", "/timers", "", 200, `"Name": "sweep"`)
	control(t, s, "POST", "/timers/sweep/off", "", 200, `"Enabled": false`)
	for _, timer := range s.SCF.Timers("export") {
		if timer.Enabled != (timer.Name != sandbox.SweepTimer) {
			t.Errorf("%+v", timer)
		}
	}
	control(t, s, "POST", "/timers/sweep/on", "", 200, `"Enabled": true`)
	control(t, s, "POST", "/timers/sweep/broken", "", 400, "want on or off")
	control(t, s, "POST", "/timers/nowhere/off", "", 400, "no timer")

	control(t, s, "POST", "/fire/sweep?time=yesterday", "", 400, "want one such as")
	control(t, s, "POST", "/fire/sweep?time=2026-11-22T19:00:00Z", "", 200, `"requestId"`)
	control(t, s, "POST", "/tasks/x/kill", "", 400, "want a number")
	control(t, s, "POST", "/tasks/1/kill", "", 200, `"killed": false`)
}

// TestCrash has the function die at a request, as a person asks for; the
// platform repeats its event.
func TestCrash(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{Speed: 300})
	control(t, s, "POST", "/faults", `{"id":"die","kind":"crash-after","host":"*.myqcloud.com","action":"LIST","count":1,"seed":7}`, 200, "die")
	id, err := s.SCF.Fire("export", sandbox.SweepTimer)
	if err != nil {
		t.Fatal(err)
	}
	tries := func() (status []int) {
		for _, i := range s.SCF.Invocations("export") {
			if i.RequestID == id {
				status = append(status, i.Status)
			}
		}
		return status
	}
	eventually(t, "the second try", func() bool { return len(tries()) > 1 })
	if got := tries(); got[0] != scf.CodeProcessExit || got[1] != scf.CodeOK {
		t.Errorf("tries ended with %v", got)
	}
	control(t, s, "DELETE", "/faults/die", "", 200, `"removed": true`)
	control(t, s, "DELETE", "/faults/die", "", 200, `"removed": false`)
}

func TestKill(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	for _, timer := range s.SCF.Timers("export") { // one that fires meanwhile would start an instance
		if err := s.SCF.EnableTimer("export", timer.Name, false); err != nil {
			t.Fatal(err)
		}
	}
	control(t, s, "GET", "/apigw/healthz", "", 200, `"status":"ok"`)
	control(t, s, "POST", "/kill/export", "", 200, `"killed": 1`)
	control(t, s, "POST", "/kill/export", "", 200, `"killed": 0`)
}

func TestFaultsAreSwitchedByThePanel(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	control(t, s, "POST", "/faults", "", 400, "want a rule such as")
	control(t, s, "POST", "/faults", `{"kind":"nonsense"}`, 400, "nonsense")
	control(t, s, "PUT", "/faults", "", 400, "want GET, POST")
	control(t, s, "POST", "/faults", `{"id":"down","kind":"error-503","host":"*.myqcloud.com"}`, 200, "down")
	control(t, s, "GET", "/faults", "", 200, "error-503")
	list := func() error {
		c := cosClient(t, s, sandbox.ImageBucket, sandbox.Region, env(t, s, "TENCENTCLOUD_SECRET_KEY"))
		_, _, err := c.Bucket.Get(t.Context(), nil)
		return err
	}
	if err := list(); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("with the fault: %v", err)
	}
	control(t, s, "DELETE", "/faults", "", 200, "[]")
	if err := list(); err != nil {
		t.Errorf("without the fault: %v", err)
	}
}

func TestButtonsLeadBackToThePage(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	if status, _ := ask(t, s, "POST", "/_sandbox/fire/sweep", "", "Accept", "text/html,*/*", "Sec-Fetch-Site", "same-origin"); status != http.StatusSeeOther {
		t.Errorf("a button: %d", status)
	}
	if status, _ := ask(t, s, "POST", "/_sandbox/kill/export", "", "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
		t.Errorf("a button of another web site: %d", status)
	}
}

func TestPagesEscapeNames(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	const evil = "<script>alert(1)</script>"
	s.CVM.AddImage(cvm.Image{
		ID: "img-evil0001", Name: evil, OsName: "Debian 12.0 64bit", Platform: "Debian",
		Disks: []cvm.Disk{{SnapshotID: "snap-evil0001", Usage: disk.System, SizeGiB: 1}},
	})
	task, err := json.Marshal(map[string]string{"image": "img-evil0001", "prefix": evil})
	if err != nil {
		t.Fatal(err)
	}
	control(t, s, "POST", "/console-export", string(task), 200, `"task"`)
	resp, err := (&http.Client{Transport: through(t, s)}).Post("https://hooks.slack.com/services/T1/B1/x", "application/json", strings.NewReader(`{"text":"`+evil+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, resp.Body)
	for _, path := range []string{"/_sandbox/", "/_sandbox/inbox/page"} {
		status, page := ask(t, s, "GET", path, "")
		if status != http.StatusOK || strings.Contains(page, "<script") || !strings.Contains(page, "&lt;script&gt;") {
			t.Errorf("%s: %d %s", path, status, page)
		}
	}
}
