// Package fsck reads a whole ledger and says what in it cannot be right.
//
// Package ledger never changes what it wrote, so whatever went wrong can still be
// seen. What follows MUST hold of every ledger, over all of its history; each rule
// has a name (see [Rules]) that a finding gives again:
//
//   - the bucket never had versioning;
//   - each key under v1/ is one of docs/ledger-format.md, and its body says the same
//     as its key;
//   - a log has the entries 1, 2, 3, … without a gap, 40 at most, each with a nonce
//     of its own, none of an older schema than the one before;
//   - each entry may follow the one before: its state by the table in steps.go, no
//     start that was not announced, no claim that ends before it begins, no repeat
//     of an effect before the claim on it ended, nothing after CLOSED;
//   - what is asked for never changes, but for the image that is made of an instance;
//     nor does a verdict, once reached, and the ids under which people are told of it;
//   - COMPLETE lists every expected file, as a whole disk; PARTIAL lacks some;
//   - a manifest that was written is there;
//   - what is CLOSED is in the history of its day, and what is in history is CLOSED;
//   - what is not CLOSED is on the work list, and what is on the work list is not
//     CLOSED, or only just, and gets on;
//   - each export of a filled slot exists, once.
//
// A ledger is checked while it is written to. A step between two writes is given an
// hour, and before something is called missing it is looked for by its key, because a
// listing may be stale. Nothing is ever written; an object that is not ours, or of a
// newer version, is named and left alone.
//
// Keys are read in one pass, bodies by many at once, and only the logs that are being
// read are held. That two sets of a million names are equal is seen by counting them
// and adding up their hashes, apart for each day; only the days that differ are gone
// through one by one. So memory grows with days, by some hundred bytes, and not with
// exports.
package fsck

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// Finding is one thing that is not as it must be.
type Finding struct {
	Rule     string         `json:"rule"` // as in [Rules]
	Severity Severity       `json:"severity"`
	Key      string         `json:"key"` // of the object, prefix included
	Export   image.ExportID `json:"export,omitempty"`
	Wrong    string         `json:"wrong"` // what, for people
	Do       string         `json:"do"`    // the way out
}

// Figures is what a check went through.
type Figures struct {
	Objects  int64                  `json:"objects"`  // keys listed
	Requests int64                  `json:"requests"` // sent to the store, repeats included
	Exports  int64                  `json:"exports"`  // logs
	Entries  int64                  `json:"entries"`
	Open     int64                  `json:"open"`    // on the work list
	History  int64                  `json:"history"` // closed, by the lists of days
	Slots    int64                  `json:"slots"`   // filled
	States   map[ledger.State]int64 `json:"states"`  // exports by their newest entry; CLOSED ones by verdict
	Findings map[Severity]int64     `json:"findings"`
}

// Check goes through the ledger under prefix, such as "imageferry/", and calls report
// for each finding, one at a time, in no order. It reads with parallel requests at
// once. An error says that it could not go through all; what was found and counted
// until then holds.
func Check(ctx context.Context, store ledger.Store, prefix string, now time.Time, parallel int, report func(Finding)) (Figures, error) {
	reads := &reader{Store: store}
	c := &check{
		reader: reads, ledger: ledger.New(reads, prefix), root: prefix + "v1/", now: now, report: report,
		figures: Figures{States: map[ledger.State]int64{}, Findings: map[Severity]int64{}},
		history: newTally(), slots: newTally(),
	}
	err := c.checkBucket(ctx, prefix)
	if err == nil {
		err = c.pass(ctx, parallel, c.walk)
	}
	if err == nil {
		err = c.pass(ctx, parallel, c.compare)
	}
	c.figures.Requests = reads.requests.Load()
	return c.figures, err
}

// check is one run.
type check struct {
	*reader
	ledger *ledger.Ledger
	root   string // prefix and version
	now    time.Time

	mu      sync.Mutex // guards what follows
	report  func(Finding)
	figures Figures

	history *tally // by day: closed logs, and names in history
	slots   *tally // by plan and day: scheduled logs, and names in slot notes
}

// checkBucket: on a bucket with versioning every claim may have been won twice.
func (c *check) checkBucket(ctx context.Context, prefix string) error {
	err := c.ledger.Check(ctx)
	switch {
	case errors.Is(err, ledger.ErrVersioned):
		c.find(versioned, prefix, "", "%v", err)
	case err != nil:
		return c.unread(ctx, prefix, "", err)
	}
	return nil
}

// grace is how long something may stand half done: the sweep that finishes it
// comes every few minutes, and fails now and then.
const grace = time.Hour

// pass runs a step that hands out work to at most parallel at once, and waits for all
// of it.
func (c *check) pass(ctx context.Context, parallel int, step func(context.Context, *errgroup.Group) error) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(parallel)
	err := step(ctx, work)
	if rest := work.Wait(); err == nil {
		err = rest
	}
	return err
}

// find reports that a rule does not hold.
func (c *check) find(r Rule, key string, id image.ExportID, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.figures.Findings[r.Severity]++
	c.report(Finding{Rule: r.Name, Severity: r.Severity, Key: key, Export: id, Wrong: fmt.Sprintf(format, args...), Do: r.Do})
}

// count changes the figures.
func (c *check) count(change func(*Figures)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.figures)
}
