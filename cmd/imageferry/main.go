// Command imageferry is the operator's side of Image Ferry: it builds what is
// deployed, and runs a sandbox of Tencent Cloud to try it in. Each subcommand has
// a file of its own.
package main

import (
	"context"
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
		os.Exit(1)
	}
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "imageferry",
		Short:         "Carries custom images of Tencent Cloud CVM to COS, and makes sure that they arrived",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(packageCommand(), sandboxCommand())
	return root
}
