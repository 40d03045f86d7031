package inbox

import "strings"

// shown are the names under which messages and cards of all the services hold
// what people see, in the order in which they see it. Names such as type, tag,
// color or width hold what they do not.
var shown = []string{
	"header", "title", "subtitle", "summary", "text", "content", "markdown", "markdown_v2", "value",
	"post", "zh_cn", "en_us", "card", "attachments", "body", "blocks", "elements", "fields", "items", "columns", "facts",
	"link", "actionCard", "singleTitle", "singleURL", "accessory", "actions", "btns", "actionURL", "messageUrl", "url", "href",
}

// readable returns what a person would read of a message: a card is a tree, and
// its strings are read from top to bottom. It returns otherwise if there are none.
func readable(v any, otherwise string) string {
	if s := strings.Join(lines(v), "\n"); s != "" {
		return s
	}
	return otherwise
}

func lines(v any) (out []string) {
	switch v := v.(type) {
	case string:
		if v != "" {
			out = append(out, v)
		}
	case []any:
		for _, e := range v {
			if paragraph, ok := e.([]any); ok { // a Feishu post's runs of text stand on one line
				out = append(out, strings.Join(lines(paragraph), " "))
			} else {
				out = append(out, lines(e)...)
			}
		}
	case map[string]any:
		for _, name := range shown {
			out = append(out, lines(v[name])...)
		}
	}
	return out
}
