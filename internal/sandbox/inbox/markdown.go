package inbox

import "strings"

// dialect is the part of Markdown that a service understands. What a document
// does not name is taken to have no meaning, so that a backslash of a sender who
// hopes for more is there for people to read.
type dialect struct {
	blocks   bool   // headings, quotes, lists and fences
	soft     bool   // a single line break is a space
	emphasis bool   // a single * or _ has a meaning
	escapes  bool   // a backslash takes the meaning from the sign behind it
	entities bool   // &lt; and the like
	tags     string // names of elements, with a space around each
	calls    bool   // <@user> calls a person
}

// markdown reads text in a dialect, as a block of its own.
func (r *reading) markdown(d dialect, s string) {
	if s == "" {
		return
	}
	r.block()
	fenced, joined := false, true
	for i, line := range strings.Split(s, "\n") {
		if d.blocks && strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		rest, begins := line, false
		if d.blocks && !fenced {
			rest, begins = unblock(line)
		}
		switch {
		case i == 0:
		case d.soft && !fenced && strings.TrimSpace(line) == "":
			joined = false
			continue
		case d.soft && !fenced && joined && !begins:
			r.b.WriteByte(' ')
		default:
			r.b.WriteByte('\n')
		}
		joined = !strings.HasSuffix(line, "  ") && !strings.HasPrefix(strings.TrimSpace(line), "#")
		if fenced {
			r.b.WriteString(line)
			continue
		}
		r.inline(d, strings.TrimRight(rest, " \r"))
	}
}

// unblock takes away what makes a line a heading, a quote, a rule or an item of
// a list, and reports whether it was one.
func unblock(line string) (rest string, begins bool) {
	t := strings.TrimLeft(line, " ")
	for strings.HasPrefix(t, ">") {
		t, begins = strings.TrimLeft(t[1:], " "), true
	}
	if h := strings.TrimLeft(t, "#"); len(t)-len(h) >= 1 && len(t)-len(h) <= 6 && strings.HasPrefix(h, " ") {
		return strings.TrimLeft(h, " "), true
	}
	if strings.HasPrefix(t, "- ") || strings.HasPrefix(t, "* ") || strings.HasPrefix(t, "+ ") {
		return "• " + strings.TrimLeft(t[2:], " "), true
	}
	if len(t) >= 3 && (strings.Trim(t, "-") == "" || strings.Trim(t, "*") == "") {
		return "", true
	}
	return t, begins
}
