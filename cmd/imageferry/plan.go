package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/imageferry/imageferry/internal/plan"
)

// maxNext is more due instants than anybody reads.
const maxNext = 1000

type planFlags struct {
	plans  string
	next   int
	output output
}

func planCommand() *cobra.Command {
	var f planFlags
	c := &cobra.Command{
		Use:   "plan [NAME...]",
		Short: "Preview plans: what each would export at its next slot, and why not the rest",
		Long: `Reads plans.yaml and looks at everything that the next slot of each plan would look at: images
in CVM, files in the bucket, the ledger. It changes nothing. Exit status: 0, or 2 if it could not
tell. With --next it prints when plans are due, and asks nobody.

` + cloudHelp,
		RunE: func(c *cobra.Command, names []string) error {
			if err := f.run(c.Context(), c.OutOrStdout(), names); err != nil {
				return verdict{err, couldNotTell}
			}
			return nil
		},
	}
	c.Flags().StringVar(&f.plans, "plans", "plans.yaml", "the plans to preview")
	c.Flags().IntVar(&f.next, "next", 0, "print only the next so many due instants of each plan")
	f.output.flag(c)
	return c
}

func (f planFlags) run(ctx context.Context, w io.Writer, names []string) error {
	if f.next < 0 || f.next > maxNext {
		return fmt.Errorf("--next %d: want 1 to %d", f.next, maxNext)
	}
	doc, err := readPlans(f.plans)
	if err != nil {
		return err
	}
	plans, err := choose(doc.Plans, names)
	if err != nil {
		return err
	}
	if f.next > 0 {
		return f.printNext(w, plans)
	}
	return f.preview(ctx, w, doc, plans)
}

// choose returns the plans of these names, or all.
func choose(set plan.Set, names []string) ([]plan.Plan, error) {
	if len(names) == 0 {
		names = set.Names()
	}
	plans, errs := make([]plan.Plan, len(names)), make([]error, len(names))
	for i, name := range names {
		plans[i], errs[i] = set.Find(name)
	}
	return plans, errors.Join(errs...)
}

// preview prints the plans that can be previewed, and returns the errors of the rest.
func (f planFlags) preview(ctx context.Context, w io.Writer, doc plan.Document, plans []plan.Plan) error {
	cloud, err := openCloud(os.Environ(), doc)
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range plans {
		v, err := cloud.Driver.Preview(ctx, p)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("plan %s: %w", p.Name, err))
		case f.output == asJSON:
			errs = append(errs, json.NewEncoder(w).Encode(v))
		default:
			errs = append(errs, printPreview(w, p, v))
		}
	}
	return errors.Join(errs...)
}

// printNext prints due instants in the time of the schedule and in UTC.
func (f planFlags) printNext(w io.Writer, plans []plan.Plan) error {
	for _, p := range plans {
		next := p.Next(time.Now(), f.next)
		if f.output == asJSON {
			if err := json.NewEncoder(w).Encode(map[string]any{"plan": p.Name, "next": append([]time.Time{}, next...)}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%s   %s\n", p.Name, schedule(p))
		for _, at := range next {
			fmt.Fprintf(w, "  %s\n", bothZones(at))
		}
	}
	return nil
}
