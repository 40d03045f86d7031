package plan_test

import (
	"net/mail"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/plan"
)

func TestParseMailbox(t *testing.T) {
	t.Parallel()
	for s, want := range map[string][2]string{
		"ferry@example.com":               {"", "ferry@example.com"},
		"Image Ferry <ferry@example.com>": {"Image Ferry", "ferry@example.com"},
		"镜像摆渡 <a.b+c@x-y.example>":        {"镜像摆渡", "a.b+c@x-y.example"},
		"root@localhost":                  {"", "root@localhost"},
		"O'Neill  <o'neill@example.com>":  {"O'Neill", "o'neill@example.com"},
	} {
		name, address, err := plan.ParseMailbox(s)
		if err != nil || name != want[0] || address != want[1] {
			t.Errorf("%s: %q, %q, %v", s, name, address, err)
		}
	}
	for _, s := range []string{
		"", "ferry", "@", "a@", "@b", "a@b@c", "a b@c", "<a@b>", "A <a@b", "A a@b>", "A <a@b> c", "A <<a@b>>", "a@b, c@d", "A, B <a@b>", `"A" <a@b>`,
		"a@b\n", "A\r\nBcc: x <a@b>", "A <a@b\r\n>", "a..b@c", ".a@b", "a@b.", "ä@b.example", "a@bücher.example", "A\u202e <a@b>", "A\xff <a@b>", "A: b <a@b>",
		"a@[127.0.0.1]", strings.Repeat("a", 250) + "@b.cc",
	} {
		if name, address, err := plan.ParseMailbox(s); err == nil {
			t.Errorf("%q is taken: %q, %q", s, name, address)
		}
	}
}

// What is taken is what others read in it, and nothing that ends a line.
func FuzzParseMailbox(f *testing.F) {
	for _, s := range []string{"a@b", "A <a@b>", "A.B. C <a@b>", "=?utf-8?q?x?= <a@b>", "a@b (c)", "A\t<a@b>", "a@b:25"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, address, err := plan.ParseMailbox(s)
		if err != nil {
			return
		}
		read, err := mail.ParseAddress((&mail.Address{Name: name, Address: address}).String())
		if err != nil || read.Address != address || read.Name != name {
			t.Errorf("%q: %q, %q; read as %v, %v", s, name, address, read, err)
		}
		if strings.ContainsAny(name+address, "\r\n\x00<>") {
			t.Errorf("%q: %q, %q", s, name, address)
		}
	})
}
