package plan

import (
	"fmt"
	"strings"
	"unicode"
)

// ParseMailbox reads a person's address in one of the two forms that people write,
// ferry@example.com and Image Ferry <ferry@example.com>. It takes less than RFC
// 5322 allows (no quotes, no comments, no address outside ASCII), so that neither
// part can break out of a header or a command of SMTP.
func ParseMailbox(s string) (name, address string, err error) {
	address = s
	if before, inside, ok := strings.Cut(s, "<"); ok {
		name, address = strings.TrimSpace(before), strings.TrimSuffix(inside, ">")
		ok = strings.HasSuffix(inside, ">") && name != "" && strings.IndexFunc(name, oddInName) < 0
		if !ok {
			return "", "", fmt.Errorf("address %q: want ferry@example.com or Image Ferry <ferry@example.com>", s)
		}
	}
	user, host, _ := strings.Cut(address, "@")
	if !dotted(user, "!#$%&'*+-/=?^_`{|}~") || !dotted(host, "-") || len(address) > maxAddress {
		return "", "", fmt.Errorf("address %q: want ferry@example.com or Image Ferry <ferry@example.com>", s)
	}
	return name, address, nil
}

// maxAddress is the most bytes of an address (RFC 5321, 4.5.3.1.3, without its
// angle brackets).
const maxAddress = 254

// oddInName are the characters that mean something in a header.
func oddInName(r rune) bool {
	return r == unicode.ReplacementChar || !unicode.IsPrint(r) || strings.ContainsRune(`"(),:;<>@[\]`, r)
}

// dotted reports whether s is words with dots between them, of letters, digits
// and some other characters.
func dotted(s, others string) bool {
	for word := range strings.SplitSeq(s, ".") {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool {
			letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
			return !letter && !strings.ContainsRune(others, r)
		}) {
			return false
		}
	}
	return true
}

func validMailbox(field, s string) error {
	if _, _, err := ParseMailbox(s); err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	return nil
}
