package inbox

import (
	"slices"
	"strings"
)

// Link is an address that a reader can follow, and what it is called.
type Link struct{ Text, URL string }

// reading is what a person gets to see of a message: the text without its
// markup, what can be followed, and who is called.
type reading struct {
	b        strings.Builder
	links    []Link
	mentions []string
	severity string
}

// block begins a new line unless the reading is at the start of one.
func (r *reading) block() {
	if s := r.b.String(); s != "" && !strings.HasSuffix(s, "\n") {
		r.b.WriteByte('\n')
	}
}

// plain takes in text that bears no markup, as a line of its own.
func (r *reading) plain(s string) {
	if s != "" {
		r.block()
		r.literal(s)
	}
}

// literal takes in text as it is. Every service makes links of the addresses in
// it.
func (r *reading) literal(s string) {
	r.b.WriteString(s)
	for {
		i := strings.Index(s, "http")
		if i < 0 {
			return
		}
		s = s[i:]
		n := addressLength(s)
		if n > 0 {
			r.link(s[:n], s[:n])
		}
		s = s[max(n, 1):]
	}
}

// addressLength returns the length of the http or https address that s begins
// with, or 0.
func addressLength(s string) int {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(s, "http://"); !ok {
			return 0
		}
	}
	n := strings.IndexFunc(rest, func(c rune) bool {
		return c <= ' ' || strings.ContainsRune("<>\"'`|)]}，。；：！？、）】》", c)
	})
	if n < 0 {
		n = len(rest)
	}
	rest = strings.TrimRight(rest[:n], ".,;:!?") // which end a sentence, not an address
	if rest == "" {
		return 0
	}
	return len(s) - len(strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")) + len(rest)
}

func (r *reading) link(text, url string) {
	if url != "" {
		r.links = append(r.links, Link{text, url})
	}
}

func (r *reading) mention(who string) {
	if who != "" && !slices.Contains(r.mentions, who) {
		r.mentions = append(r.mentions, who)
	}
}

// severities in rising order.
var severities = []string{"", "info", "warning", "error"}

// matter notes how much a message matters by one of its colours; the worst counts.
func (r *reading) matter(colour string) {
	if s := severityOf(strings.ToLower(colour)); slices.Index(severities, s) > slices.Index(severities, r.severity) {
		r.severity = s
	}
}

// severityOf reads a colour as people do. The names are those of Feishu's card
// headers, Adaptive Cards, Slack's attachments and WeCom's fonts.
func severityOf(colour string) string {
	switch colour {
	case "red", "carmine", "attention", "danger":
		return "error"
	case "orange", "yellow", "warning":
		return "warning"
	case "green", "turquoise", "blue", "wathet", "good", "accent", "info":
		return "info"
	}
	return severityOfHex(colour)
}

// severityOfHex reads #rrggbb: much red alone is an error, with some green a
// warning, anything else that is not grey is fine.
func severityOfHex(colour string) string {
	c, ok := hexColour(colour)
	red, green, blue := c[0], c[1], c[2]
	switch {
	case !ok || max(red, green, blue)-min(red, green, blue) < 48:
		return ""
	case red > 128 && green < red*2/5 && blue < red*3/4:
		return "error"
	case red > 128 && green < red*9/10 && blue < green:
		return "warning"
	}
	return "info"
}

func hexColour(s string) (c [3]int, ok bool) {
	s, ok = strings.CutPrefix(s, "#")
	if !ok || len(s) != 6 {
		return c, false
	}
	for i := range 6 {
		d := strings.IndexByte("0123456789abcdef", s[i])
		if d < 0 {
			return c, false
		}
		c[i/2] = c[i/2]*16 + d
	}
	return c, true
}

// into puts the reading into a message; where there is nothing to read, its text
// is the body as it came.
func (r *reading) into(m *Message) {
	m.Text = strings.TrimRight(r.b.String(), "\n")
	for sign, colour := range signs {
		if strings.HasPrefix(m.Text, sign) || strings.HasPrefix(m.Subject, sign) {
			r.matter(colour)
		}
	}
	m.Links, m.Mentions, m.Severity = r.links, r.mentions, r.severity
	if m.Text == "" {
		m.Text = string(m.Body)
	}
}

// signs are what messages begin with where a service has no colours.
var signs = map[string]string{"🔴": "red", "❌": "red", "🟠": "orange", "🟡": "yellow", "⚠": "orange", "🟢": "green", "✅": "green"}
