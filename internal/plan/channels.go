package plan

import (
	"maps"
	"slices"

	"github.com/imageferry/imageferry/internal/config"
)

// Channels is all channels that people define, by name.
type Channels map[string]Channel

// BuiltIn is the channel of every deployment that has FERRY_WEBHOOK_URL. Nobody
// defines it, and plans and fallbacks can name it like any other.
var BuiltIn = Channel{Name: "webhook", Service: Webhook, URL: "FERRY_WEBHOOK_URL", Secret: "FERRY_WEBHOOK_SECRET"}

// Names returns the names of all channels, sorted.
func (c Channels) Names() []string { return slices.Sorted(maps.Keys(c)) }

// List returns all channels, sorted by name.
func (c Channels) List() []Channel {
	var list []Channel
	for _, name := range c.Names() {
		list = append(list, c[name])
	}
	return list
}

// Variables returns what the environment must hold for the channels to work, each
// with the field that names it, for [config.Parse].
func (c Channels) Variables() []config.Variable {
	var list []config.Variable
	for _, channel := range c.List() {
		list = append(list, channel.variable(channel.URL, "url"))
		if channel.Secret != "" {
			list = append(list, channel.variable(channel.Secret, "secret"))
		}
		if channel.Fallback == BuiltIn.Name {
			list = append(list, channel.variable(BuiltIn.URL, "fallback"))
		}
	}
	return list
}

func (c Channel) variable(name, field string) config.Variable {
	return config.Variable{Name: name, For: "the " + field + " of channel " + c.Name}
}

// known returns the names that plans and fallbacks can use.
func (c Channels) known() []string { return append(c.Names(), BuiltIn.Name) }

// circle returns the names that falling back from a channel goes through until it
// comes to that channel again; nil if it ends elsewhere.
func (c Channels) circle(name string) []string {
	way := []string{name}
	for next := c[name].Fallback; next != ""; next = c[next].Fallback {
		if next == name {
			return append(way, name)
		}
		if slices.Contains(way, next) {
			return nil // a circle that it only leads into
		}
		way = append(way, next)
	}
	return nil
}
