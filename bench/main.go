// Command bench measures Image Ferry's two functions as they are deployed, beside
// what they can be held against: a hello world (the floor), a handler as one would
// write it first (naive), and the same on Node.js with the official SDKs.
//
// All take turns in one run, and what counts are ratios of medians: this machine
// cancels out. The services behind are the sandbox's, which check every signature,
// over TLS, with a round trip of 2 ms. Run it from the module's root:
//
//	make bench
//
// Its last line says how many goals are met. The exit status is 1 if a count is
// wrong (requests, connections, descriptors, sizes, notices), never for a time.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dist := flag.String("dist", "dist", "folder of export.zip and notify.zip")
	rounds := flag.Int("rounds", 20, "how often each variant has its turn")
	flag.Parse()
	r, err := run(*dist, max(1, *rounds))
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if !r.print(os.Stdout) {
		os.Exit(1)
	}
}

func run(dist string, rounds int) (r *results, err error) {
	dir, err := os.MkdirTemp("", "imageferry-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	c, err := newCloud(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	p, missing, err := prepare(dist, dir)
	if err != nil {
		return nil, err
	}
	r = &results{rounds: rounds, noNode: missing, variants: c.lineUp(p), sizes: map[string]int64{}}
	for _, binary := range []string{p.export, p.notify} {
		info, err := os.Stat(binary)
		if err != nil {
			return nil, err
		}
		r.sizes[filepath.Base(binary)] = info.Size()
	}
	return r, r.measure(c)
}

// prepare gets every program ready to run.
func prepare(dist, dir string) (p programs, noNode string, err error) {
	var errs [4]error
	p.export, errs[0] = deploy(dist, dir, "export")
	p.notify, errs[1] = deploy(dist, dir, "notify")
	p.floor, errs[2] = buildPeer(dir, "floor")
	p.naive, errs[3] = buildPeer(dir, "naive")
	p.node, noNode = installNode()
	return p, noNode, errors.Join(errs[:]...)
}

// measure does everything there is to do, in about two minutes.
func (r *results) measure(c *cloud) (err error) {
	say := func(format string, args ...any) { fmt.Fprintf(os.Stderr, "\r\033[K"+format, args...) }
	defer say("")
	r.samples, err = c.interleaved(r.variants, r.rounds, func(n int) { say("round %d of %d", n, r.rounds) })
	if err != nil {
		return err
	}
	start := map[string]func() (*instance, error){}
	for _, v := range r.variants {
		start[v.name] = v.start
	}
	say("%d invocations of export, and then of notify", longRun)
	if err := r.endurance(c, start[byID], start[notify]); err != nil {
		return err
	}
	say("sweeps and claims")
	if r.sweepFull, err = c.sweepRequests(start[byID], ledgerPrefix); err != nil {
		return err
	}
	if r.sweepEmpty, err = c.sweepRequests(start[byID], "empty/"); err != nil {
		return err
	}
	r.together, r.oneByOne, err = c.claims(start[byID])
	r.notices(c)
	return err
}

// endurance lets one instance of each function live long. In every tenth
// invocation there is something to do; the others repeat an event, as triggers do.
func (r *results) endurance(c *cloud, export, notify func() (*instance, error)) (err error) {
	var landing, again []string
	r.export, err = endure(export, func(n int) (call, error) {
		keys := &again
		if n%newEach == 0 {
			keys = &landing
		}
		return c.startByID(ledgerPrefix, fmt.Sprint("long-", n/newEach), keys), nil
	})
	if err != nil {
		return fmt.Errorf("long run of export: %w", err)
	}
	var repeated call
	r.notify, err = endure(notify, func(n int) (e call, err error) {
		if n%newEach == 0 {
			repeated, err = c.arrive(&landing)
		}
		return repeated, err
	})
	if err != nil {
		return fmt.Errorf("long run of notify: %w", err)
	}
	return nil
}
