// Package functions_test checks serverless.yml against the code. The deployment
// tool checks next to nothing (a misspelt runtime or trigger type passes), so
// what can be known before a deployment is held here.
package functions_test

import (
	"bytes"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/goccy/go-yaml"

	"github.com/imageferry/imageferry/internal/config"
	"github.com/imageferry/imageferry/internal/cron"
)

// deployment is serverless.yml of the component multi-scf (1154/38787), as far
// as we use it. Decoding is strict: a field that is not here is a mistake.
type deployment struct {
	App, Stage, Component, Name string
	Inputs                      struct {
		Src          struct{ Src string }
		Region       string
		Runtime      string
		Type         string
		Namespace    string
		MemorySize   int `yaml:"memorySize"`
		Environments []pair
		Tags         []pair
		Functions    map[string]struct {
			Name, Description, Handler, Role string
			Timeout                          int
		}
		Triggers []trigger
	}
}

type pair struct{ Key, Value string }

type trigger struct {
	Type, Function string
	Parameters     struct {
		Name           string
		CronExpression string `yaml:"cronExpression"`
		Argument       string
		Enable         *bool
		Qualifier      string
		AuthType       string `yaml:"authType"`
		NetConfig      *struct {
			EnableIntranet bool `yaml:"enableIntranet"`
			EnableExtranet bool `yaml:"enableExtranet"`
		} `yaml:"netConfig"`
		Bucket string
		Filter *struct{ Prefix, Suffix string }
		Events string
	}
}

func load(t *testing.T) (deployment, string) {
	t.Helper()
	text, err := os.ReadFile("../serverless.yml")
	if err != nil {
		t.Fatal(err)
	}
	var d deployment
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&d); err != nil {
		t.Fatal(yaml.FormatError(err, false, true))
	}
	return d, string(text)
}

func TestServerlessFunctions(t *testing.T) {
	d, _ := load(t)
	if d.Component != "multi-scf" || d.Inputs.Runtime != "Go1" || d.Inputs.Type != "event" || d.Inputs.Src.Src != "./dist/scf" {
		t.Errorf("component %q, runtime %q, type %q, src %q", d.Component, d.Inputs.Runtime, d.Inputs.Type, d.Inputs.Src.Src)
	}
	for name, f := range d.Inputs.Functions {
		if _, err := os.Stat(name + "/main.go"); err != nil || f.Handler != name {
			t.Errorf("function %q has handler %q; the handler is the name of a binary built from functions/", name, f.Handler)
		}
		// A claim outlasts its invocation by 51 seconds; much longer ones would
		// hold an export up for long after a crash.
		if f.Timeout < 30 || f.Timeout > 300 || f.Role == "" {
			t.Errorf("function %q: timeout %d s, role %q", name, f.Timeout, f.Role)
		}
	}
}

func TestServerlessSettings(t *testing.T) {
	d, text := load(t)
	fields, err := env.GetFieldParams(&config.Config{})
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]env.FieldParams{}
	for _, f := range fields {
		known[f.Key] = f
	}
	given := map[string]bool{}
	for _, e := range d.Inputs.Environments {
		given[e.Key] = true
		if _, ok := known[e.Key]; !ok {
			t.Errorf("setting %s is unknown to the functions", e.Key)
		}
	}
	for name, f := range known {
		if f.Required && !given[name] {
			t.Errorf("setting %s is required and not passed", name)
		}
	}
	guide, err := os.ReadFile("../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\$\{env:([A-Z_]+)\}`).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(string(guide), m[1]+"=") {
			t.Errorf("docs/deploy.md does not say how to set %s", m[1])
		}
	}
}

func TestServerlessTriggers(t *testing.T) {
	d, _ := load(t)
	count := map[string]int{}
	for _, tr := range d.Inputs.Triggers {
		p := tr.Parameters
		count[tr.Type+" "+tr.Function]++
		if tr.Type != "http" && (p.Enable == nil || !*p.Enable) {
			t.Errorf("%s trigger %q is not enabled; the tool's default is off", tr.Type, p.Name)
		}
		switch tr.Type {
		case "timer":
			schedule, err := cron.Parse(p.CronExpression)
			if err != nil {
				t.Errorf("timer %q: %v", p.Name, err)
			}
			// Sweeps that overlap are safe, and a waste.
			first := schedule.Next(time.Unix(0, 0))
			if gap, most := schedule.Next(first).Sub(first), time.Duration(d.Inputs.Functions[tr.Function].Timeout)*time.Second; gap < most {
				t.Errorf("timer %q fires every %s, and a run may take %s", p.Name, gap, most)
			}
			if !slices.Contains([]string{`{"plan":"nightly"}`, `{"sweep":true}`}, p.Argument) {
				t.Errorf("timer %q has argument %s", p.Name, p.Argument)
			}
		case "http":
			if p.Qualifier != "$DEFAULT" || p.AuthType == "" || p.NetConfig == nil || !p.NetConfig.EnableExtranet {
				t.Errorf("http trigger leaves qualifier, authType or netConfig to the tool's defaults: %+v", p)
			}
		case "cos":
			if !strings.HasPrefix(p.Bucket, "${env:FERRY_IMAGE_BUCKET}.cos.") || p.Events != "cos:ObjectCreated:*" || p.Filter == nil || p.Filter.Suffix != "" {
				t.Errorf("cos trigger: bucket %q, events %q, filter %+v", p.Bucket, p.Events, p.Filter)
			}
		}
	}
	want := map[string]int{"timer export": 2, "http export": 1, "cos notify": 1}
	if !reflect.DeepEqual(count, want) {
		t.Errorf("triggers %v, want %v", count, want)
	}
}
