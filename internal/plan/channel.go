package plan

import "slices"

// The services that carry notices, as [Channel.Service] names them.
const (
	WeCom    = "wecom"
	DingTalk = "dingtalk"
	Feishu   = "feishu" // Lark as well
	Slack    = "slack"
	Teams    = "teams"
	Telegram = "telegram"
	Mail     = "mail"
	Webhook  = "webhook"
)

// Services are all of them.
var Services = []string{WeCom, DingTalk, Feishu, Slack, Teams, Telegram, Mail, Webhook}

// Channel is one way in which people are told. It names the environment variables
// that hold its secrets, and never holds one itself: plans.json lies in a zip.
type Channel struct {
	Name     string   `json:"-"`
	Service  string   `json:"service"`
	URL      string   `json:"url"`                // name of the variable that holds the address, which can itself be a secret
	Secret   string   `json:"secret,omitempty"`   // name of the variable that holds the signing keys
	From     string   `json:"from,omitempty"`     // Mail only: the sender
	To       []string `json:"to,omitempty"`       // Mail: the receivers; Telegram: the one chat
	Language string   `json:"language,omitempty"` // en or zh; empty: en
	Hears    []string `json:"hears,omitempty"`    // of [Kinds] and [Severities]; empty: the usual
	Plans    []string `json:"plans,omitempty"`    // patterns of their names; empty: all, and exports that no plan asked for
	Fallback string   `json:"fallback,omitempty"` // the channel that gets what this one could not deliver
	NoLinks  bool     `json:"noLinks,omitempty"`  // leave out links that let everybody who reads them download
	Private  bool     `json:"private,omitempty"`  // Webhook only: the address may lie in a private network

	// Address is a mark of the address, by which a new one is known from an old one.
	// Whoever knows the address sets it.
	Address string `json:"-"`
}

// Receiver is the name under which it is remembered that whoever listens on the
// channel, at its present address, wants to hear nothing more.
func (c Channel) Receiver() string { return c.Name + "." + c.Address }

// Wants reports whether the channel hears of a kind in a plan; an export that no
// plan asked for has an empty one.
func (c Channel) Wants(plan, kind string) bool {
	if len(c.Plans) > 0 && !slices.ContainsFunc(c.Plans, func(p string) bool { return plan != "" && match(p, plan) }) {
		return false
	}
	return Hears(c.Hears, kind)
}
