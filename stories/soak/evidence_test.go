package soak

import (
	"context"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/imageferry/imageferry/internal/fsck"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

// evidence is all that is to be seen of one export from outside.
type evidence struct {
	id       image.ExportID
	disks    int
	log      []ledger.Entry
	tasks    []cvm.Task       // that CVM took, oldest first
	files    map[string]int64 // under its prefix, with sizes
	notices  []inbox.Message  // about it, in order of arrival
	requests int              // that name it
}

// collect gathers the evidence of every export that was due, by its id, and says
// what belongs to none of them.
func (s *soak) collect(t *testing.T) map[image.ExportID]*evidence {
	t.Helper()
	found := map[image.ExportID]*evidence{}
	for _, slot := range s.slots {
		for _, m := range fleet {
			id := image.ScheduledID("fleet", slot, m.id)
			found[id] = &evidence{id: id, disks: m.disks, files: map[string]int64{}}
		}
	}
	of := func(id image.ExportID, what string, args ...any) *evidence {
		if e := found[id]; e != nil {
			return e
		}
		t.Errorf(what+" is of no export that was due", args...)
		return &evidence{files: map[string]int64{}}
	}
	for _, task := range s.CVM.Tasks() {
		e := of(image.ExportID(task.Files[0].Prefix), "task %d with prefix %q", task.ID, task.Files[0].Prefix)
		e.tasks = append(e.tasks, task)
	}
	for _, o := range s.COS.List(sandbox.ImageBucket, "") {
		prefix, _, _ := strings.Cut(o.Key, "_")
		of(image.ExportID(prefix), "file %q", o.Key).files[o.Key] = o.Size
	}
	for _, m := range s.Inbox.Messages() {
		e := of(image.ExportID(m.Subject), "notice %q of %q", m.ID, m.Subject)
		e.notices = append(e.notices, m)
	}
	requests := s.trail.perExport()
	for id, e := range found {
		e.requests = requests[id]
	}
	s.readLogs(t, found)
	return found
}

// readLogs reads the ledger's logs by COS requests.
func (s *soak) readLogs(t *testing.T, found map[image.ExportID]*evidence) {
	t.Helper()
	var work errgroup.Group
	work.SetLimit(readers)
	for _, e := range found {
		work.Go(func() error {
			for entry, err := range fsck.Log(context.Background(), s.state, statePrefix, e.id) {
				if err != nil {
					return err
				}
				e.log = append(e.log, entry)
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		t.Fatal(err)
	}
}
