package main

import (
	"errors"
	"fmt"
)

// Names of the variants.
const (
	floor  = "floor: hello world"
	naive  = "naive: clients in the handler"
	byID   = "export: one image by id"
	byPlan = "export: a plan of one image"
	notify = "notify: the file landed"
	node   = "Node.js, official SDKs"
)

// ledgerPrefix holds the exports that `export` starts and `notify` completes.
const ledgerPrefix = "bench/"

// programs are the binaries, and Node's directory; that is empty without Node.
type programs struct{ floor, naive, export, notify, node string }

// lineUp returns the variants in the order in which they take turns. What each
// invocation must ask of the cloud is part of the line-up: a request more, or a
// connection that is not kept, is a defect whatever the clock says.
func (c *cloud) lineUp(p programs) []variant {
	env := c.process()
	run := func(binary string) func() (*instance, error) {
		return func() (*instance, error) { return startGo(binary, env) }
	}
	n := 0
	counted := func(f func(n int) call) func() (call, error) {
		return func() (call, error) { n++; return f(n), nil }
	}
	var landing []string // exports that are started, and whose file is not there yet
	// A plan goes through its whole work list, so each round has one of its own.
	list := []variant{
		{floor, run(p.floor), counted(func(int) call { return c.hello() }), traffic{}, traffic{}},
		{naive, run(p.naive), counted(func(n int) call { return c.five(fmt.Sprintf("naive-%d", n)) }), traffic{5, 3}, traffic{5, 2}},
		{byID, run(p.export), counted(func(n int) call { return c.startByID(ledgerPrefix, fmt.Sprint(n), &landing) }), traffic{8, 3}, traffic{7, 0}},
		{byPlan, run(p.export), counted(func(n int) call { return c.tick(fmt.Sprintf("plans-%d/", n), planOne, n) }), traffic{11, 3}, traffic{10, 0}},
		{notify, run(p.notify), func() (call, error) { return c.arrive(&landing) }, traffic{16, 3}, traffic{15, 0}},
	}
	if p.node != "" {
		start := func() (*instance, error) { return startNode(p.node, env) }
		list = append(list, variant{node, start, counted(func(n int) call { return c.five(fmt.Sprintf("node-%d", n)) }), traffic{5, 5}, traffic{5, 5}})
	}
	return list
}

// arrive lets the file of an export land and returns its event.
func (c *cloud) arrive(landing *[]string) (call, error) {
	if len(*landing) == 0 {
		return call{}, errors.New("no export is under way")
	}
	key := (*landing)[0]
	*landing = (*landing)[1:]
	return c.landed(ledgerPrefix, key), c.land(key)
}
