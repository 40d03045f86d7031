package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"

	"github.com/spf13/cobra"
)

func runCommand() *cobra.Command {
	var form output
	var key string
	c := &cobra.Command{
		Use:   "run PLAN",
		Short: "Export all that a plan selects, now",
		Long: `Has a deployment export what a plan of its own selects, also what it holds unchanged, and also
while the plan is suspended. Prints the exports as they stand; imageferry exports shows how they go on.

` + clientHelp,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var headers []string
			if key != "" {
				headers = []string{"Idempotency-Key", key}
			}
			return askExports(c, form, http.MethodPost, planPath(args[0])+"run", headers...)
		},
	}
	c.Flags().StringVar(&key, "key", "", "makes a repeat harmless: the same key starts the same exports once")
	form.flag(c)
	return c
}

func resumeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "resume PLAN",
		Short: "Let a suspended plan run again, from its next slot on",
		Long:  clientHelp,
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			api, err := clientFromEnv(os.Environ())
			if err != nil {
				return err
			}
			var answer struct{ WasSuspended bool }
			if err := api.call(c.Context(), http.MethodPost, planPath(args[0])+"resume", &answer); err != nil {
				return err
			}
			if answer.WasSuspended {
				fmt.Fprintf(c.OutOrStdout(), "plan %s runs again, from its next slot on\n", args[0])
			} else {
				fmt.Fprintf(c.OutOrStdout(), "plan %s was not suspended\n", args[0])
			}
			return nil
		},
	}
}

func planPath(name string) string { return "/v1/plans/" + url.PathEscape(name) + "/" }
