package problem_test

import (
	"net/http/httptest"
	"testing"

	"github.com/imageferry/imageferry/internal/problem"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		p    problem.Problem
		want string
	}{
		{"status alone", problem.Problem{Status: 404}, `{"title":"Not Found","status":404}`},
		{"everything", problem.Problem{
			Type:     "https://example.com/problems/no-plan",
			Title:    "No such plan",
			Status:   422,
			Detail:   `plan "weekly" is not in plans.yaml`,
			Hint:     "GET /v1/plans lists the plans",
			Instance: "urn:request:42",
		}, `{"type":"https://example.com/problems/no-plan","title":"No such plan","status":422,` +
			`"detail":"plan \"weekly\" is not in plans.yaml","hint":"GET /v1/plans lists the plans","instance":"urn:request:42"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			w.Header().Set("Content-Length", "9")
			w.Header().Set("WWW-Authenticate", "Bearer")
			problem.Write(w, tt.p)
			if got := w.Body.String(); got != tt.want+"\n" {
				t.Errorf("body\n got %s\nwant %s", got, tt.want)
			}
			if w.Code != tt.p.Status {
				t.Errorf("status %d, want %d", w.Code, tt.p.Status)
			}
			want := map[string]string{
				"Content-Type":     "application/problem+json",
				"Cache-Control":    "no-store",
				"Content-Length":   "",
				"WWW-Authenticate": "Bearer",
			}
			for name, value := range want {
				if got := w.Header().Get(name); got != value {
					t.Errorf("header %s is %q, want %q", name, got, value)
				}
			}
		})
	}
}
