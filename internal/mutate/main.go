// Command mutate breaks the protocol on purpose and sees whether anybody notices.
//
// A mutant is a small change of production code that removes one rule: the claim
// is not read back, the marker comes after the log, an unknown answer is taken for
// success. Each is compiled from changed copies of the source (the -overlay of the
// go command), so that production code holds no switch for it. Two things must
// notice it: the simulator, within the seeds of the test run, and, where one is
// named, a regression test. A mutant that survives is a rule that nothing holds.
//
//	go run ./internal/mutate [-seeds 1000] [NAME…]
//
// It ends with status 0 only if every mutant was caught; the last line counts them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	seeds := flag.Int("seeds", 1000, "seeds of the simulator that a mutant must be caught within")
	flag.Parse()
	if err := run(context.Background(), *seeds, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, seeds int, names []string) error {
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	chosen := slices.DeleteFunc(slices.Clone(mutants), func(m mutant) bool {
		return len(names) > 0 && !slices.Contains(names, m.name)
	})
	if len(chosen) == 0 {
		return fmt.Errorf("no mutant is called %s", strings.Join(names, ", "))
	}
	survivors := 0
	for _, m := range chosen {
		begun := time.Now()
		r, err := hunt(ctx, root, m, seeds)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Printf("%-26s %s (%.0f s)\n", m.name, r, time.Since(begun).Seconds())
		if !r.caught() {
			survivors++
		}
	}
	fmt.Printf("%d of %d mutants caught\n", len(chosen)-survivors, len(chosen))
	if survivors > 0 {
		return errors.New("a mutant survived: no invariant or test holds its rule")
	}
	return nil
}

func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}
