package api

import (
	_ "embed"
	"html/template"
	"net/http"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/imageferry/imageferry/internal/cron"
	"github.com/imageferry/imageferry/internal/problem"
)

//go:embed page.html
var pageText string

// pageTemplate is parsed when somebody looks: most cold starts show no page.
var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"size": func(n int64) string { return humanize.IBytes(uint64(max(n, 0))) },
		"when": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
		"here": func(t time.Time) string { return t.In(cron.Zone).Format("Mon 15:04:05") },
	}).Parse(pageText))
})

// page is both lists for people: plain, without scripts, readable on a phone. One
// who looks here must hear what is wrong with a plan, and see the rest all the same.
func (a *API) page(w http.ResponseWriter, r *http.Request) {
	entries, err := a.Exports.Recent(r.Context(), listDays, listMost)
	if err != nil {
		problem.Write(w, unavailable(err, tryAgain))
		return
	}
	plans, _ := a.planViews(r.Context()) // each has its own problem
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	// An error here means that the reader has gone.
	_ = pageTemplate().Execute(w, map[string]any{"Plans": plans, "Exports": views(entries), "Days": listDays, "Now": a.Now().UTC()})
}
