package api

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/imageferry/imageferry/internal/cron"
	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/problem"
)

const pageHead = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Image Ferry</title>
<style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
article{border-top:1px solid #8886;padding:.7rem 0}
h2{font-size:1.2rem;margin:1.5rem 0 .5rem}h3{font-size:1rem;margin:0;overflow-wrap:anywhere}
b{display:inline-block;min-width:6.5rem}
.COMPLETE{color:light-dark(#17692b,#6fce86)}.FAILED,.PARTIAL,.suspended,.missed,i{color:light-dark(#a11,#ff8a80)}.RETRY,.INTENT{color:light-dark(#8a5a00,#e5b567)}
p,ul{margin:.2rem 0;overflow-wrap:anywhere}i{font-style:normal}code{overflow-wrap:anywhere}small{opacity:.75}
</style>
<h1>Image Ferry</h1>
`

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
	p := printer{w}
	io.WriteString(w, pageHead) // an error here and below means that the reader has gone
	p.f("<p>Read from the ledger on %s UTC. Times are UTC where nothing else is said.</p>\n<h2>Plans</h2>\n", when(a.Now()))
	for _, v := range plans {
		p.plan(v)
	}
	if len(plans) == 0 {
		p.f("<p>There are none.</p>\n")
	}
	p.f("<h2>Exports</h2>\n<p>%v: those not closed yet, and those closed in the last %v days.</p>\n", len(entries), listDays)
	for _, v := range views(entries) {
		p.export(v)
	}
	if len(entries) == 0 {
		p.f("<p>Nothing yet.</p>\n")
	}
	p.f("</html>\n")
}

func (p printer) plan(v PlanView) {
	p.f("<article>\n<h3>%s", v.Name)
	if v.Suspended {
		p.f(` <span class="suspended">suspended</span></h3>
<p>Nothing is exported until you resume it. What to do: see why its exports fail, then run <code>imageferry resume %s</code>, or send <code>POST /v1/plans/%s/resume</code>.</p>
`, v.Name, v.Name)
	} else {
		p.f("</h3>\n")
	}
	if v.Problem != "" {
		p.f("<p><i>Its ledger could not be read:</i> %s</p>\n", v.Problem)
	}
	switch {
	case v.Last != nil:
		p.last(*v.Last)
	case v.Problem == "":
		p.f("<p>No slot so far.</p>\n")
	}
	p.f("<p><small>")
	switch {
	case len(v.Next) > 0:
		p.f("Next %s (%s in UTC+8).", when(v.Next[0]), v.Next[0].In(cron.Zone).Format("Mon 15:04:05"))
	case v.Schedule != "":
		p.f("Never due again.")
	default:
		p.f("No schedule: runs when a timer or somebody asks.")
	}
	if v.Schedule != "" {
		p.f(" Schedule <code>%s</code>.", v.Schedule)
	}
	p.f("</small></p>\n</article>\n")
}

func (p printer) last(l LastView) {
	p.f("<p>Last slot %s: ", when(l.Slot))
	if l.Fate != "filled" {
		p.f(`<span class="%s">%s</span>.</p>`+"\n", l.Fate, l.Fate)
		return
	}
	if l.Exports == 1 {
		p.f("1 export")
	} else {
		p.f("%v exports", l.Exports)
	}
	if l.Failed > 0 {
		p.f(", <i>%v failed</i>", l.Failed)
	}
	if l.Skipped > 0 {
		p.f(", %v left out as unchanged or under way", l.Skipped)
	}
	p.f(".</p>\n")
}

func (p printer) export(v View) {
	state, what := string(v.State), string(v.Image)
	switch {
	case v.Verdict != "":
		state = string(v.Verdict)
	case state == "":
		state = "new"
	}
	if what == "" {
		what = string(v.Instance)
	}
	if v.Name != "" {
		what = v.Name + " " + what
	}
	p.f("<article>\n"+`<h3><b class="%s">%s</b> %s</h3>`+"\n", state, state, what)
	p.times(v)
	if v.Detail != "" {
		p.f("<p>%s</p>\n", v.Detail)
	}
	if v.Hint != "" {
		p.f("<p>What to do: %s</p>\n", v.Hint)
	}
	if v.Verdict == ledger.Failed || v.Verdict == ledger.Partial {
		p.f("<p><small>Once that is put right: <code>imageferry retry %s</code></small></p>\n", v.ID)
	}
	p.files(v)
	for _, name := range slices.Sorted(maps.Keys(v.Deliveries)) {
		if d := v.Deliveries[name]; d.State == ledger.Undelivered {
			p.f("<p><i>Not delivered by %s:</i> %s</p>\n", name, d.Detail)
		}
	}
	p.f("</article>\n")
}

func (p printer) times(v View) {
	p.f("<p><small>%s", v.ID)
	if v.Plan != "" {
		p.f(", plan %s", v.Plan)
	}
	asked := map[ledger.Origin]string{ledger.Scheduled: "due", ledger.Observed: "seen"}[v.Origin]
	if asked == "" {
		asked = "asked for"
	}
	p.f(", %s %s", asked, when(v.Asked))
	if !v.Started.IsZero() {
		p.f(", started %s", when(v.Started))
	}
	if !v.Ended.IsZero() {
		p.f(", ended %s", when(v.Ended))
	}
	if v.Verdict == "" {
		p.f("; deadline %s", when(v.Deadline))
	} else {
		p.f("; %s", announced(v))
	}
	p.f("</small></p>\n")
}

// announced says who heard of a verdict so far. The manifest is told to nobody.
func announced(v View) string {
	open, sent := false, false
	for name, d := range v.Deliveries {
		if name != ledger.ManifestChannel {
			open = open || d.State == ledger.Sending || d.State == ledger.SendLater
			sent = sent || d.State == ledger.Sent
		}
	}
	switch {
	case open:
		return "not announced yet"
	case sent:
		return "announced"
	}
	return "announced to nobody"
}

func (p printer) files(v View) {
	if len(v.Files) == 0 && len(v.Expected) > 0 && v.Verdict == "" {
		p.f("<p>Waiting for:</p><ul>")
		for _, key := range v.Expected {
			p.f("<li><code>%s</code>", key)
		}
		p.f("</ul>\n")
	}
	if len(v.Files) == 0 {
		return
	}
	p.f("<ul>")
	for _, f := range v.Files {
		p.f("<li>%s <code>%s</code>", humanize.IBytes(uint64(max(f.Size, 0))), f.Key)
		switch c := f.Check; {
		case c == nil:
		case c.Verdict == diskimage.Verified:
			p.f(" <small>verified: %s</small>", c.Contents)
		case len(c.Findings) > 0:
			p.f(" <i>%s: %s</i>", c.Verdict, c.Findings[0].Detail)
		default:
			p.f(" <i>%s</i>", c.Verdict)
		}
	}
	p.f("</ul>\n")
}

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }
