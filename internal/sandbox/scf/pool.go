package scf

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// errReplaced says that the pool no longer serves its function.
var errReplaced = errors.New("function was deployed again")

// pool holds the instances of one deployment of a function. Whoever wants to
// run an event reserves a place, takes an instance, gives it back, and releases
// the place.
type pool struct {
	Function
	dir    string // holds all below; removed at the end
	code   string // unpacked zip
	env    func(instance, code string) []string
	places chan struct{} // one element for each place that is taken

	mu     sync.Mutex
	closed bool
	busy   int // places in use
	idle   []*instance
	all    map[*instance]bool
}

func newPool(f Function, dir, code string, env func(instance, code string) []string) *pool {
	return &pool{Function: f, dir: dir, code: code, env: env,
		places: make(chan struct{}, f.ReservedConcurrency), all: map[*instance]bool{}}
}

// tryReserve takes a place if one is free.
func (p *pool) tryReserve() error {
	select {
	case p.places <- struct{}{}:
		return p.enter()
	default:
		return &Error{Code: CodeOverLimit, Type: "ResourceLimit", Message: fmt.Sprintf("function %q runs %d events, its limit", p.Name, cap(p.places))}
	}
}

// reserve waits for a place.
func (p *pool) reserve(ctx context.Context) error {
	select {
	case p.places <- struct{}{}:
		return p.enter()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pool) enter() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		<-p.places
		return errReplaced
	}
	p.busy++
	return nil
}

func (p *pool) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	<-p.places
	p.busy--
	p.removeIfUnused()
}

// take returns the instance that was used last and still lives, or a new one.
func (p *pool) take(ctx context.Context) (*instance, error) {
	if i := p.pop(); i != nil {
		i.thaw()
		return i, nil
	}
	name := p.Name + "-" + strings.ToLower(rand.Text()[:8])
	i, err := startInstance(ctx, filepath.Join(p.code, p.Handler), p.dir, p.env(name, p.code))
	if err != nil {
		return nil, err
	}
	i.name = name
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[i] = true
	return i, nil
}

func (p *pool) pop() *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := len(p.idle); n > 0; n = len(p.idle) {
		i := p.idle[n-1]
		p.idle = p.idle[:n-1]
		if i.alive() {
			return i
		}
		p.drop(i)
	}
	return nil
}

// give takes a frozen instance back, or drops one that is not to run again.
func (p *pool) give(i *instance, spent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if spent || p.closed {
		p.drop(i)
		return
	}
	p.idle = append(p.idle, i)
}

// drop ends an instance; p.mu is held.
func (p *pool) drop(i *instance) {
	i.kill()
	i.discard()
	delete(p.all, i)
}

// kill ends the processes of all instances; their users find out.
func (p *pool) kill() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for i := range p.all {
		if i.alive() {
			i.kill()
			n++
		}
	}
	return n
}

// killOne ends the process of the instance of that name, if it lives.
func (p *pool) killOne(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.all {
		if i.name == name && i.alive() {
			i.kill()
			return true
		}
	}
	return false
}

// close ends the idle instances now and the busy ones when they are given back.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, i := range p.idle {
		p.drop(i)
	}
	p.idle = nil
	p.removeIfUnused()
}

// removeIfUnused deletes the files of a closed pool; p.mu is held.
func (p *pool) removeIfUnused() {
	if p.closed && p.busy == 0 {
		os.RemoveAll(p.dir)
	}
}
