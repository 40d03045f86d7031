package soak

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/sandbox"
)

// trail is all that was asked of the cloud. The sandbox forgets what is older than
// some ten thousand requests, so its record is read while it grows.
type trail struct {
	lines      []string
	broken     bool // something was forgotten before it was read
	quit, done chan struct{}
}

func follow(s *sandbox.Sandbox) *trail {
	tr := &trail{quit: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(tr.done)
		for look := time.NewTicker(time.Second); ; {
			select {
			case <-look.C:
				tr.read(s.Requests())
			case <-tr.quit:
				look.Stop()
				tr.read(s.Requests())
				return
			}
		}
	}()
	return tr
}

// end stops following. The trail may be looked at from then on.
func (tr *trail) end() {
	close(tr.quit)
	<-tr.done
}

// read appends what is new in the record: what stands behind the last lines that
// are known. So many of them in this order do not come twice.
func (tr *trail) read(record []string) {
	const enough = 100
	tail := tr.lines[max(0, len(tr.lines)-enough):]
	if len(tail) == enough {
		i := len(record) - enough
		for i >= 0 && !slices.Equal(record[i:i+enough], tail) {
			i--
		}
		tr.broken = tr.broken || i < 0
		record = record[max(0, i+enough):]
	} else { // nothing was forgotten yet
		record = record[len(tail):]
	}
	tr.lines = append(tr.lines, record...)
}

var namesExport = regexp.MustCompile(`(fleet|single)-\d{8}t\d{6}z-soak\d{4}`)

// perExport counts the requests that name an export: its ledger objects, its
// marker, its files. Lists of all exports, descriptions of images and calls whose
// body names it belong to nobody.
func (tr *trail) perExport() map[image.ExportID]int {
	count := map[image.ExportID]int{}
	for _, line := range tr.lines {
		if id := namesExport.FindString(line); id != "" {
			count[image.ExportID(id)]++
		}
	}
	return count
}

// begin returns how many requests begin with this.
func (tr *trail) begin(start string) (n int) {
	for _, l := range tr.lines {
		if strings.HasPrefix(l, start) {
			n++
		}
	}
	return n
}
