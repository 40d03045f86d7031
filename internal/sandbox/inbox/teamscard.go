package inbox

import "strings"

// cardWords is the Markdown of Adaptive Cards ("Text features"): emphasis, lists
// and links, as CommonMark has them, but no headings, quotes or HTML.
var cardWords = dialect{emphasis: true, escapes: true, entities: true}

func readTeams(v map[string]any, m *Message) {
	var r reading
	r.card(v, r.cardPart)
	for _, a := range list(v, "attachments") {
		attachment, _ := a.(map[string]any)
		card, _ := attachment["content"].(map[string]any)
		teams, _ := card["msteams"].(map[string]any)
		for _, e := range list(teams, "entities") {
			// One that stands in no text is not shown, and calls nobody.
			if name := text(e, "text"); text(e, "type") == "mention" && name != "" && strings.Contains(r.b.String(), name) {
				r.mention(text(e, "mentioned", "id"))
			}
		}
	}
	r.into(m)
}

// cardPart reads the elements of an Adaptive Card that have texts.
func (r *reading) cardPart(v map[string]any) bool {
	r.matter(text(v, "style"))
	r.matter(text(v, "color"))
	switch text(v, "type") {
	case "TextBlock":
		r.markdown(cardWords, text(v, "text"))
	case "RichTextBlock":
		r.block()
		for _, run := range list(v, "inlines") {
			r.textRun(run)
		}
	case "FactSet":
		for _, f := range list(v, "facts") {
			r.markdown(cardWords, text(f, "title"))
			r.b.WriteByte(' ') // they stand side by side
			r.inline(cardWords, text(f, "value"))
		}
	case "Action.OpenUrl":
		r.button(text(v, "title"), text(v, "url"))
	default:
		return false
	}
	return true
}

// textRun reads a run of text, which has no markup but may be pressed.
func (r *reading) textRun(v any) {
	if s, ok := v.(string); ok {
		r.b.WriteString(s)
		return
	}
	run, _ := v.(map[string]any)
	r.matter(text(run, "color"))
	r.b.WriteString(text(run, "text"))
	r.link(text(run, "text"), text(run["selectAction"], "url"))
}
