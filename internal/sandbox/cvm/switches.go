package cvm

import "slices"

// switches are what a person or a test turns to see how callers bear it.
type switches struct {
	exportOpen bool
	denied     map[string]bool // buckets that CVM may not write to, by full name
	refusals   []plannedRefusal
	dieAfter   *int64 // bytes after which the next task dies; nil: it lives
	failNext   bool   // the next image that is created ends as CreateFailed
}

type plannedRefusal struct {
	action string
	err    *Error
}

func newSwitches() switches {
	return switches{exportOpen: true, denied: map[string]bool{}}
}

// OpenExport opens the export feature to the account, or closes it, as
// Tencent's support does on request. It is open at first.
func (s *Server) OpenExport(open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.switches.exportOpen = open
}

// DenyBucket takes from CVM the right to write to a bucket, or returns it.
func (s *Server) DenyBucket(bucket string, deny bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.switches.denied[s.fullName(bucket)] = deny
}

// RefuseNext makes the next call of an action fail with err, if it gets past
// the gateway's checks. Several for one action are used up in their order.
func (s *Server) RefuseNext(action string, err *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.switches.refusals = append(s.switches.refusals, plannedRefusal{action, err})
}

// plannedFor takes out the first refusal that is planned for an action.
func (s *Server) plannedFor(action string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.switches.refusals {
		if r.action == action {
			s.switches.refusals = slices.Delete(s.switches.refusals, i, i+1)
			return r.err
		}
	}
	return nil
}

// KillNext makes the next export task die silently before it has written more
// than after bytes.
func (s *Server) KillNext(after int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.switches.dieAfter = &after
}

// FailNextImage makes the next image that CreateImage accepts end in the state
// CreateFailed.
func (s *Server) FailNextImage() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.switches.failNext = true
}

// KillTask makes a running task die silently, leaving its upload open. It
// reports whether the task was running.
func (s *Server) KillTask(id uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.started {
		if t.ID == id && t.State == Running {
			t.cancel(errKilled)
			return true
		}
	}
	return false
}
