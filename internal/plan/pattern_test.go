package plan

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"web", []string{"web"}, []string{"", "Web", "web1", "my web"}},
		{"web-*", []string{"web-", "web-1", "web-*"}, []string{"web", "my web-1"}},
		{"*web*", []string{"web", "my web-1"}, []string{"we b"}},
		{"*", []string{"", "a/b", "网站"}, nil},
		{"??", []string{"ab", "网站"}, []string{"", "a", "abc"}},
		{"*-?", []string{"a-b-c", "--"}, []string{"a-", "a-bc"}},
		{"a.[b]", []string{"a.[b]"}, []string{"axb"}},
		{"", []string{""}, []string{"a"}},
	}
	for _, tt := range tests {
		for _, text := range tt.yes {
			if !match(tt.pattern, text) {
				t.Errorf("%q does not match %q", tt.pattern, text)
			}
		}
		for _, text := range tt.no {
			if match(tt.pattern, text) {
				t.Errorf("%q matches %q", tt.pattern, text)
			}
		}
	}
}

// A pattern means what its regular expression means.
func TestMatchIsARegularExpression(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.RuneFrom([]rune("ab.网**?")), 0, 10, -1).Draw(t, "pattern")
		text := rapid.StringOfN(rapid.RuneFrom([]rune("aab.网*?\n")), 0, 12, -1).Draw(t, "text")
		same := regexp.MustCompile("(?s)^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern)) + "$")
		if got, want := match(pattern, text), same.MatchString(text); got != want {
			t.Fatalf("%q and %q: %v, want %v", pattern, text, got, want)
		}
	})
}

// The worst pattern must not hold up a function.
func TestMatchEndsSoon(t *testing.T) {
	t.Parallel()
	if match(strings.Repeat("*a", 1000)+"b", strings.Repeat("a", 10_000)) {
		t.Error("matches")
	}
}
