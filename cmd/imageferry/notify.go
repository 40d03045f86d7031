package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imageferry/imageferry/internal/channel"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/secret"
)

func notifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "notify",
		Short: "Try a channel of notices, or let a receiver hear again that wanted no more",
	}
	c.AddCommand(notifyTestCommand(), notifyUnmuteCommand())
	return c
}

func notifyTestCommand() *cobra.Command {
	var plans string
	c := &cobra.Command{
		Use:   "test CHANNEL",
		Short: "Send a test notice through a channel, from this machine",
		Long: `Reads the channel in plans.yaml, and from the environment the variables that it names, and sends
one notice that says that it is a test. The channel "webhook" is that of FERRY_WEBHOOK_URL and
FERRY_WEBHOOK_SECRET. Exit status: 0 if the service took the notice, else 1.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return testChannel(c.Context(), c.OutOrStdout(), plans, args[0], os.Environ())
		},
	}
	c.Flags().StringVar(&plans, "plans", "plans.yaml", "the plans that name the channel")
	return c
}

func testChannel(ctx context.Context, w io.Writer, plans, name string, environ []string) error {
	set, err := openChannel(plans, name, environ)
	if err != nil {
		return err
	}
	switch err := set.Test(ctx, name); {
	case outcome.Is(err, outcome.Unknown):
		return fmt.Errorf("%w\nnobody knows whether the notice was taken: look whether it arrived", err)
	case outcome.Is(err, outcome.Later):
		return fmt.Errorf("%w\nthe notice was not taken; a deployment would try again later", err)
	case err != nil:
		return fmt.Errorf("%w\nthe notice was not taken", err)
	}
	_, err = fmt.Fprintf(w, "channel %s (%s) took the notice\n", name, set.Channels()[0].Service)
	return err
}

// openChannel makes the one channel of that name, as a deployment does.
func openChannel(plans, name string, environ []string) (*channel.Set, error) {
	doc, err := readPlans(plans)
	if err != nil {
		return nil, err
	}
	c, ok := doc.Channels[name]
	if c.Name = name; name == plan.BuiltIn.Name {
		c, ok = plan.BuiltIn, true
	}
	if !ok {
		return nil, fmt.Errorf("no channel %q; there are: %s", name, strings.Join(append(doc.Channels.Names(), plan.BuiltIn.Name), ", "))
	}
	value := func(variable string) (secret.Text, bool) {
		v := lookup(environ, variable)
		return secret.New(v), v != ""
	}
	return channel.New([]plan.Channel{c}, value, channel.Options{Region: regionOf(environ), Timeout: export.LongestRequest, Now: time.Now})
}
