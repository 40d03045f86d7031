package notice

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/dustin/go-humanize"

	"github.com/imageferry/imageferry/internal/ledger"
)

// subject is the one line that people see first.
func (d Data) subject(verdict ledger.State) string {
	switch {
	case !d.Managed:
		return fmt.Sprintf("An image file appeared in %s (unmanaged)", d.Bucket)
	case verdict == ledger.Complete:
		return fmt.Sprintf("%s is in %s", d.label(), d.Bucket)
	case verdict == ledger.Partial:
		return fmt.Sprintf("%s arrived only in part: %d of %d files", d.label(), len(d.Files), len(d.Files)+len(d.Missing))
	}
	return fmt.Sprintf("%s was NOT exported: %s", d.label(), line(d.Reason))
}

// label names what is exported. An instance that has no image yet has its own id.
func (d Data) label() string {
	id := string(d.Image)
	if id == "" {
		id = string(d.Instance)
	}
	if d.Name == "" {
		return id
	}
	return fmt.Sprintf("%s (%s)", cut(line(d.Name), maxName), id)
}

// text says, a line each: what went wrong and what to do, the files, the figures,
// and what to quote when asking for help.
func (d Data) text(verdict ledger.State) string {
	lines := d.trouble(verdict)
	if !d.Managed {
		lines = append(lines, "No plan of Image Ferry announced it; somebody exported it, for example with the console.")
	}
	for _, f := range d.Files {
		s := fmt.Sprintf("%s  %s", line(f.Key), size(f.Size))
		if f.CRC64 != "" {
			s += "  crc64 " + f.CRC64
		}
		lines = append(lines, s)
	}
	for _, key := range d.Missing {
		lines = append(lines, line(key)+"  MISSING")
	}
	if d.Managed && verdict == ledger.Complete && d.Seconds > 0 {
		lines = append(lines, fmt.Sprintf("%s in %s, %s/s.", size(d.Bytes), time.Duration(d.Seconds)*time.Second, size(d.Bytes/d.Seconds)))
	}
	if d.RequestID != "" && verdict != ledger.Complete {
		lines = append(lines, fmt.Sprintf("Request id for a ticket: %s.", line(d.RequestID)))
	}
	return strings.Join(append(lines, d.about()), "\n")
}

// trouble says what went wrong; the words are the cloud's where it gave any.
func (d Data) trouble(verdict ledger.State) (lines []string) {
	if verdict == ledger.Complete {
		return nil
	}
	if d.Detail != "" {
		lines = append(lines, sentence(d.Detail))
	}
	if d.Hint != "" {
		lines = append(lines, "What to do: "+sentence(d.Hint))
	}
	return lines
}

func sentence(s string) string { return strings.TrimSuffix(line(s), ".") + "." }

// maxName is how many characters of an image's name are shown: as many as CVM
// lets a name have (CreateImage).
const maxName = 60

// cut shortens s to n characters.
func cut(s string, n int) string {
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

func size(bytes int64) string { return humanize.IBytes(uint64(max(bytes, 0))) }
