package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func notifyUnmuteCommand() *cobra.Command {
	var plans string
	c := &cobra.Command{
		Use:   "unmute CHANNEL",
		Short: "Let a receiver hear again that answered 410",
		Long: `A receiver that answers 410 is sent nothing more until it has another address. This forgets the
answer. The ledger is found as imageferry ledger finds it, and the address as imageferry notify test.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			set, err := openChannel(plans, args[0], os.Environ())
			if err != nil {
				return err
			}
			p, err := placeFromEnv(os.Getenv)
			if err != nil {
				return err
			}
			if err := p.ledger().Unmute(c.Context(), set.Channels()[0].Receiver()); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "channel %s is heard again; instances that run now may remember the answer until they end\n", args[0])
			return nil
		},
	}
	c.Flags().StringVar(&plans, "plans", "plans.yaml", "the plans that name the channel")
	return c
}
