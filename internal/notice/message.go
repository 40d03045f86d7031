package notice

import "strings"

// Severity is how much a notice matters; see plan.Severities.
type Severity string

// The severities.
const (
	Info    Severity = "info"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Language is what people read.
type Language string

// The languages.
const (
	English Language = "en"
	Chinese Language = "zh"
)

// Message is a notice in the words of one language, not yet in the markup of any
// service. All of its texts are plain: they may hold what strangers chose, such
// as an image's name, and each service escapes them as it needs.
type Message struct {
	ID       string // of the notice
	Severity Severity
	Title    string // one line
	Lines    []Line // the most important first: what is too long for a service is cut from the end
}

// Line is one line of a message.
type Line struct {
	Label string // may be empty
	Text  string // one line
	URL   string // https, or empty; Text is then what a link to it is called
}

// Plain returns the message as plain text.
func (m Message) Plain() string {
	if len(m.Lines) == 0 {
		return m.Title
	}
	return m.Title + "\n" + m.body(true)
}

// body returns the lines below the title as plain text, with or without addresses.
func (m Message) body(links bool) string {
	var b strings.Builder
	for i, l := range m.Lines {
		if i > 0 {
			b.WriteString("\n")
		}
		if l.Label != "" {
			b.WriteString(l.Label + ": ")
		}
		b.WriteString(l.Text)
		if links && l.URL != "" {
			b.WriteString(" " + l.URL)
		}
	}
	return b.String()
}
