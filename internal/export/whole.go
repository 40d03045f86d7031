package export

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// An export is whole when every expected file is there, nobody writes to one any
// more, and each has been looked into and is a disk. Only then is it a success: a
// task that has ended says no more than that somebody stopped writing.

// Reasons of verdicts; stable, for programs.
const (
	reasonNothing    = "nothing-landed" // the deadline passed, and no file is there
	reasonMissing    = "files-missing"  // the deadline passed, and some are not
	reasonSuspicious = "suspicious"     // a file is a disk, and something about it is not as it must be
	reasonNoDisk     = "not-a-disk"     // a file is none
	reasonUnread     = "not-verified"   // the files are there, and we may not look into them
)

// await: the cloud is writing.
func await(s Situation) Step {
	if step, ok := s.needFiles(); !ok {
		return step
	}
	observed := s.Entry.Request.Origin == ledger.Observed
	all := len(s.Seen.Files) == len(s.expected())
	late := s.overdue() && !s.Now.Before(s.Entry.Started.Add(s.Quiet))
	switch {
	case observed && !s.leads():
		s.Channels = nil // it has gone before anybody was told, or is told of with others
		return s.fail("gone", "the file was removed again, or belongs to a set", "")
	case !all && !late:
		return Step{}
	}
	if step, ok := s.need(LookUploads); !ok {
		return step
	}
	switch {
	case all && s.writing() && !late: // what is there is about to be replaced, or joined
		return Step{}
	case !all && len(s.Seen.Uploads) > 0 && s.Now.Before(s.Entry.Request.Deadline.Add(lateness)):
		return s.stalled(
			fmt.Sprintf("the deadline passed with %d of %d files there, and an upload is still running", len(s.Seen.Files), len(s.expected())),
			"nothing to do yet: it is told of again when it has ended; a longer deadline in the plan avoids this notice")
	}
	if step, ok := s.need(LookInside); !ok {
		return step
	}
	if s.Seen.Unreadable != "" && !late {
		return s.stalled("the files are there, and could not be looked into: "+s.Seen.Unreadable,
			"let the role of the function read the objects of the bucket (GetObject); it is tried again until the deadline")
	}
	return s.judge()
}

// needFiles reports whether it is known which of the expected files are there. Of a
// set the uploads are asked for first: one that ends meanwhile shows as a file, where
// the other way round it would show as neither.
func (s Situation) needFiles() (Step, bool) {
	if s.Entry.Request.Set != "" {
		for _, l := range []Look{LookUploads, LookNames} {
			if step, ok := s.need(l); !ok {
				return step, false
			}
		}
	}
	return s.need(LookFiles)
}

// writing reports whether somebody writes to a file of the export.
func (s Situation) writing() bool {
	r := s.Entry.Request
	if r.Set != "" {
		return len(image.SetMembers(r.Set, r.Format, s.Seen.Uploads)) > 0
	}
	return slices.ContainsFunc(s.expected(), func(key string) bool { return slices.Contains(s.Seen.Uploads, key) })
}

// leads reports whether a file that somebody else exported is there, and is the
// first of its set: the set is told of under that one's name.
func (s Situation) leads() bool {
	return len(s.Seen.Files) > 0 && s.Seen.Files[0].Key == s.Entry.Request.File
}

// stalled: something is late, but not over. People are told once, and it is waited for.
func (s Situation) stalled(detail, hint string) Step {
	if !s.Entry.Stalled.IsZero() {
		return Step{}
	}
	next := s.Entry.Next(ledger.Accepted, s.Now)
	next.Stalled = s.Now.UTC()
	return Step{Append: &next, Rest: true, News: &ledger.Told{Kind: ledger.KindStalled, Export: s.Entry.Request.ID, Detail: detail, Hint: hint}}
}

// judge reaches the verdict on what is there: nothing more is waited for.
func (s Situation) judge() Step {
	missing, flawed := s.missing(), s.flawed()
	if len(missing)+len(flawed) == 0 {
		return s.conclude(ledger.Complete, "", "", "")
	}
	verdict := ledger.Partial
	if len(s.Seen.Files) == len(flawed) {
		verdict = ledger.Failed
	}
	var detail []string
	if len(missing) > 0 {
		detail = append(detail, fmt.Sprintf("the deadline passed and %d of %d files are missing: %s", len(missing), len(s.expected()), strings.Join(missing, ", ")))
	}
	for _, f := range flawed {
		detail = append(detail, f.Key+" "+flaw(f))
	}
	if s.Seen.Unreadable != "" {
		detail = append(detail, s.Seen.Unreadable)
	}
	reason, hint := s.cause(missing, flawed)
	return s.conclude(verdict, reason, strings.Join(detail, "; "), hint)
}

// cause is the reason of a bad verdict, the worst one, with the way out.
func (s Situation) cause(missing []string, flawed []ledger.File) (reason, hint string) {
	if s.Entry.Request.Origin == ledger.Observed && len(flawed) > 0 && s.Seen.Unreadable == "" {
		return string(worst(flawed)), "do not rely on these files: whoever exported them should do so again; imageferry verify looks at a file at any time"
	}
	const again = "the task may have died silently: export the image again; if it repeats, open a ticket with the task id"
	switch {
	case len(missing) > 0 && len(s.Seen.Files) == 0:
		return reasonNothing, again
	case len(missing) > 0:
		return reasonMissing, again
	case worst(flawed) == diskimage.NotADisk:
		return reasonNoDisk, "do not rely on these files: export the image again; if it repeats, open a ticket with the task id"
	case worst(flawed) == diskimage.Suspicious:
		return reasonSuspicious, "check the file with imageferry verify before you rely on it, and export the image again; docs/failures/not-whole.md says what each finding means"
	}
	return reasonUnread, "see why the file cannot be read: let the role of the function read the objects of the bucket (GetObject), or wait for COS; imageferry verify looks at the file again; then retry the export"
}

// worst returns the worst that was found in files; empty where none could be looked into.
func worst(flawed []ledger.File) (v diskimage.Verdict) {
	for _, f := range flawed {
		if f.Check != nil && v != diskimage.NotADisk {
			v = f.Check.Verdict
		}
	}
	return v
}

// flawed returns the files that are there and are not known to be whole disks.
func (s Situation) flawed() []ledger.File {
	return pick(s.Seen.Files, func(f ledger.File) bool { return f.Check == nil || f.Check.Verdict != diskimage.Verified })
}

func flaw(f ledger.File) string {
	switch {
	case f.Check == nil:
		return "could not be looked into"
	case len(f.Check.Findings) == 0:
		return "is " + string(f.Check.Verdict)
	}
	return "is " + string(f.Check.Verdict) + ": " + f.Check.Findings[0].Detail
}

// wanted is what a file of an export must hold, as far as that is known.
func wanted(r ledger.Request, key string) diskimage.Want {
	f, _ := image.ParseFile(key)
	w := diskimage.Want{Format: r.Format, AnyData: r.AnyData, System: f.System()}
	disks := r.Image.Exported(r.RootOnly)
	for _, disk := range disks {
		if disk.Snapshot == f.Snapshot || len(disks) == 1 {
			w.Bytes, w.System = disk.GiB<<30, disk.System
		}
	}
	return w
}

// announced returns the keys that CVM says it will write, and those of disks that it
// forgot: CosPaths is its word, and the image's own snapshots are the cross-check.
func announced(r ledger.Request, paths []string) []string {
	keys := make([]string, len(paths))
	for i, p := range paths {
		keys[i] = strings.TrimPrefix(p, "/")
	}
	disks := r.Image.Exported(r.RootOnly)
	for i, key := range r.Files() {
		named := func(path string) bool { return strings.Contains(path, disks[i].Snapshot) }
		if len(paths) < len(disks) && !slices.ContainsFunc(paths, named) {
			keys = append(keys, key)
		}
	}
	return keys
}

// lateness is how long after the deadline an open upload is taken for a task
// that is alive. COS keeps an upload open until somebody ends it, and a task
// that died does not; without a limit nobody would ever hear of the export.
const lateness = 24 * time.Hour
