package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/config"
)

var named = []config.Variable{
	{Name: "FERRY_CHAT_URL", For: "the url of channel oncall"},
	{Name: "FERRY_CHAT_SECRET", For: "the secret of channel oncall"},
	{Name: "FERRY_CHAT_URL", For: "the url of channel spare"}, // two channels may share an address
	{Name: "FERRY_WEBHOOK_URL", For: "the fallback of channel spare"},
}

func TestNamed(t *testing.T) {
	t.Parallel()
	c, err := config.Parse(environ(map[string]string{"FERRY_CHAT_URL": "https://canary.example", "FERRY_CHAT_SECRET": "canary"}), named...)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Named) != 3 || c.Named["FERRY_CHAT_URL"].Reveal() != "https://canary.example" || c.Named["FERRY_CHAT_SECRET"].Reveal() != "canary" ||
		c.Named["FERRY_WEBHOOK_URL"].Reveal() != hook {
		t.Errorf("%d variables, not as set", len(c.Named))
	}
}

func TestNamedErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change map[string]string
		more   []config.Variable
		want   []string
	}{
		{"missing and empty", map[string]string{"FERRY_CHAT_URL": "-", "FERRY_CHAT_SECRET": ""}, nil, []string{
			"FERRY_CHAT_URL: is required for the url of channel oncall in plans.yaml",
			"FERRY_CHAT_SECRET: is required for the secret of channel oncall in plans.yaml",
		}},
		{"fallback that is not there", map[string]string{"FERRY_WEBHOOK_URL": "-"}, nil, []string{
			"FERRY_WEBHOOK_URL: is required for the fallback of channel spare in plans.yaml",
		}},
		{"named by nobody", map[string]string{"FERRY_CHAT_TOKEN": "canary"}, nil, []string{
			"FERRY_CHAT_TOKEN: no such setting, and no channel in plans.yaml names it; docs/settings.md lists the settings",
		}},
		{"settings", map[string]string{"FERRY_URL": "canary"}, []config.Variable{
			{Name: "FERRY_TOKEN", For: "the url of channel a"}, {Name: "FERRY_REGION", For: "the url of channel b"}, {Name: "FERRY_URL", For: "the url of channel c"},
		}, []string{
			"FERRY_TOKEN: is a setting; name another variable for the url of channel a in plans.yaml",
			"FERRY_REGION: is a setting; name another variable for the url of channel b in plans.yaml",
			"FERRY_URL: is a setting; name another variable for the url of channel c in plans.yaml",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			values := map[string]string{"FERRY_CHAT_URL": "https://canary.example", "FERRY_CHAT_SECRET": "canary"}
			for name, value := range tt.change {
				values[name] = value
			}
			_, err := config.Parse(environ(values), slices.Concat(named, tt.more)...)
			if err == nil {
				t.Fatal("taken")
			}
			if got := strings.Split(err.Error(), "\n"); !slices.Equal(got, tt.want) {
				t.Errorf("got\n%v\nwant\n%s", err, strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestTaken(t *testing.T) {
	t.Parallel()
	for _, name := range variables(t) {
		if want := !strings.HasPrefix(name, "FERRY_WEBHOOK_"); config.Taken(name) != want || !config.IsSetting(name) {
			t.Errorf("%s: taken %v, a setting %v", name, config.Taken(name), config.IsSetting(name))
		}
	}
	if config.Taken("FERRY_CHAT_URL") || !config.Taken("FERRY_URL") || config.IsSetting("FERRY_URL") {
		t.Error("what is no setting is taken for one")
	}
}
