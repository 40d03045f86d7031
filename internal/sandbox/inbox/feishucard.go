package inbox

import "strings"

// What Feishu reads in its texts, by the pages on cards at open.feishu.cn: a
// component of tag markdown knows headings and lists, lark_md does not; both take
// character references for signs that shall have no meaning.
var (
	larkMarkdown = dialect{blocks: true, emphasis: true, entities: true, tags: " at a font br "}
	larkMD       = dialect{emphasis: true, entities: true, tags: " at a font br "}
	larkText     = dialect{tags: " at "} // of msg_type text
)

func readFeishu(v map[string]any, m *Message) {
	var r reading
	if m.Type == "text" {
		r.markdown(larkText, text(v, "content", "text"))
		r.into(m)
		return
	}
	card, _ := v["card"].(map[string]any)
	header, _ := card["header"].(map[string]any)
	m.Subject = text(header, "title", "content")
	r.matter(text(header, "template"))
	r.card([]any{v["content"], v["card"]}, r.larkPart)
	r.into(m)
}

// larkPart reads what stands in a card or post under a tag.
func (r *reading) larkPart(v map[string]any) bool {
	if lines := list(v, "content"); lines != nil { // a post, which is an array of lines of runs
		r.plain(text(v, "title"))
		for _, line := range lines {
			r.block()
			runs, _ := line.([]any)
			for _, run := range runs {
				r.larkRun(run)
			}
		}
		return true
	}
	switch text(v, "tag") {
	case "plain_text":
		r.plain(text(v, "content"))
	case "lark_md":
		r.markdown(larkMD, text(v, "content"))
	case "markdown":
		r.markdown(larkMarkdown, text(v, "content"))
	case "button":
		r.button(text(v, "text", "content"), larkAddress(v))
	default:
		return false
	}
	return true
}

// larkAddress returns where a button leads, in either version of the schema.
func larkAddress(button map[string]any) string {
	for _, b := range list(button, "behaviors") {
		if text(b, "type") == "open_url" {
			return text(b, "default_url")
		}
	}
	return text(button, "url")
}

// larkRun reads one run of text in a line of a post.
func (r *reading) larkRun(run any) {
	switch text(run, "tag") {
	case "text":
		r.literal(text(run, "text"))
	case "md":
		r.inline(larkMarkdown, text(run, "text"))
	case "a":
		r.b.WriteString(text(run, "text"))
		r.link(text(run, "text"), text(run, "href"))
	case "at":
		who := text(run, "user_id")
		r.mention(who)
		r.b.WriteString("@" + strings.TrimPrefix(text(run, "user_name")+who, "@"))
	}
}

// button reads something that a person presses: its name, which has no markup,
// and where it leads.
func (r *reading) button(name, url string) {
	r.plain(name)
	r.link(name, url)
}
