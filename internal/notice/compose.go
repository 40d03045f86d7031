package notice

import "strings"

// Message returns the notice in the words of a language; one that is not known is
// English. The same notice always gives the same message.
func (n Notice) Message(lang Language) Message {
	w := writer{Data: n.Data, lang: lang}
	if w.InsteadOf != "" {
		w.add("Sent here", "转发说明", w.say("because channel %s could not deliver it", "渠道 %s 未能送达，改由此处发送", w.InsteadOf))
	}
	var title string
	switch n.Type {
	case Completed, Partial, Failed:
		title = w.verdict(n.Type)
	case PlanDigest:
		title = w.digest()
	case Tested:
		title = w.test()
	default:
		title = w.news(n.Type)
	}
	return Message{ID: n.ID, Severity: n.Severity, Title: cut(line(title), maxTitle), Lines: w.lines}
}

// writer puts the lines of a message together.
type writer struct {
	Data
	lang  Language
	lines []Line
}

// add adds a line whose label is given in both languages, without its colon.
func (w *writer) add(english, chinese, text string) { w.link(english, chinese, text, "") }

func (w *writer) link(english, chinese, text, url string) {
	label := ""
	if english != "" {
		label = w.say(english+": ", chinese+"：")
	}
	w.lines = append(w.lines, Line{Label: label, Text: cut(line(text), maxLine), URL: url})
}

func (w *writer) say(english, chinese string, args ...any) string {
	return w.lang.say(english, chinese, args...)
}

// more says how many items of a list are not shown.
func (w *writer) more(items int) {
	if n := items - maxItems; n > 0 {
		w.add("", "", w.say("… and %d more", "…… 另有 %d 项", n))
	}
}

// trouble says what went wrong and what to do. Details and hints are written, or
// come from the cloud, in English; where their reason is known in the language of
// the message, it is told in that, and the words themselves follow.
func (w *writer) trouble(reason string) {
	t, known := w.known(reason)
	if !known {
		t = translation{why: w.detail(), todo: w.Hint}
	}
	if t.why != "" {
		w.add("Why", "原因", t.why)
	}
	if t.todo != "" {
		w.add("What to do", "处理建议", t.todo)
	}
	original := w.unread()
	if len(w.Missing)+len(w.Files) == 0 { // what is said of files is shown for each
		original = w.Detail
	}
	if known && original != "" {
		w.add("Original", "原文", original)
	}
}

// detail is what is told of a failure, without what it says of single files: that
// is shown for each.
func (w *writer) detail() string {
	switch detail := w.Detail; {
	case len(w.Missing) > 0:
		detail, _, _ = strings.Cut(detail, ": "+w.Missing[0])
		return detail
	case w.unread() != "":
		return w.unread()
	case len(w.Files) > 0:
		return w.say("files proven to be whole disks: %d of %d", "通过磁盘校验的文件：%d/%d", w.whole(), len(w.Files))
	default:
		return strings.TrimSuffix(detail, ".")
	}
}

// unread is why files could not be looked into: what a failure's detail says behind
// the last of them.
func (w *writer) unread() string {
	if w.Reason != "not-verified" || len(w.Files) == 0 {
		return ""
	}
	last := 0
	for _, f := range w.Files {
		last = max(last, strings.LastIndex(w.Detail, f.Key+" "))
	}
	_, why, _ := strings.Cut(w.Detail[last:], "; ")
	return why
}

// reason names a reason in a title or a list: in English by the stable word that
// documentation and the cloud know it by.
func (w *writer) reason(code string) string {
	if t, ok := w.known(code); ok {
		return t.why
	}
	return code
}

// known returns what a reason is in the language of the message, if that is not
// the language in which reasons are written.
func (w *writer) known(code string) (translation, bool) {
	if w.lang != Chinese {
		return translation{}, false
	}
	t, ok := translate(code)
	t.todo = strings.ReplaceAll(t.todo, "<plan>", w.Plan)
	return t, ok
}
