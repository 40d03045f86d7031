package soak

import (
	"fmt"
	"strings"
	"sync"

	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

// premature collects notices of success that came before the files.
type premature struct {
	mu   sync.Mutex
	list []string
}

// watch looks for the files of a success in the moment in which people are told of
// it: later, they may have come.
func (p *premature) watch(s *sandbox.Sandbox) {
	s.Inbox.Subscribe(func(m inbox.Message) {
		if m.Type != notice.Completed {
			return
		}
		there := 0
		for _, o := range s.COS.List(sandbox.ImageBucket, m.Subject+"_") {
			if o.Size == diskSize {
				there++
			}
		}
		if want := disksOf(m.Subject); there != want {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.list = append(p.list, fmt.Sprintf("success of %s was announced when %d of its %d files were there and whole", m.Subject, there, want))
		}
	})
}

func (p *premature) texts() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.list
}

// disksOf returns how many files an export writes.
func disksOf(export string) int {
	for _, m := range fleet {
		if strings.HasSuffix(export, "-"+m.id.Suffix()) {
			return m.disks
		}
	}
	return 0
}
