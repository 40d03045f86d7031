package inbox

import (
	"html"
	"strings"
)

// inline reads what stands in one line.
func (r *reading) inline(d dialect, s string) {
	for s != "" {
		i := strings.IndexAny(s, "\\`![*_~<&h")
		if i < 0 {
			r.b.WriteString(s)
			return
		}
		r.b.WriteString(s[:i])
		s = s[i:]
		n := r.mark(d, s)
		if n == 0 { // it means nothing here
			r.b.WriteByte(s[0])
			n = 1
		}
		s = s[n:]
	}
}

// mark reads the markup that s begins with and returns its length, or 0 if it
// has none.
func (r *reading) mark(d dialect, s string) int {
	switch s[0] {
	case '\\':
		if d.escapes && len(s) > 1 && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", s[1]) >= 0 {
			r.b.WriteByte(s[1])
			return 2
		}
	case '`':
		if end := strings.IndexByte(s[1:], '`'); end > 0 {
			r.b.WriteString(s[1 : 1+end])
			return end + 2
		}
	case '!':
		if name, _, n := anchor(s[1:]); n > 0 {
			r.b.WriteString(name)
			return n + 1
		}
	case '[':
		if name, url, n := anchor(s); n > 0 {
			r.anchor(d, name, url)
			return n
		}
	case '*', '_', '~':
		return r.emphasis(d, s)
	case '<':
		return r.element(d, s)
	case '&':
		if end := strings.IndexByte(s, ';'); d.entities && end > 0 && end < 12 {
			if text := html.UnescapeString(s[:end+1]); text != s[:end+1] {
				r.b.WriteString(text)
				return end + 1
			}
		}
	case 'h':
		if n := addressLength(s); n > 0 {
			r.literal(s[:n])
			return n
		}
	}
	return 0
}

// anchor takes apart [name](url), or returns an n of 0. Names may hold brackets
// in pairs.
func anchor(s string) (name, url string, n int) {
	if !strings.HasPrefix(s, "[") {
		return "", "", 0
	}
	depth, end := 0, -1
	for i := range len(s) {
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth--
		}
		if depth == 0 {
			end = i
			break
		}
	}
	if end < 0 || !strings.HasPrefix(s[end+1:], "(") {
		return "", "", 0
	}
	length := strings.IndexByte(s[end+2:], ')')
	if length < 0 {
		return "", "", 0
	}
	url, _, _ = strings.Cut(strings.TrimSpace(s[end+2:end+2+length]), " ") // a title may follow
	return s[1:end], url, end + 2 + length + 1
}

// anchor reads a link with a name, which may have markup itself.
func (r *reading) anchor(d dialect, name, url string) {
	var inner reading
	inner.inline(d, name)
	r.b.WriteString(inner.b.String())
	r.mentions = append(r.mentions, inner.mentions...)
	if d.entities {
		url = html.UnescapeString(url)
	}
	r.link(inner.b.String(), url)
}

// emphasis reads **x**, __x__, ~~x~~ and, where single marks count, *x* and _x_.
func (r *reading) emphasis(d dialect, s string) int {
	mark := s[:1]
	if strings.HasPrefix(s, mark+mark) {
		mark += mark
	} else if !d.emphasis || mark == "~" {
		return 0
	}
	rest := s[len(mark):]
	end := strings.Index(rest, mark)
	if end < 1 || rest[0] == ' ' || rest[end-1] == ' ' {
		r.b.WriteString(mark)
		return len(mark)
	}
	if before := r.b.String(); mark[0] == '_' && (wordEnds(before) || wordBegins(rest[end+len(mark):])) {
		r.b.WriteString(mark) // snake_case_names stay as they are
		return len(mark)
	}
	r.inline(d, rest[:end])
	return end + 2*len(mark)
}

func wordEnds(s string) bool   { return s != "" && isWord(s[len(s)-1]) }
func wordBegins(s string) bool { return s != "" && isWord(s[0]) }

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// element reads the elements of HTML that a dialect has, and WeCom's calls.
func (r *reading) element(d dialect, s string) int {
	if end := strings.IndexByte(s, '>'); d.calls && strings.HasPrefix(s, "<@") && end > 2 {
		r.mention(s[2:end])
		r.b.WriteString("@" + s[2:end])
		return end + 1
	}
	t, n := parseTag(s)
	if n == 0 || !strings.Contains(d.tags, " "+t.name+" ") {
		return 0
	}
	if t.closing || t.name == "font" {
		r.matter(t.attr["color"])
		return n
	}
	inner, after, found := strings.Cut(s[n:], "</"+t.name+">")
	if !found {
		inner, after = "", s[n:]
	}
	switch t.name {
	case "a":
		r.anchor(d, inner, t.attr["href"])
	case "at":
		r.call(t, inner)
	case "br":
		r.b.WriteByte('\n')
		return n
	}
	return len(s) - len(after)
}

// call reads <at id=…>name</at>, which Feishu writes in several ways.
func (r *reading) call(t tag, name string) {
	who := ""
	for _, key := range []string{"id", "user_id", "open_id", "email", "ids"} {
		if t.attr[key] != "" {
			who = t.attr[key]
		}
	}
	r.mention(who)
	if name == "" {
		name = who
	}
	r.b.WriteString("@" + name)
}
