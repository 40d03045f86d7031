package notice

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/dustin/go-humanize"

	"github.com/imageferry/imageferry/internal/cron"
)

// Limits of what a message shows; programs are given everything.
const (
	maxTitle = 120 // runes
	maxName  = 60  // runes of an image's name: as many as CVM lets it have (CreateImage, 213/16726)
	maxLine  = 900 // runes: more than the longest key has bytes (850), less than what the cloud might say
	maxItems = 10  // of a list
)

// say returns the words of the language, with the arguments in them. Both are
// written side by side, so that neither is forgotten when the other changes.
func (l Language) say(english, chinese string, args ...any) string {
	format := english
	if l == Chinese {
		format = chinese
	}
	return fmt.Sprintf(format, args...)
}

// time writes an instant in the time of the readers, with its zone.
func (l Language) time(t time.Time) string {
	if l == Chinese {
		return t.In(cron.Zone).Format("2006-01-02 15:04:05") + "（UTC+8）"
	}
	return t.UTC().Format("2006-01-02 15:04:05 MST")
}

func (l Language) duration(seconds int64) string {
	text := (time.Duration(seconds) * time.Second).String()
	if l == Chinese {
		return strings.NewReplacer("h", " 小时 ", "m", " 分 ", "s", " 秒").Replace(text)
	}
	return text
}

// times says how often. English counts the first time otherwise.
func (l Language) times(n int) string {
	if n == 1 && l != Chinese {
		return "once"
	}
	return l.say("%d times", "%d 次", n)
}

// size writes a number of bytes for people.
func size(bytes int64) string { return humanize.IBytes(uint64(max(bytes, 0))) }

// cut shortens s to n runes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}

// line keeps words that somebody else chose, such as an image's name, in the line
// that they stand in, and in its direction of writing.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}
