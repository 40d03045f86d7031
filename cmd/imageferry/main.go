// Command imageferry is the operator's side of Image Ferry: it builds what is
// deployed, previews plans, runs a sandbox of Tencent Cloud to try them in, asks a
// deployment for exports, and reads the ledger. Each subcommand has a file of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "imageferry:", err)
		os.Exit(status(err))
	}
}

// verdict is an error with an exit status of its own.
type verdict struct {
	error
	status int
}

// status returns the exit status that an error ends the program with.
func status(err error) int {
	if v, ok := errors.AsType[verdict](err); ok {
		return v.status
	}
	return 1
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "imageferry",
		Short:         "Carries custom images of Tencent Cloud CVM to COS, and makes sure that they arrived",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(packageCommand(), sandboxCommand(), ledgerCommand(),
		planCommand(), runCommand(), resumeCommand(), exportsCommand(), retryCommand(), notifyCommand(), verifyCommand())
	return root
}
