package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/sandbox"
)

// night runs a night as `imageferry sandbox --once` does.
func night(t *testing.T, settings map[string]string) (string, error) {
	t.Helper()
	s := start(t, sandbox.Config{Speed: 1000, Rate: 1 << 30, Settings: settings})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var shown bytes.Buffer
	err := s.Night(ctx, &shown)
	return shown.String(), err
}

func TestNightShowsEveryNotice(t *testing.T) {
	t.Parallel()
	shown, err := night(t, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	for _, want := range []string{
		"timer    nightly fires", "img-database (3 disks)", "100 %",
		"web-server (img-webserv1) is in " + sandbox.ImageBucket, "office-pc (img-windows1) was NOT exported", "signature good",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the night does not show %q:\n%s", want, shown)
		}
	}
}

func TestNightFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ setting, value, want string }{
		"wrong signature":  {"FERRY_WEBHOOK_SECRET", "whsec_d3JvbmcgYnV0IGxvbmcgZW5vdWdoIGZvciBhIGtleQ==", "a notice was refused by its receiver"},
		"refused setting":  {"FERRY_WEBHOOK_SECRET", "", "FERRY_WEBHOOK_SECRET: want whsec_"},
		"failing function": {"FERRY_STATE_BUCKET", "nowhere-" + sandbox.AppID, "the function export failed three times"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown, err := night(t, map[string]string{c.setting: c.value})
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want %s\n%s", err, c.want, shown)
			}
		})
	}
}

func TestNightEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{Rate: 1})
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if err := s.Night(ctx, new(bytes.Buffer)); !errors.Is(err, enough) || !strings.Contains(err.Error(), "exports were announced") {
		t.Errorf("got %v", err)
	}
}
