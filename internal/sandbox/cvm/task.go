package cvm

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// TaskState says how far a task has come.
type TaskState string

// States of a task.
const (
	Running TaskState = "RUNNING"
	Done    TaskState = "DONE"   // every file is complete
	Failed  TaskState = "FAILED" // the bucket refused, or the server was closed; the upload was aborted
	Killed  TaskState = "KILLED" // died silently; the upload was left open
)

var (
	errKilled = errors.New("killed")
	errClosed = errors.New("the service was closed")
)

// Task is an accepted export, as nobody outside Tencent can see it.
type Task struct {
	ID      uint64
	Bucket  string // full name
	Files   []File // in the order in which they are written
	State   TaskState
	Started time.Time // sandbox time
	Ended   time.Time // sandbox time; zero while it runs
	Reason  string    // of a failure
}

// File is one disk of a task.
type File struct {
	ImageID string
	Prefix  string // that the caller asked for
	Key     string // of the object, without a leading slash
	Bytes   int64  // written so far
	Total   int64  // size; of formats other than RAW known once the file is begun
}

// task is a Task at work. Server.mu guards what can change.
type task struct {
	Task
	format   disk.Format
	disks    []Disk // that the files are made of
	dieAfter *int64
	cancel   context.CancelCauseFunc
}

// add gives t one more file to write.
func (t *task) add(imageID, prefix, key string, d Disk) {
	t.Files = append(t.Files, File{ImageID: imageID, Prefix: prefix, Key: key, Total: int64(d.SizeGiB) * disk.GiB})
	t.disks = append(t.disks, d)
}

// start sets a task going unless too many are. s.mu is held.
func (s *Server) start(t *task) error {
	if s.ctx.Err() != nil {
		return refuse(InternalError, "the service is closed")
	}
	running := 0
	for _, other := range s.started {
		if other.State == Running {
			running++
		}
	}
	if running >= s.cfg.MaxTasks {
		return refuse(TooManyTasks, "%d export tasks are running, no more are allowed", running)
	}
	s.lastTask++
	t.ID, t.State, t.Started = s.lastTask, Running, s.cfg.Clock.Now()
	t.dieAfter, s.switches.dieAfter = s.switches.dieAfter, nil
	ctx, cancel := context.WithCancelCause(s.ctx)
	t.cancel = cancel
	s.started = append(s.started, t)
	s.tasks.Go(func() { s.run(ctx, t) })
	return nil
}

// run carries a task out and records its end.
func (s *Server) run(ctx context.Context, t *task) {
	s.announce(t)
	err := s.export(ctx, t)
	t.cancel(nil)
	s.mu.Lock()
	t.Ended = s.cfg.Clock.Now()
	switch {
	case err == nil:
		t.State = Done
	case errors.Is(err, errKilled):
		t.State = Killed
	default:
		t.State, t.Reason = Failed, err.Error()
	}
	close(s.idle)
	s.idle = make(chan struct{})
	s.mu.Unlock()
	s.announce(t)
}

// announce tells OnChange of a task.
func (s *Server) announce(t *task) {
	if s.cfg.OnChange == nil {
		return
	}
	s.mu.Lock()
	now := t.snapshot()
	s.mu.Unlock()
	s.cfg.OnChange(now)
}

// snapshot returns a Task that does not change. s.mu is held.
func (t *task) snapshot() Task {
	now := t.Task
	now.Files = slices.Clone(t.Files)
	return now
}

// Tasks returns all tasks since New, oldest first.
func (s *Server) Tasks() []Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Task
	for _, t := range s.started {
		all = append(all, t.snapshot())
	}
	return all
}

// Wait returns when no task is running, or with the error of ctx.
func (s *Server) Wait(ctx context.Context) error {
	for {
		s.mu.Lock()
		idle := s.idle
		busy := slices.ContainsFunc(s.started, func(t *task) bool { return t.State == Running })
		s.mu.Unlock()
		if !busy {
			return nil
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// exporting reports whether a running task reads the image. s.mu is held.
func (s *Server) exporting(imageID string) bool {
	return slices.ContainsFunc(s.started, func(t *task) bool {
		return t.State == Running && slices.ContainsFunc(t.Files, func(f File) bool { return f.ImageID == imageID })
	})
}
