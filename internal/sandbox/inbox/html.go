package inbox

import (
	"html"
	"strings"
)

// tag is one <name attr="value"> or </name>.
type tag struct {
	name    string // lower case
	attr    map[string]string
	closing bool
}

// parseTag takes apart the tag that s begins with and returns its length, or 0
// if it begins with none.
func parseTag(s string) (t tag, n int) {
	if !strings.HasPrefix(s, "<") {
		return t, 0
	}
	end := tagEnd(s)
	if end < 0 {
		return t, 0
	}
	in := strings.TrimSuffix(s[1:end], "/")
	if in, t.closing = strings.CutPrefix(in, "/"); in == "" || in[0] == ' ' {
		return t, 0
	}
	name, rest, _ := strings.Cut(strings.Map(spaces, in), " ")
	t.name, t.attr = strings.ToLower(name), attributes(rest)
	return t, end + 1
}

// spaces makes every white space one that strings.Cut finds.
func spaces(c rune) rune {
	if c == '\n' || c == '\t' || c == '\r' {
		return ' '
	}
	return c
}

// tagEnd returns the index of the > that ends a tag: not one within quotes.
func tagEnd(s string) int {
	quote := byte(0)
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return -1
}

func attributes(s string) map[string]string {
	attr := map[string]string{}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		name, rest, hasValue := strings.Cut(s, "=")
		if sp := strings.IndexByte(name, ' '); sp >= 0 || !hasValue { // a name alone
			name, s, _ = strings.Cut(s, " ")
			attr[strings.ToLower(name)] = ""
			continue
		}
		value := ""
		if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
			value, s, _ = strings.Cut(rest[1:], rest[:1])
		} else {
			value, s, _ = strings.Cut(rest, " ")
		}
		attr[strings.ToLower(name)] = html.UnescapeString(value)
	}
	return attr
}

// blockTags begin and end on a line of their own.
const blockTags = " p div br h1 h2 h3 h4 h5 h6 tr li table ul ol hr blockquote "

// page reads a document in HTML as a mail reader shows it.
func (r *reading) page(s string) {
	for s != "" {
		before, rest, found := strings.Cut(s, "<")
		r.flow(before)
		if !found {
			return
		}
		s = "<" + rest
		t, n := parseTag(s)
		if n == 0 {
			r.b.WriteByte('<')
			s = rest
			continue
		}
		s = r.open(t, s[n:])
	}
}

// open reads what a tag begins and returns what is left.
func (r *reading) open(t tag, s string) string {
	switch {
	case strings.Contains(blockTags, " "+t.name+" "):
		r.block()
	case t.closing:
		if t.name == "td" || t.name == "th" {
			r.b.WriteByte(' ')
		}
	case t.name == "style" || t.name == "title" || t.name == "script":
		_, s, _ = strings.Cut(s, "</"+t.name+">")
	case t.name == "a":
		inner, after, _ := strings.Cut(s, "</a>")
		var name reading
		name.page(inner)
		r.b.WriteString(name.b.String())
		r.link(name.b.String(), t.attr["href"])
		return after
	}
	return s
}

// flow takes in text between tags: white space is one space, and none at the
// start of a line.
func (r *reading) flow(s string) {
	text := html.UnescapeString(s)
	words := strings.Fields(text)
	if len(words) == 0 {
		return
	}
	atStart := r.b.Len() == 0 || strings.HasSuffix(r.b.String(), "\n") || strings.HasSuffix(r.b.String(), " ")
	if !atStart && strings.TrimLeft(text, " \n\t\r") != text {
		r.b.WriteByte(' ')
	}
	r.b.WriteString(strings.Join(words, " "))
	if strings.TrimRight(text, " \n\t\r") != text {
		r.b.WriteByte(' ')
	}
}
