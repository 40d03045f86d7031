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
	Label string // what the text is, with the colon and space of its language, such as "Plan: "; may be empty
	Text  string // one line
	URL   string // https, or empty; Text is then what a link to it is called
}

// text returns the lines below the title as plain text, without addresses.
func (m Message) text() string {
	lines := make([]string, len(m.Lines))
	for i, l := range m.Lines {
		lines[i] = l.Label + l.Text
	}
	return strings.Join(lines, "\n")
}
