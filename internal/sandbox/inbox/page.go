package inbox

import (
	"bytes"
	"cmp"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("inbox").Funcs(template.FuncMap{"title": title, "rest": rest, "short": short}).Parse(pageHTML))

// title is what a person takes a message by: a notice says in its data what it
// is about, a chat message has a title or begins with one.
func title(m Message) string {
	subject, _ := m.Data["subject"].(string)
	first, _, _ := strings.Cut(m.Text, "\n")
	title := cmp.Or(subject, m.Subject, first, m.Type, string(m.Channel))
	for sign := range signs { // the card has the colour, and not every machine the sign
		title = strings.TrimPrefix(title, sign)
	}
	return strings.TrimSpace(title)
}

// rest is what a message says below its title.
func rest(m Message) string {
	if s, ok := m.Data["text"].(string); ok {
		return s
	}
	if first, rest, _ := strings.Cut(m.Text, "\n"); strings.HasSuffix(first, title(m)) {
		return strings.TrimLeft(rest, "\n")
	}
	return m.Text
}

// short is an address without the signature that makes it long.
func short(url string) string {
	if before, _, found := strings.Cut(url, "?"); found {
		return before + "?…"
	}
	return url
}

// tab leads to the messages of one channel, or of all.
type tab struct {
	Channel Channel // empty: all
	Count   int
	Here    bool
}

// Page shows the messages to a person, newest first; with ?channel=NAME those of
// one channel.
func (in *Inbox) Page() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		messages, only := in.Messages(), Channel(r.URL.Query().Get("channel"))
		tabs := tabs(messages, only)
		messages = slices.DeleteFunc(messages, func(m Message) bool { return only != "" && m.Channel != only })
		slices.Reverse(messages)
		var b bytes.Buffer
		if err := page.Execute(&b, map[string]any{"Messages": messages, "Tabs": tabs, "Dropped": in.Dropped()}); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// Messages are other people's words: whatever gets past the template must not run.
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		w.Write(b.Bytes())
	})
}

// tabs are those of the channels that got something.
func tabs(messages []Message, here Channel) []tab {
	list := []tab{{"", len(messages), here == ""}}
	for _, c := range Channels {
		n := 0
		for _, m := range messages {
			if m.Channel == c {
				n++
			}
		}
		if n > 0 || here == c {
			list = append(list, tab{c, n, here == c})
		}
	}
	return list
}
