package export

import (
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// Look is a set of things to look at in the image bucket before deciding.
type Look uint8

// What can be looked at.
const (
	LookNames   Look = 1 << iota // what stands under the export's prefix: one LIST
	LookUploads                  // whether an upload is running under it: one LIST
	LookFiles                    // each expected file: one HEAD a file
	LookImage                    // the image that is made of the instance
	LookSurplus                  // images made of the instance that need not stay
	LookInside                   // what is in the expected files that are there: two to four ranged GETs a file
)

// Seen is what was found.
type Seen struct {
	Looked   Look
	Standing []string      // LookNames: keys under the prefix
	Uploads  []string      // LookUploads: keys to which an upload is running
	Files    []ledger.File // LookFiles: the expected files that are there, with content; after LookInside with what is in them
	// Unreadable is, of LookInside, why a file could not be looked into, where another
	// look would not help or has no time left.
	Unreadable string
	Image      *image.Image // LookImage: nil if it is not there
	Surplus    []string     // LookSurplus: their ids
}

// Situation is everything that [Decide] knows.
type Situation struct {
	Now      time.Time
	Entry    ledger.Entry // newest; Seq 0 and only Request set where no log exists yet
	Seen     Seen
	Quiet    time.Duration  // see [Driver.Quiet]
	NoCVM    bool           // whoever asks may not call CVM: what needs it waits for another tick
	Channels []plan.Channel // that there are
	Running  int            // exports under way; negative where nobody counted
}

// overdue reports whether the deadline has passed. Nothing is started after it:
// the files would be called missing before they could land.
func (s Situation) overdue() bool { return !s.Now.Before(s.Entry.Request.Deadline) }

// expected returns the keys that the export writes: by CVM's word, where it gave it.
// Of somebody else's export all that is known is what is there.
func (s Situation) expected() []string {
	switch r := s.Entry.Request; {
	case s.Entry.Expected != nil:
		return s.Entry.Expected
	case r.Origin == ledger.Observed && r.Set != "":
		// A stale listing need not show what an event told of; a look at the file does.
		return image.SetMembers(r.Set, r.Format, append(slices.Clone(s.Seen.Standing), r.File))
	}
	return s.Entry.Request.Files()
}

// need reports whether all of l was looked at; if not, the step is to look.
func (s Situation) need(l Look) (Step, bool) {
	left := l &^ s.Seen.Looked
	return Step{Look: left}, left == 0
}

// missing returns the expected files that were not seen.
func (s Situation) missing() []string {
	return slices.DeleteFunc(slices.Clone(s.expected()), func(key string) bool {
		return slices.ContainsFunc(s.Seen.Files, func(f ledger.File) bool { return f.Key == key })
	})
}
