package sandbox

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/imageferry/imageferry/internal/sandbox/cvm"
)

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"percent": func(f cvm.File) int64 { return 100 * f.Bytes / max(f.Total, 1) },
	"size":    func(n int64) string { return humanize.IBytes(uint64(n)) },
	"clock":   func(t time.Time) string { return t.UTC().Format("15:04:05") },
}).Parse(pageHTML))

// page shows at a glance what is going on. It reloads itself while something is.
func (s *Sandbox) page(w http.ResponseWriter, _ *http.Request) {
	tasks := s.CVM.Tasks()
	slices.Reverse(tasks)
	timers := []string{SweepTimer}
	for _, p := range s.Plans {
		timers = append(timers, p.Name)
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, map[string]any{
		"Addr": s.addr, "Token": s.token, "Now": s.Clock.Now().Format("2006-01-02 15:04:05"), "Speed": s.Clock.Speed(),
		"Account": s.Account, "Mail": s.MailURL(), "StartTLS": s.MailURLStartTLS(), "Tasks": tasks, "Timers": timers, "Messages": len(s.Inbox.Messages()), "Faults": len(s.Faults.Rules()),
		"Export": len(s.SCF.Invocations("export")), "Notify": len(s.SCF.Invocations("notify")),
		"Working": slices.ContainsFunc(tasks, func(t cvm.Task) bool { return t.Ended.IsZero() }),
	}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	w.Write(b.Bytes())
}
