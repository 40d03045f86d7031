package main

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/imageferry/imageferry/internal/sandbox/mail"
	"github.com/imageferry/imageferry/internal/sandbox/proxy"
)

// TestNotify sends a test notice to a mail server that trusts nobody without a
// password.
func TestNotify(t *testing.T) {
	ca, err := proxy.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.Loopback()
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var got []mail.Mail
	server := mail.New(mail.Config{Certificate: cert, User: "ferry", Password: "canary", Deliver: func(m mail.Mail) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, m)
	}})
	t.Cleanup(func() { server.Close() })
	addr, err := server.Listen(true)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("script", func(t *testing.T) {
		testscript.Run(t, testscript.Params{Files: []string{"testdata/mail/notify.txtar"}, Setup: func(e *testscript.Env) error {
			e.Setenv("SSL_CERT_FILE", ca.PEMFile())
			e.Setenv("ADDRESS", addr)
			return os.MkdirAll(e.Getenv("WORK")+"/bin", 0o755)
		}})
	})
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 1 || got[0].From != "ferry@example.com" || len(got[0].To) != 1 || !strings.Contains(string(got[0].Data), "Message-ID: <") {
		t.Errorf("%d mails: %+v", len(got), got)
	}
}
