package channel

import "github.com/imageferry/imageferry/internal/notice"

// teamsBytes is the most that Teams shows of a card; more is taken and not shown
// (learn.microsoft.com, connectors-using; unverified for Workflows).
const teamsBytes = 28_000

// composeTeams makes an Adaptive Card for a Workflow. Its text is in TextRuns,
// which are no Markdown, unlike a TextBlock (adaptivecards.io); links are buttons.
// The workflow answers 202 before it has shown anything, so that is all that can
// be known.
func (r *route) composeTeams(d *Delivery) (letter, error) {
	size := func(m notice.Message) int { return len(encode(teamsBody(m))) }
	return jsonLetter(r.address.Reveal(), teamsBody(fit(d.Message, teamsBytes, size))), nil
}

type teamsMessage struct {
	Type        string            `json:"type"`
	Attachments []teamsAttachment `json:"attachments"`
}

type teamsAttachment struct {
	Type    string    `json:"contentType"`
	Content teamsPart `json:"content"`
}

// teamsPart is a card, or a part of one.
type teamsPart struct {
	Type    string      `json:"type"`
	Version string      `json:"version,omitempty"`
	Teams   *teamsWidth `json:"msteams,omitempty"`
	Body    []teamsPart `json:"body,omitempty"`
	Inlines []teamsPart `json:"inlines,omitempty"`
	Text    string      `json:"text,omitempty"`
	Weight  string      `json:"weight,omitempty"`
	Size    string      `json:"size,omitempty"`
	Colour  string      `json:"color,omitempty"`
	Actions []teamsPart `json:"actions,omitempty"`
	Title   string      `json:"title,omitempty"`
	URL     string      `json:"url,omitempty"`
}

type teamsWidth struct {
	Width string `json:"width"`
}

var teamsColours = map[notice.Severity]string{notice.Info: "good", notice.Warning: "warning", notice.Error: "attention"}

func teamsBody(m notice.Message) teamsMessage {
	card := teamsPart{Type: "AdaptiveCard", Version: "1.4", Teams: &teamsWidth{"Full"}}
	card.Body = append(card.Body, teamsLine(teamsPart{
		Type: "TextRun", Text: plain(m.Title), Weight: "bolder", Size: "medium", Colour: teamsColours[m.Severity],
	}))
	for _, l := range m.Lines {
		if to := href(l.URL); to != "" {
			button := teamsPart{Type: "Action.OpenUrl", Title: labelled(l), URL: to}
			card.Body = append(card.Body, teamsPart{Type: "ActionSet", Actions: []teamsPart{button}})
			continue
		}
		text := teamsPart{Type: "TextRun", Text: plain(l.Text)}
		if l.Label == "" {
			card.Body = append(card.Body, teamsLine(text))
		} else {
			card.Body = append(card.Body, teamsLine(teamsPart{Type: "TextRun", Text: plain(l.Label), Weight: "bolder"}, text))
		}
	}
	return teamsMessage{"message", []teamsAttachment{{"application/vnd.microsoft.card.adaptive", card}}}
}

func teamsLine(runs ...teamsPart) teamsPart { return teamsPart{Type: "RichTextBlock", Inlines: runs} }
