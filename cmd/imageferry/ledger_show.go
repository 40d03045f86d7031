package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/fsck"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

func showCommand() *cobra.Command {
	var form output
	c := &cobra.Command{
		Use:   "show EXPORT",
		Short: "Show the whole log of an export: every decision, when, and why",
		Args:  cobra.ExactArgs(1),
		RunE: onLedger(func(c *cobra.Command, p place, args []string, w io.Writer) error {
			id, err := image.ParseExportID(args[0])
			if err != nil {
				return err
			}
			var entries []ledger.Entry
			var errs []error
			for e, err := range fsck.Log(c.Context(), p.store, p.prefix, id) {
				if err != nil {
					errs = append(errs, err)
				} else {
					entries = append(entries, e)
				}
			}
			if len(entries)+len(errs) == 0 {
				return fmt.Errorf("no log of %q; imageferry ledger list shows what is waiting, and what was closed", id)
			}
			return errors.Join(append(errs, showLog(w, form, entries))...)
		}),
	}
	form.flag(c)
	return c
}

// showLog prints the entries that could be read.
func showLog(w io.Writer, form output, entries []ledger.Entry) error {
	if form == asJSON {
		enc := json.NewEncoder(w)
		for _, e := range entries {
			if err := enc.Encode(e); err != nil {
				return err
			}
		}
		return nil
	}
	if len(entries) == 0 {
		return nil
	}
	last := entries[len(entries)-1]
	head(w, last)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\n#\tTIME\tSTATE\tTRY\tHELD UNTIL\tWHAT")
	for _, e := range entries {
		fmt.Fprintf(t, "%d\t%s\t%s\t%d\t%s\t%s\n", e.Seq, instant(e.At), e.State, max(e.Attempt, e.Making), instant(e.Until), printable(what(e)))
	}
	return t.Flush()
}

// head says what was asked for, and what came of it.
func head(w io.Writer, e ledger.Entry) {
	r := e.Request
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-9s %s\n", name, printable(fmt.Sprintf(format, args...)))
	}
	line("export", "%s", r.ID)
	line("asked", "%s by %s%s", instant(r.Slot), r.Origin, ofPlan(r.Plan))
	switch {
	case r.News != nil:
		line("news", "%s: %s", r.News.Kind, r.News.Detail)
	default:
		line("image", "%s%s", source(r), behind(r.Image.Name))
		line("to", "%s as %s, until %s", r.Bucket, r.Format, instant(r.Deadline))
	}
	for _, f := range e.Landed {
		line("file", "%s, %d bytes, crc64 %s%s", f.Key, f.Size, f.CRC64, inside(f.Check))
	}
	for _, name := range slices.Sorted(maps.Keys(e.Deliveries)) {
		d := e.Deliveries[name]
		line("told", "%s: %s at try %d%s%s", name, d.State, d.Attempt, insteadOf(d.For), behind(d.Detail))
	}
	if e.Hint != "" {
		line("hint", "%s", e.Hint)
	}
}

// inside says what was found in a file.
func inside(c *diskimage.Report) string {
	if c == nil {
		return ""
	}
	text := fmt.Sprintf(", %s: %s, %d bytes, %s", c.Verdict, c.Format, c.Bytes, c.Contents)
	for _, f := range c.Findings {
		text += "; " + f.Detail
	}
	return text
}

func ofPlan(name string) string {
	if name == "" {
		return ""
	}
	return ", plan " + name
}

func insteadOf(channel string) string {
	if channel == "" {
		return ""
	}
	return ", instead of " + channel
}

// behind sets what somebody said behind what it is about.
func behind(detail string) string {
	if detail == "" {
		return ""
	}
	return ": " + detail
}

// what is the reason of a step, or what it learned.
func what(e ledger.Entry) string {
	var parts []string
	add := func(ok bool, format string, args ...any) {
		if ok {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(e.Reason != "", "%s", e.Reason)
	add(e.Detail != "", "%s", e.Detail)
	add(e.State == ledger.Retry, "not before %s", instant(e.NotBefore))
	add(e.State == ledger.Accepted && e.TaskID != 0, "task %d", e.TaskID)
	add(e.State == ledger.Accepted && e.TaskID == 0, "known by its files")
	add(e.State == ledger.Accepted && !e.Stalled.IsZero(), "told as stalled")
	add(e.State == ledger.Pruning, "deletes %s", strings.Join(e.Surplus, ", "))
	add(e.State == ledger.Closed, "%s", e.Verdict)
	return strings.Join(parts, "; ")
}
