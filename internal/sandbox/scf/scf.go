// Package scf runs the deployed zip of a function as Tencent Cloud's Serverless
// Cloud Function (SCF) does, and pulls its triggers.
//
// A function is a Linux binary built on scf-go-lib. An instance of it is a
// process that serves net/rpc on a port; an invocation is one call, with a
// deadline, with an environment, and with credentials that were issued for this
// invocation alone. What makes code work on a desk and fail in the cloud is kept:
//
//   - an instance takes one event at a time, and more events start more
//     instances, up to the function's reserved concurrency;
//   - after the reply the instance is frozen (SIGSTOP), so a goroutine that was
//     left behind does not run until the next event thaws it;
//   - at its deadline it is killed in the middle of whatever it does;
//   - a failed asynchronous invocation (timer, COS) is repeated twice, a minute
//     of sandbox time apart, with the same event; then the event is dropped.
//
// Timers, retries and recorded start times go by the sandbox clock; deadlines,
// durations and credentials go by the wall clock, as package clock explains.
//
// # What differs from the platform
//
// scf-go-lib listens on all interfaces, and nothing outside the process can
// change that: while the sandbox runs, other machines may reach an instance's
// port unless a firewall forbids it. They could invoke the function with an
// event of their own, but hold no credentials. A network namespace would close
// this but needs rights that the sandbox does not ask for. Memory is measured but
// not limited, the code directory is write-protected by file modes only,
// instances live until the function is deployed again, and the sandbox's own
// failures (500) are repeated as often as the function's, not for six hours.
//
// Facts are cited by document number of cloud.tencent.com, as in 583/55008.
package scf

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
)

// Config is what a Runtime needs. Account, Clock and Dir are required.
type Config struct {
	Account *account.Account // whose functions these are; issues the roles' credentials
	Clock   *clock.Clock     // for timers, retries and the log
	Dir     string           // for unpacked code and temporary files; made if absent

	// ProcessEnv, if set, is what the platform's network gives an instance of that
	// name beside the platform's own variables, as KEY=value: HTTPS_PROXY,
	// SSL_CERT_FILE and the like.
	ProcessEnv func(instance string) []string

	// Deliver, if set, decides the fate of an event between its source and the
	// function: one element for each delivery, the sandbox time that it is late.
	// None means lost, {0} normal, {0, 5s} doubled. The key is the object's key
	// for a COS event, "timer:" and the trigger's name for a timer's.
	Deliver func(key string) []time.Duration
}

// Runtime holds the functions of one account in one region.
type Runtime struct {
	cfg  Config
	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup // all goroutines of the runtime

	deploying sync.Mutex // held while a function is added or replaced

	mu        sync.Mutex // may be taken while a function's mutex is held, not the other way round
	functions map[string]*function
	buckets   []cosBinding // COS triggers of all functions, which must not overlap
}

// New returns a runtime without functions. Close it to end its processes.
func New(cfg Config) *Runtime {
	ctx, stop := context.WithCancel(context.Background())
	return &Runtime{cfg: cfg, ctx: ctx, stop: stop, functions: map[string]*function{}}
}

// Deploy unpacks and registers a function, or replaces the code and settings of
// the one with the same name; its triggers and its log stay. Running
// invocations end on the old code. A zip without an executable handler gives an
// *Error with code 437 here, where the platform waits for the first invocation.
func (r *Runtime) Deploy(f Function) error {
	f = f.withDefaults()
	if err := f.validate(); err != nil {
		return err
	}
	p, err := r.prepare(f)
	if err != nil {
		return fmt.Errorf("deploy function %q: %w", f.Name, err)
	}
	return r.install(p)
}

// prepare unpacks the code into a fresh directory.
func (r *Runtime) prepare(f Function) (*pool, error) {
	root, err := filepath.Abs(r.cfg.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(root, f.Name+"-")
	if err != nil {
		return nil, err
	}
	code := filepath.Join(dir, "code")
	if err := unpack(f.Zip, code, f.Handler); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return newPool(f, dir, code, r.processEnv), nil
}

// install makes a pool the one that serves its function.
func (r *Runtime) install(p *pool) error {
	r.deploying.Lock()
	defer r.deploying.Unlock()
	if r.ctx.Err() != nil {
		p.close()
		return errClosed
	}
	if fn, err := r.function(p.Name); err == nil {
		fn.replace(p).close()
		return nil
	}
	fn := newFunction(p)
	if err := r.start(func() { r.dispatch(fn) }); err != nil {
		p.close()
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.functions[p.Name] = fn
	return nil
}

// Invocations returns what the function did, oldest first: at most the last
// thousand tries. An unknown function did nothing.
func (r *Runtime) Invocations(name string) []Invocation {
	fn, err := r.function(name)
	if err != nil {
		return nil
	}
	fn.mu.Lock()
	defer fn.mu.Unlock()
	return slices.Clone(fn.log)
}

// Idle reports whether every event is done with: none runs, waits in a queue, is
// late, or is to be tried again. Timers fire regardless.
func (r *Runtime) Idle() bool {
	r.mu.Lock()
	functions := slices.Collect(maps.Values(r.functions))
	r.mu.Unlock()
	return !slices.ContainsFunc(functions, func(fn *function) bool { return !fn.idle() })
}

// KillInstances ends all instances of the function with SIGKILL, busy ones too,
// as a failing host would, and returns how many there were.
func (r *Runtime) KillInstances(name string) int {
	fn, err := r.function(name)
	if err != nil {
		return 0
	}
	return fn.current().kill()
}

// KillInstance ends the instance of that name with SIGKILL and reports whether
// there was one. Names are what ProcessEnv is called with; they never come back.
func (r *Runtime) KillInstance(name string) bool {
	r.mu.Lock()
	functions := slices.Collect(maps.Values(r.functions))
	r.mu.Unlock()
	return slices.ContainsFunc(functions, func(fn *function) bool { return fn.current().killOne(name) })
}

// Close ends every instance and waits for all work to end. Events that still
// wait are lost.
func (r *Runtime) Close() {
	r.mu.Lock()
	r.stop() // under the mutex: start adds no work from here on
	r.mu.Unlock()
	r.work.Wait()
	r.deploying.Lock()
	defer r.deploying.Unlock()
	for _, fn := range r.functions {
		fn.current().close()
	}
}

// start runs f in a goroutine that Close waits for.
func (r *Runtime) start(f func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		return errClosed
	}
	r.work.Go(f)
	return nil
}

// function finds a deployed function.
func (r *Runtime) function(name string) (*function, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if fn, ok := r.functions[name]; ok {
		return fn, nil
	}
	return nil, &Error{Code: CodeNotFound, Type: "ResourceNotFound.Function", Message: fmt.Sprintf("no function %q", name)}
}
