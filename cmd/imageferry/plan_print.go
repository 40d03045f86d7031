package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/dustin/go-humanize/english"

	"github.com/imageferry/imageferry/internal/cron"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/plan"
)

// printPreview prints a preview for people: when, what, and in all.
func printPreview(w io.Writer, p plan.Plan, v export.Preview) error {
	fmt.Fprintf(w, "%s   %s\n", v.Plan, schedule(p))
	for _, at := range v.Next {
		fmt.Fprintf(w, "  %s\n", bothZones(at))
	}
	if v.Suspended {
		fmt.Fprintf(w, "  SUSPENDED: nothing is exported until imageferry resume %s\n", v.Plan)
	}
	if len(v.Items) > 0 {
		fmt.Fprintln(w)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, item := range v.Items {
		if i == 0 {
			fmt.Fprintln(t, "  IMAGE\tNAME\tWOULD\tFILES\tGIB\tLAST TOOK\tWHY")
		}
		printItem(t, item)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n  %s\n\n", total(v))
	return err
}

func printItem(w io.Writer, item export.PreviewItem) {
	what := string(item.Image)
	if what == "" {
		what = string(item.Instance)
	}
	took := "-"
	if item.Past != nil {
		took = (time.Duration(item.Past.Seconds) * time.Second).String()
	}
	fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\n", what, printable(item.Name), item.Would, known(int64(item.Files)), known(item.GiB), took, why(item))
}

// known is a number, or a dash for what only shows once there is an image.
func known(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// why says what keeps an item from being exported.
func why(item export.PreviewItem) string {
	switch item.Would {
	case export.WouldExport:
		return ""
	case export.WouldSkip:
		return item.Reason + ": " + string(item.Export)
	}
	text := item.Reason
	for _, more := range []string{item.Detail, item.Hint} {
		if more != "" {
			text += "; " + printable(more)
		}
	}
	return text
}

func total(v export.Preview) string {
	count := map[export.Would]int{}
	for _, item := range v.Items {
		count[item.Would]++
	}
	return fmt.Sprintf("%d would be exported (%s, %d GiB), %d skipped, %d would fail",
		count[export.WouldExport], english.Plural(v.Files, "file", ""), v.GiB, count[export.WouldSkip], count[export.WouldFail])
}

func schedule(p plan.Plan) string {
	if p.Schedule == "" {
		return "no schedule: runs when a timer or somebody asks"
	}
	return p.Schedule
}

// bothZones writes an instant as its schedule means it, and as logs and ids do.
func bothZones(at time.Time) string {
	return at.In(cron.Zone).Format("Mon 2006-01-02 15:04:05") + " UTC+8   " + at.UTC().Format(time.RFC3339)
}

// printable keeps words that somebody else chose, such as an image's name, from
// breaking lines and from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}
