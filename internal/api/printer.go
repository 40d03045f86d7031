package api

import (
	"fmt"
	"html"
	"io"
)

// printer writes HTML. It is no template engine, which would take up half a megabyte
// of a function's zip: the formats are constants of ours, and whatever is put into
// them is escaped, so that it can be no markup, in text and in quoted attributes.
type printer struct{ w io.Writer }

func (p printer) f(format string, args ...any) {
	for i, arg := range args {
		args[i] = html.EscapeString(fmt.Sprint(arg))
	}
	fmt.Fprintf(p.w, format, args...)
}
