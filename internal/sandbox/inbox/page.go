package inbox

import (
	"bytes"
	"cmp"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("inbox").Funcs(template.FuncMap{"title": title}).Parse(pageHTML))

// title is what a person takes a message by: a notice says in its data what it
// is about, as a chat message does in its title.
func title(m Message) string {
	subject, _ := m.Data["subject"].(string)
	return cmp.Or(subject, m.Subject, m.Type, string(m.Channel))
}

// Page shows the messages to a person, newest first.
func (in *Inbox) Page() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		messages := in.Messages()
		slices.Reverse(messages)
		var b bytes.Buffer
		if err := page.Execute(&b, map[string]any{"Messages": messages, "Dropped": in.Dropped()}); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// Messages are other people's words: whatever gets past the template must not run.
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		w.Write(b.Bytes())
	})
}
