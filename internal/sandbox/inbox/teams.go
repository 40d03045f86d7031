package inbox

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

const teamsBytes = 28 << 10 // learn.microsoft.com, connectors-using

// teamsRate is what the same page allows connectors. What a workflow may do hangs
// on its owner's licence.
var teamsRate = []rate{{calls: 4, span: time.Second}, {calls: 60, span: 30 * time.Second}}

// receiveTeams plays the HTTP trigger of a Teams Workflow. The trigger accepts
// any JSON with 202; what the workflow cannot show then fails unseen, which
// Problem tells. Codes are Logic Apps', not verified.
func (in *Inbox) receiveTeams(m *Message, r *http.Request, body []byte) answer {
	v, ok := tree(body)
	sig := r.URL.Query().Get("sig")
	in.secret(m, sig) // it has none, but a name
	m.Type = text(v, "type")
	readTeams(v, m)
	switch {
	case !strings.HasSuffix(r.URL.Path, "/triggers/manual/paths/invoke"):
		return m.logicApps(http.StatusNotFound, "WorkflowTriggerNotFound")
	case r.Method != http.MethodPost:
		return m.logicApps(http.StatusMethodNotAllowed, "MethodNotAllowed")
	case sig == "":
		return m.logicApps(http.StatusUnauthorized, "DirectApiAuthorizationRequired")
	case !ok, !isJSON(r):
		return m.logicApps(http.StatusBadRequest, "InvalidRequestContent")
	}
	if wait := in.limits.admit("teams/"+sig, in.clock.Now(), teamsRate); wait > 0 {
		return m.logicApps(http.StatusTooManyRequests, "TooManyRequests").later(wait)
	}
	if len(body) > teamsBytes {
		m.Problem = "accepted, but Teams does not show messages over 28 KB"
	} else if why := unshown(v); why != "" {
		m.Problem = "accepted, but the workflow shows nothing: " + why
	}
	return plain(http.StatusAccepted, "")
}

// unshown says why a workflow could not post a message, or "".
func unshown(v map[string]any) string {
	attachments := list(v, "attachments")
	if text(v, "type") != "message" || len(attachments) == 0 {
		return `it wants {"type":"message","attachments":[…]}`
	}
	for _, a := range attachments {
		if text(a, "contentType") != "application/vnd.microsoft.card.adaptive" {
			return "it wants attachments that are Adaptive Cards"
		}
		part, _ := a.(map[string]any)
		if why := cardFault(part["content"]); why != "" {
			return why
		}
	}
	return ""
}

// cardFault says what an Adaptive Card lacks (adaptivecards.io, schema 1.5, the
// newest that Teams shows).
func cardFault(card any) string {
	version := text(card, "version")
	switch {
	case text(card, "type") != "AdaptiveCard":
		return "no Adaptive Card"
	case len(version) != 3 || version < "1.0" || version > "1.5":
		return fmt.Sprintf("version %q of the card is not 1.0 to 1.5", version)
	case len(list(card, "body")) == 0:
		return "the card has no body"
	}
	for _, name := range []string{"body", "actions"} {
		for _, e := range list(card, name) {
			if why := elementFault(e); why != "" {
				return why
			}
		}
	}
	return ""
}

func elementFault(e any) string {
	element, _ := e.(map[string]any)
	switch kind := text(e, "type"); kind {
	case "TextBlock":
		if _, ok := element["text"].(string); !ok {
			return "a TextBlock without text"
		}
	case "FactSet":
		for _, f := range list(e, "facts") {
			fact, _ := f.(map[string]any)
			_, title := fact["title"].(string)
			_, value := fact["value"].(string)
			if !title || !value {
				return "a fact without title or value"
			}
		}
	case "Action.OpenUrl":
		if url := text(e, "url"); addressLength(url) != len(url) || url == "" {
			return "an Action.OpenUrl without address"
		}
	case "Container", "Column", "ColumnSet", "ActionSet":
		for _, name := range []string{"items", "columns", "actions"} {
			for _, inner := range list(e, name) {
				if why := elementFault(inner); why != "" {
					return why
				}
			}
		}
	case "RichTextBlock":
		if len(list(e, "inlines")) == 0 {
			return "a RichTextBlock without inlines"
		}
	case "Image", "ImageSet", "Table", "Action.ToggleVisibility", "Action.ShowCard":
	default:
		return fmt.Sprintf("element %q", kind)
	}
	return ""
}

func (m *Message) logicApps(status int, code string) answer {
	return m.refuse(code, object(status, map[string]any{"error": map[string]any{"code": code, "message": code}}))
}
