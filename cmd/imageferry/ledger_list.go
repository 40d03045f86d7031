package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

const (
	// readers is how many objects are read at once; connections are kept for as many.
	readers = 32
	// listPage is how many exports are read before they are printed.
	listPage = 500
	// recentDays is how far back a list goes that names no day.
	recentDays = 2
)

type listFlags struct {
	plan, day string
	open      bool
	output    output
}

func listCommand() *cobra.Command {
	var f listFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "List exports: those on the work list, and those closed today and yesterday (UTC)",
		Args:  cobra.NoArgs,
		RunE: onLedger(func(c *cobra.Command, p place, _ []string, w io.Writer) error {
			return f.list(c.Context(), p.ledger(), w, time.Now())
		}),
	}
	c.Flags().StringVar(&f.plan, "plan", "", "of this plan only")
	c.Flags().BoolVar(&f.open, "open", false, "on the work list only")
	c.Flags().StringVar(&f.day, "day", "", "closed on this day (UTC) only, such as 2026-11-22")
	c.MarkFlagsMutuallyExclusive("open", "day")
	f.output.flag(c)
	return c
}

// pages is a listing: the names after one, and whether there are more.
type pages func(ctx context.Context, after string, limit int) (names []string, more bool, err error)

func (f listFlags) list(ctx context.Context, l *ledger.Ledger, w io.Writer, now time.Time) error {
	days, err := f.days(now)
	if err != nil {
		return err
	}
	table := f.table(w)
	if f.day == "" {
		if err := f.print(ctx, l, table, l.Opened, ledger.ParseOpenName); err != nil {
			return err
		}
	}
	for _, day := range days {
		closed := func(ctx context.Context, after string, limit int) ([]string, bool, error) {
			return l.Closed(ctx, day, after, limit)
		}
		if err := f.print(ctx, l, table, closed, image.ParseExportID); err != nil {
			return err
		}
	}
	return table.flush()
}

// days returns those of history that are to be listed, the newest first.
func (f listFlags) days(now time.Time) (days []time.Time, err error) {
	if f.day != "" {
		day, err := time.Parse(time.DateOnly, f.day)
		if err != nil {
			return nil, fmt.Errorf("--day %q: want a date such as %s", f.day, now.UTC().Format(time.DateOnly))
		}
		return []time.Time{day}, nil
	}
	for i := 0; i < recentDays && !f.open; i++ {
		days = append(days, now.AddDate(0, 0, -i))
	}
	return days, nil
}

// print lists page by page, so that a day of ten thousand shows at once.
func (f listFlags) print(ctx context.Context, l *ledger.Ledger, t *table, list pages, parse func(string) (image.ExportID, error)) error {
	after := ""
	for more := true; more; {
		names, rest, err := list(ctx, after, listPage)
		if err != nil {
			return err
		}
		if more = rest && len(names) > 0; more {
			after = names[len(names)-1]
		}
		rows := make([]row, len(names))
		var group errgroup.Group
		group.SetLimit(readers)
		for i, name := range names {
			group.Go(func() error { rows[i] = load(ctx, l, name, parse); return nil })
		}
		_ = group.Wait() // each row has its own error
		for _, r := range rows {
			if err := t.print(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// row is one export, or why it could not be read.
type row struct {
	name  string
	entry ledger.Entry
	err   error
}

func load(ctx context.Context, l *ledger.Ledger, name string, parse func(string) (image.ExportID, error)) row {
	r := row{name: name}
	id, err := parse(name)
	if err == nil {
		r.entry, err = l.Load(ctx, id)
	}
	if err == nil && r.entry.Seq == 0 {
		if r.entry.Request, err = l.ReadOpen(ctx, name); err != nil {
			err = fmt.Errorf("%s has no log, and no place on the work list: %w", id, err)
		}
	}
	r.err = err
	return r
}

// table prints rows, for people or for programs.
type table struct {
	plan   string
	text   *tabwriter.Writer // nil: JSON
	json   *json.Encoder
	failed int
	begun  bool
}

func (f listFlags) table(w io.Writer) *table {
	if f.output == asJSON {
		return &table{plan: f.plan, json: json.NewEncoder(w)}
	}
	return &table{plan: f.plan, text: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
}

func (t *table) print(r row) error {
	e := r.entry
	switch {
	case r.err != nil:
		t.failed++
		if t.text != nil {
			fmt.Fprintf(t.text, "%s\tunreadable\t\t\t\t%v\n", r.name, r.err)
		}
		return nil
	case t.plan != "" && e.Request.Plan != t.plan:
		return nil
	case t.json != nil:
		return t.json.Encode(e)
	}
	if !t.begun {
		t.begun = true
		fmt.Fprintln(t.text, "EXPORT\tSTATE\tSINCE\tTRIES\tIMAGE\tREASON")
	}
	fmt.Fprintf(t.text, "%s\t%s\t%s\t%d\t%s\t%s\n", e.Request.ID, shown(e), instant(e.At), e.Attempt+e.Refused, source(e.Request), e.Reason)
	return nil
}

func (t *table) flush() error {
	if t.text != nil {
		if err := t.text.Flush(); err != nil {
			return err
		}
	}
	if t.failed > 0 {
		return fmt.Errorf("%d exports could not be read; imageferry ledger fsck says why", t.failed)
	}
	return nil
}

// shown is a state as people want to know it: of a closed export, how it ended.
func shown(e ledger.Entry) string {
	switch e.State {
	case ledger.None:
		return "waiting"
	case ledger.Closed:
		return strings.ToLower(string(e.Verdict))
	}
	return string(e.State)
}

func source(r ledger.Request) string {
	if r.Image.ID == "" {
		return string(r.Instance)
	}
	return string(r.Image.ID)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
