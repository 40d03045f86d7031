package inbox

import (
	"net/http"
	"strings"
)

const teamsBytes = 28 << 10 // learn.microsoft.com, connectors-using

// receiveTeams plays the HTTP trigger of a Teams Workflow. The trigger accepts
// any JSON with 202; what the workflow cannot show then fails unseen, which
// Problem tells. Codes are Logic Apps', not verified.
func (in *Inbox) receiveTeams(m *Message, r *http.Request, body []byte) answer {
	v, ok := tree(body)
	m.Type = text(v, "type")
	m.Text = readable(v, string(m.Body))
	switch {
	case !strings.HasSuffix(r.URL.Path, "/triggers/manual/paths/invoke"):
		return m.logicApps(http.StatusNotFound, "WorkflowTriggerNotFound")
	case r.Method != http.MethodPost:
		return m.logicApps(http.StatusMethodNotAllowed, "MethodNotAllowed")
	case r.URL.Query().Get("sig") == "":
		return m.logicApps(http.StatusUnauthorized, "DirectApiAuthorizationRequired")
	case !ok:
		return m.logicApps(http.StatusBadRequest, "InvalidRequestContent")
	case len(body) > teamsBytes:
		m.Problem = "accepted, but Teams does not show messages over 28 KB"
	case !adaptive(v):
		m.Problem = "accepted, but the workflow shows nothing without an Adaptive Card"
	}
	return plain(http.StatusAccepted, "")
}

// adaptive reports whether a message is an Adaptive Card as Workflows want it.
func adaptive(v map[string]any) bool {
	attachments, _ := v["attachments"].([]any)
	return text(v, "type") == "message" && len(attachments) > 0 &&
		text(attachments[0], "contentType") == "application/vnd.microsoft.card.adaptive" &&
		text(attachments[0], "content", "type") == "AdaptiveCard"
}

func (m *Message) logicApps(status int, code string) answer {
	return m.refuse(code, object(status, map[string]any{"error": map[string]any{"code": code, "message": code}}))
}
