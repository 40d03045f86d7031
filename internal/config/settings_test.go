package config_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"

	"github.com/imageferry/imageferry/internal/config"
)

func params(t *testing.T) []env.FieldParams {
	t.Helper()
	list, err := env.GetFieldParams(&config.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list, func(p env.FieldParams) bool { return p.OwnKey == "" })
}

func variables(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, p := range params(t) {
		names = append(names, p.Key)
	}
	return names
}

// docs/settings.md has a row for each variable, in the order of the struct, with
// its default.
func TestSettingsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	var order []string
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, "|"); len(cells) == 6 && strings.Contains(cells[1], "`") {
			name := strings.Trim(cells[1], " `")
			rows[name], order = cells[2:5], append(order, name)
		}
	}
	if want := variables(t); !slices.Equal(order, want) {
		t.Fatalf("the table has\n%q\nthe struct has\n%q", order, want)
	}
	for _, p := range params(t) {
		want := "none"
		switch {
		case p.NotEmpty || p.Required:
			want = "required"
		case p.HasDefaultValue:
			want = "`" + p.DefaultValue + "`"
		}
		row := rows[p.Key]
		if got := strings.TrimSpace(row[0]); got != want && !strings.HasPrefix(got, want+":") {
			t.Errorf("%s: the table says default %s, the struct %s", p.Key, got, want)
		}
		if strings.TrimSpace(row[1]) == "" || strings.TrimSpace(row[2]) == "" {
			t.Errorf("%s: form or meaning is missing", p.Key)
		}
		if !strings.HasPrefix(p.Key, "FERRY_") {
			t.Errorf("%s does not start with FERRY_", p.Key)
		}
	}
}
