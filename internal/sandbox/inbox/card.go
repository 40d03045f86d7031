package inbox

// shown are the names under which messages and cards of all the services hold
// what people see, in the order in which they see it. Names such as type, tag,
// color or width hold what they do not.
var shown = []string{
	"header", "title", "subtitle", "summary", "text", "content", "markdown", "markdown_v2", "value",
	"post", "zh_cn", "en_us", "card", "attachments", "body", "blocks", "elements", "fields", "items", "columns", "facts",
	"link", "links", "actionCard", "feedCard", "template_card", "main_title", "desc", "sub_title_text", "horizontal_content_list", "keyname",
	"singleTitle", "accessory", "actions", "btns",
}

// addresses are the names under which a part of a card holds where it leads.
var addresses = []string{"url", "href", "singleURL", "actionURL", "messageUrl"}

// card reads a tree of objects from top to bottom. Parts that own reads itself
// are left to it; in the others the shown names are read, and texts are plain.
func (r *reading) card(v any, own func(map[string]any) bool) {
	switch v := v.(type) {
	case string:
		r.plain(v)
	case []any:
		for _, e := range v {
			r.card(e, own)
		}
	case map[string]any:
		if own(v) {
			return
		}
		before := r.b.Len()
		for _, name := range shown {
			r.card(v[name], own)
		}
		for _, name := range addresses {
			r.link(r.b.String()[before:], text(v, name))
		}
	}
}
