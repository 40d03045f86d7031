package channel

import (
	"strings"
	"unicode"

	"github.com/imageferry/imageferry/internal/notice"
)

// plain makes text that strangers may have chosen, such as the name of an image,
// harmless in any chat or mail program. Programs look for more in a text than its
// markup says: names after an @, addresses, host names. What could set them off is
// replaced by a character that people read the same way, and that they can see:
// invisible ones would break what is copied.
//
//   - what does not print, line ends and marks of direction included: a space
//   - @ : ＠
//   - the colon of :// : ：
//   - the dots of what looks like a host name or an IPv4 address: ·
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case !unicode.IsPrint(r):
			return ' '
		case r == '@':
			return '＠'
		}
		return r
	}, s)
	return strings.ReplaceAll(undot(s), "://", "：//")
}

// undot replaces the dots in words that look like host names.
func undot(s string) string {
	var b strings.Builder
	start := 0 // of the present word
	flush := func(end int) {
		word := s[start:end]
		if looksLikeHost(word) {
			word = strings.ReplaceAll(word, ".", "·")
		}
		b.WriteString(word)
	}
	for i, r := range s {
		if r != '.' && r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush(i)
			b.WriteRune(r)
			start = i + len(string(r))
		}
	}
	flush(len(s))
	return b.String()
}

// fileEndings are those of our own files. None is a domain of the internet, and
// their keys should stay as they are, to be copied.
var fileEndings = map[string]bool{"raw": true, "vhd": true, "vmdk": true, "json": true}

// looksLikeHost reports whether a program could make a link of a word, or of its
// beginning: a part of it could be a domain, it begins as web sites do, or it is
// four numbers.
func looksLikeHost(word string) bool {
	word = strings.ToLower(strings.Trim(word, "."))
	numbers := strings.Count(word, ".") >= 3 && strings.Trim(word, "0123456789.") == ""
	if numbers || strings.Contains(word, "www.") {
		return true
	}
	_, rest, _ := strings.Cut(word, ".")
	for part := range strings.SplitSeq(rest, ".") {
		end := strings.IndexFunc(part, func(r rune) bool { return !unicode.IsLetter(r) })
		if end < 0 {
			end = len(part)
		}
		inside := end < len(part) && part[end] != '-' && part[end] != '_' // of a word such as qcow2
		if end > 1 && !inside && !fileEndings[part] {
			return true
		}
	}
	return false
}

// href returns an address as it can stand in any markup: what could end the place
// where it stands is percent-encoded. It returns "" for what is no https address.
func href(address string) string {
	if !strings.HasPrefix(address, "https://") {
		return ""
	}
	var b strings.Builder
	for i := range len(address) {
		c := address[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~:/?#&+,;=%$", c) >= 0 {
			b.WriteByte(c)
		} else {
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// markup escapes what HTML and its relatives read: Telegram's, Slack's, mail.
var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// mark is put before the title where a service shows no colours.
func mark(s notice.Severity) string {
	switch s {
	case notice.Error:
		return "🔴 "
	case notice.Warning:
		return "🟠 "
	}
	return ""
}
