package scf

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Function is what is deployed: code and settings.
type Function struct {
	Name    string
	Handler string            // file name of the binary at the zip's top level
	Zip     string            // path of the zip
	Env     map[string]string // set anew at each invocation
	Role    string            // role of the temporary credentials; empty means that none are passed
	Timeout time.Duration     // 1 s to 900 s; zero means 3 s

	MemoryMB            int           // 64, or 128 to 3072 in steps of 128; zero means 128
	ReservedConcurrency int           // instances at most; zero means 10
	CredentialTTL       time.Duration // of the credentials; zero means 2 h. The platform documents none
}

const (
	defaultTimeout       = 3 * time.Second
	maxTimeout           = 900 * time.Second // 583/11637
	defaultConcurrency   = 10
	defaultCredentialTTL = 2 * time.Hour
	maxEnvBytes          = 4 << 10 // names and values together, 583/30228
)

func (f Function) withDefaults() Function {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&f.Timeout, defaultTimeout)
	set(&f.CredentialTTL, defaultCredentialTTL)
	if f.MemoryMB == 0 {
		f.MemoryMB = 128
	}
	if f.ReservedConcurrency == 0 {
		f.ReservedConcurrency = defaultConcurrency
	}
	return f
}

var (
	functionName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,58}[A-Za-z0-9]$`)
	envName      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	reservedEnv  = regexp.MustCompile(`^(SCF_|QCLOUD_|TENCENTCLOUD_)`)
)

// validate checks what the platform's API checks (583/11637, 583/30228).
func (f Function) validate() error {
	switch {
	case !functionName.MatchString(f.Name):
		return fmt.Errorf("function %q: the name must be 2 to 60 letters, digits, - and _, with a letter first and no - or _ last", f.Name)
	case f.Handler == "" || strings.ContainsAny(f.Handler, `/\`):
		return fmt.Errorf("function %q: handler %q is not the name of a file at the zip's top level", f.Name, f.Handler)
	case f.Timeout < time.Second || f.Timeout > maxTimeout:
		return fmt.Errorf("function %q: timeout %v is not 1 s to 900 s", f.Name, f.Timeout)
	case f.MemoryMB != 64 && (f.MemoryMB < 128 || f.MemoryMB > 3072 || f.MemoryMB%128 != 0):
		return fmt.Errorf("function %q: memory %d MB is not 64, nor 128 to 3072 in steps of 128", f.Name, f.MemoryMB)
	case f.ReservedConcurrency < 0:
		return fmt.Errorf("function %q: reserved concurrency %d is negative", f.Name, f.ReservedConcurrency)
	}
	size := 0
	for name, value := range f.Env {
		if !envName.MatchString(name) || reservedEnv.MatchString(name) {
			return fmt.Errorf("function %q: environment variable %q is reserved or not a letter followed by letters, digits and _", f.Name, name)
		}
		size += len(name) + len(value)
	}
	if size > maxEnvBytes {
		return fmt.Errorf("function %q: environment has %d bytes, more than %d", f.Name, size, maxEnvBytes)
	}
	return nil
}

// maxLog is how many tries of a function are remembered.
const maxLog = 1000

// function is what stays when a function is deployed again.
type function struct {
	name string
	wake chan struct{} // tells dispatch that the queue grew

	mu     sync.Mutex
	pool   *pool
	queue  []event
	log    []Invocation
	timers []*timer

	unfinished int // events that were given to it and are not done with
}

func newFunction(p *pool) *function {
	return &function{name: p.Name, pool: p, wake: make(chan struct{}, 1)}
}

func (fn *function) current() *pool {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	return fn.pool
}

// replace puts p in the place of the pool that it returns.
func (fn *function) replace(p *pool) (old *pool) {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	old, fn.pool = fn.pool, p
	return old
}

// begin counts an event from its arrival on; finish must follow, unless the
// runtime is closed.
func (fn *function) begin() {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	fn.unfinished++
}

func (fn *function) finish() {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	fn.unfinished--
}

func (fn *function) idle() bool {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	return fn.unfinished == 0
}

func (fn *function) record(i Invocation) {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	fn.log = append(fn.log, i)
	if len(fn.log) > maxLog {
		fn.log = fn.log[len(fn.log)-maxLog:]
	}
}
