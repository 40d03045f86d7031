package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/imageferry/imageferry/internal/api"
	"github.com/imageferry/imageferry/internal/ledger"
)

func exportsCommand() *cobra.Command {
	var form output
	c := &cobra.Command{
		Use:   "exports",
		Short: "List the exports of a deployment that are not closed, or closed today or yesterday (UTC)",
		Long:  clientHelp,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return askExports(c, form, http.MethodGet, "/v1/exports")
		},
	}
	form.flag(c)
	return c
}

func retryCommand() *cobra.Command {
	var form output
	c := &cobra.Command{
		Use:   "retry EXPORT",
		Short: "Export again what failed, or arrived only in part",
		Long: `Starts an export of the same image, to the same bucket, in the same format. It has an id of its
own (EXPORT--2); asking again starts no other one, unless that one failed too.

` + clientHelp,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return askExports(c, form, http.MethodPost, "/v1/exports/"+url.PathEscape(args[0])+"/retry")
		},
	}
	form.flag(c)
	return c
}

// askExports sends a request that is answered with exports, and prints them.
func askExports(c *cobra.Command, form output, method, path string, headers ...string) error {
	api, err := clientFromEnv(os.Environ())
	if err != nil {
		return err
	}
	var answer struct{ Exports []json.RawMessage }
	if err := api.call(c.Context(), method, path, &answer, headers...); err != nil {
		return err
	}
	return printExports(c.OutOrStdout(), form, answer.Exports)
}

// printExports prints a line each. To programs it gives them as they came: a newer
// deployment may say more than this command knows of.
func printExports(w io.Writer, form output, exports []json.RawMessage) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, raw := range exports {
		var v api.View
		if err := json.Unmarshal(raw, &v); err != nil {
			return fmt.Errorf("an export that cannot be read: %w", err)
		}
		switch {
		case form == asJSON:
			fmt.Fprintf(w, "%s\n", raw)
			continue
		case i == 0:
			fmt.Fprintln(t, "EXPORT\tSTATE\tASKED\tIMAGE\tNAME\tSIZE\tWHY")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", v.ID, cmp.Or(v.Verdict, v.State, "new"), v.Asked.Format(time.RFC3339),
			cmp.Or(string(v.Image), string(v.Instance), "-"), cmp.Or(printable(v.Name), "-"), landed(v), explain(v))
	}
	return t.Flush()
}

func landed(v api.View) string {
	var bytes int64
	for _, f := range v.Files {
		bytes += f.Size
	}
	if bytes == 0 {
		return "-"
	}
	return humanize.IBytes(uint64(bytes))
}

func explain(v api.View) string {
	var parts []string
	for _, s := range []string{v.Reason, v.Detail, v.Hint, v.Problem} {
		if s != "" {
			parts = append(parts, printable(s))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.Deliveries)) {
		if d := v.Deliveries[name]; d.State == ledger.Undelivered {
			parts = append(parts, "NOT DELIVERED by "+name+": "+printable(d.Detail))
		}
	}
	return strings.Join(parts, "; ")
}
