package config

import (
	"fmt"
	"reflect"

	"github.com/imageferry/imageferry/internal/secret"
)

// Variable is a variable of the environment that plans.yaml names because it
// holds a secret, such as the address of a channel.
type Variable struct {
	Name string // starts with FERRY_
	For  string // for errors, such as "the url of channel oncall"
}

// IsSetting reports whether a variable is one of the settings of [Config]; the
// environment also holds those that channels name.
func IsSetting(name string) bool {
	for f := range reflect.TypeFor[Config]().Fields() {
		if variable(f.Name) == name {
			return true
		}
	}
	return false
}

// lendable are the settings that a channel may name too: they are an address and
// a key themselves. The value of any other would be sent to strangers.
var lendable = map[string]bool{"FERRY_WEBHOOK_URL": true, "FERRY_WEBHOOK_SECRET": true}

// Taken reports whether no channel may name a variable, because it is a setting, or
// FERRY_URL, which tells programs that call the API where it is.
func Taken(name string) bool { return name == "FERRY_URL" || IsSetting(name) && !lendable[name] }

// named returns the values of variables, and notes those that are not there. One
// that is empty would be a channel that is silent.
func (m *mistakes) named(values map[string]string, list []Variable) map[string]secret.Text {
	got := map[string]secret.Text{}
	for _, v := range list {
		switch {
		case Taken(v.Name):
			m.note(v.Name, fmt.Errorf("is a setting; name another variable for %s in plans.yaml", v.For))
		case values[v.Name] == "":
			m.note(v.Name, fmt.Errorf("is required for %s in plans.yaml", v.For))
		}
		got[v.Name] = secret.New(values[v.Name])
	}
	return got
}
