package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/imageferry/imageferry/internal/fsck"
)

// What fsck ends with: clean is 0.
const (
	hasFindings  = 1
	couldNotTell = 2
)

func fsckCommand() *cobra.Command {
	var form output
	c := &cobra.Command{
		Use:   "fsck",
		Short: "Check the whole ledger: every object, over all of history",
		Long: `Reads every object of the ledger and says which cannot be right, and what to do. It writes
nothing, and may run beside the functions. A ledger of a million exports takes some five million
requests. Exit status: 0 clean, 1 something is wrong, 2 it could not tell.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := placeFromEnv(os.Getenv)
			if err != nil {
				return verdict{err, couldNotTell}
			}
			out := reporter{form, c.OutOrStdout(), json.NewEncoder(c.OutOrStdout())}
			figures, err := fsck.Check(c.Context(), p.store, p.prefix, time.Now(), readers, out.finding)
			out.figures(figures)
			return judged(figures, err)
		},
	}
	form.flag(c)
	return c
}

// judged is what a check ends with.
func judged(f fsck.Figures, err error) error {
	wrong, unknown := f.Findings[fsck.Broken]+f.Findings[fsck.Odd], f.Findings[fsck.Unknown]
	switch {
	case wrong > 0:
		return verdict{errors.Join(fmt.Errorf("%d findings", wrong+unknown), err), hasFindings}
	case err != nil:
		return verdict{fmt.Errorf("the check did not reach the end: %w", err), couldNotTell}
	case unknown > 0:
		return verdict{fmt.Errorf("%d objects could not be checked", unknown), couldNotTell}
	}
	return nil
}

// reporter prints as the check goes on.
type reporter struct {
	form output
	w    io.Writer
	json *json.Encoder
}

// finding prints one finding.
func (r reporter) finding(f fsck.Finding) {
	if r.form == asJSON {
		_ = r.json.Encode(map[string]fsck.Finding{"finding": f}) // who has closed the pipe wants no more
		return
	}
	fmt.Fprintf(r.w, "%-8s %s\n         %s: %s\n         %s\n", f.Severity, f.Key, f.Rule, f.Wrong, f.Do)
}

// figures prints what was gone through.
func (r reporter) figures(f fsck.Figures) {
	if r.form == asJSON {
		_ = r.json.Encode(map[string]fsck.Figures{"figures": f})
		return
	}
	fmt.Fprintf(r.w, "checked  %s objects: %s exports with %s entries, %s on the work list, %s in history, %s slots; %s requests\n",
		humanize.Comma(f.Objects), humanize.Comma(f.Exports), humanize.Comma(f.Entries), humanize.Comma(f.Open), humanize.Comma(f.History), humanize.Comma(f.Slots), humanize.Comma(f.Requests))
	for _, s := range slices.Sorted(maps.Keys(f.States)) {
		fmt.Fprintf(r.w, "         %s %s\n", humanize.Comma(f.States[s]), s)
	}
}
