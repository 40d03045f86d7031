package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/tencent"
)

func ledgerCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "ledger",
		Short: "List, show and check what was decided on exports",
		Long: `Reads the ledger in the state bucket, and writes nothing. Where it lies is said by the
functions' own settings, and keys come from the environment:

    FERRY_STATE_BUCKET        name-appid
    FERRY_STATE_PREFIX        default imageferry/
    FERRY_REGION              or TENCENTCLOUD_REGION
    TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY, and TENCENTCLOUD_TOKEN for temporary keys

With a sandbox running: eval "$(imageferry sandbox env)"
The form of what is read: docs/ledger-format.md`,
	}
	c.AddCommand(listCommand(), showCommand(), fsckCommand())
	return c
}

// place is where a ledger lies.
type place struct {
	store  ledger.Store
	prefix string
}

func (p place) ledger() *ledger.Ledger { return ledger.New(p.store, p.prefix) }

// placeFromEnv finds the ledger by the environment. Its error names everything that
// is missing.
func placeFromEnv(getenv func(string) string) (place, error) {
	var errs []error
	need := func(names ...string) string {
		for _, name := range names {
			if v := getenv(name); v != "" {
				return v
			}
		}
		errs = append(errs, fmt.Errorf("%s: is required", names[0]))
		return ""
	}
	name, region := need("FERRY_STATE_BUCKET"), need("FERRY_REGION", "TENCENTCLOUD_REGION")
	id, key := need("TENCENTCLOUD_SECRET_ID"), need("TENCENTCLOUD_SECRET_KEY")
	if len(errs) > 0 {
		return place{}, fmt.Errorf("%w\nsee imageferry ledger --help", errors.Join(errs...))
	}
	bucket, err := image.ParseBucket(name)
	if err != nil {
		return place{}, fmt.Errorf("FERRY_STATE_BUCKET: %w", err)
	}
	prefix := getenv("FERRY_STATE_PREFIX")
	if prefix == "" {
		prefix = "imageferry/"
	}
	creds := func() (string, string, string) { return id, key, getenv("TENCENTCLOUD_TOKEN") }
	return place{tencent.NewCOS(tencent.NewTransport(), creds, region).Store(bucket), prefix}, nil
}

// output is the flag -o: text for people, or JSON for programs, one value a line.
type output string

const (
	asText output = "text"
	asJSON output = "json"
)

func (o *output) flag(c *cobra.Command) {
	*o = asText
	c.Flags().VarP(o, "output", "o", "text or json")
}

// String implements pflag.Value.
func (o *output) String() string { return string(*o) }

// Type implements pflag.Value.
func (o *output) Type() string { return "form" }

// Set implements pflag.Value.
func (o *output) Set(s string) error {
	if s != string(asText) && s != string(asJSON) {
		return errors.New("want text or json")
	}
	*o = output(s)
	return nil
}

// onLedger makes a command of a function that reads the ledger.
func onLedger(run func(c *cobra.Command, p place, args []string, w io.Writer) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		p, err := placeFromEnv(os.Getenv)
		if err != nil {
			return err
		}
		return run(c, p, args, c.OutOrStdout())
	}
}
