package fsck

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// page is the most keys that one listing gives (436/7734).
const page = 1000

// walk goes through all keys once, in order, and hands out what is to be read. The
// entries of one log stand next to each other, and are read as one.
func (c *check) walk(ctx context.Context, work *errgroup.Group) error {
	var log logKeys
	flush := func() {
		if whole := log; whole.id != "" {
			work.Go(func() error { return c.checkLog(ctx, whole) })
		}
		log = logKeys{}
	}
	err := c.list(ctx, "", func(key string) error {
		c.count(func(f *Figures) { f.Objects++ })
		if id, seq, ok := c.entry(key); ok {
			if id != log.id {
				flush()
			}
			log.add(id, seq)
			return nil
		}
		if log.id != "" && key == c.root+logDir(log.id)+manifest {
			log.manifest = true
			return nil
		}
		return c.sort(ctx, work, key)
	})
	flush()
	return err
}

// list calls each for every key under root and dir, in order.
func (c *check) list(ctx context.Context, dir string, each func(key string) error) error {
	dir = c.root + dir
	last := ""
	for more := true; more; {
		after := last
		var keys []string
		var err error
		if keys, more, err = c.List(ctx, dir, after, page); err != nil {
			return fmt.Errorf("list %q after %q: %w", dir, after, err)
		}
		for _, key := range keys {
			if key <= last {
				continue // given twice
			}
			last = key
			if err := each(key); err != nil {
				return err
			}
		}
		if more && last == after {
			return fmt.Errorf("list %q: nothing follows %q, and yet there is more; run it again", dir, after)
		}
	}
	return nil
}

func (c *check) entry(key string) (image.ExportID, int, bool) {
	rest, ok := strings.CutPrefix(key, c.root+logs)
	if !ok {
		return "", 0, false
	}
	return parseEntry(rest)
}

// sort hands out what is no entry of a log.
func (c *check) sort(ctx context.Context, work *errgroup.Group, key string) error {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(key, c.root), "/")
	switch kind + "/" {
	case days:
		if day, id, ok := parseClosed(rest); ok {
			c.count(func(f *Figures) { f.History++ })
			c.history.add(day, inLists, string(id))
			return nil
		}
	case workList:
		if id, ok := parseOpen(rest); ok {
			c.count(func(f *Figures) { f.Open++ })
			work.Go(func() error { return c.checkOpen(ctx, rest, id) })
			return nil
		}
	case receivers:
		if rest != "" && !strings.Contains(rest, "/") {
			return nil
		}
	case slotNotes:
		if m, ok := parseMark(rest); ok {
			work.Go(func() error { return c.checkMark(ctx, key, m) })
			return nil
		}
	}
	c.find(foreign, key, "", "this key is not of the format")
	return nil
}

// unread reports why an object could not be read.
func (c *check) unread(ctx context.Context, key string, id image.ExportID, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	newerErr, isNewer := errors.AsType[*ledger.SchemaError](err)
	switch {
	case isNewer:
		c.find(newer, newerErr.Key, id, "it has schema %d; this program knows %d and older", newerErr.Schema, ledger.Schema)
	case errors.Is(err, errDamaged):
		c.find(damaged, key, id, "%v", err)
	default:
		c.find(unreadable, key, id, "%v", err)
	}
	return nil
}

func absent(err error) bool { return outcome.Is(err, outcome.NotFound) }
