package soak

import (
	"cmp"
	"context"
	"io"
	"path"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/imageferry/imageferry/internal/fsck"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

// evidence is all that is to be seen of one export from outside.
type evidence struct {
	id        image.ExportID
	machine   machine
	log       []ledger.Entry
	tasks     []cvm.Task                 // that CVM took, oldest first
	files     map[string]int64           // under its prefix, with sizes
	manifests [][]byte                   // beside the ledger, and beside the files
	notices   map[string][]inbox.Message // about it, by channel, in order of arrival
	requests  int                        // that name it
}

// collect gathers the evidence of every export that was due, by its id, and says
// what belongs to none of them.
func (s *soak) collect(t *testing.T) map[image.ExportID]*evidence {
	t.Helper()
	found := map[image.ExportID]*evidence{}
	for _, slot := range s.slots {
		for _, m := range fleet {
			id := image.ScheduledID("fleet", slot, m.id)
			found[id] = newEvidence(id, m)
		}
	}
	of := func(id image.ExportID, what string, args ...any) *evidence {
		if e := found[id]; e != nil {
			return e
		}
		t.Errorf(what+" is of no export that was due", args...)
		return newEvidence(id, machine{})
	}
	for _, task := range s.CVM.Tasks() {
		e := of(image.ExportID(task.Files[0].Prefix), "task %d with prefix %q", task.ID, task.Files[0].Prefix)
		e.tasks = append(e.tasks, task)
	}
	for _, o := range s.COS.List(sandbox.ImageBucket, "") {
		prefix, rest, _ := strings.Cut(o.Key, "_")
		e := of(image.ExportID(prefix), "file %q", o.Key)
		if rest == "manifest.json" {
			e.manifests = append(e.manifests, s.read(t, sandbox.ImageBucket, o.Key))
		} else {
			e.files[o.Key] = o.Size
		}
	}
	for _, o := range s.COS.List(sandbox.StateBucket, root+"exports/") {
		if dir, name := path.Split(o.Key); name == "manifest.json" {
			e := of(image.ExportID(path.Base(dir)), "manifest %q", o.Key)
			e.manifests = append(e.manifests, s.read(t, sandbox.StateBucket, o.Key))
		}
	}
	for _, m := range s.Inbox.Messages() {
		e, channel := of(image.ExportID(m.Subject), "notice %q of %q", m.ID, m.Subject), cmp.Or(m.Robot, plan.BuiltIn.Name)
		e.notices[channel] = append(e.notices[channel], m)
	}
	requests := s.trail.perExport()
	for id, e := range found {
		e.requests = requests[id]
	}
	s.readLogs(t, found)
	return found
}

func newEvidence(id image.ExportID, m machine) *evidence {
	return &evidence{id: id, machine: m, files: map[string]int64{}, notices: map[string][]inbox.Message{}}
}

// read returns an object as it lies there.
func (s *soak) read(t *testing.T, bucket, key string) []byte {
	t.Helper()
	f, _, err := s.COS.Open(bucket, key)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	body, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return body
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
