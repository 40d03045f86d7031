package planfile

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/printer"
	"github.com/goccy/go-yaml/token"

	"github.com/imageferry/imageferry/internal/plan"
)

// mistake is a wrong value and where it stands.
type mistake struct {
	at  *token.Position // nil if it could not be found
	err error
}

// listed makes one error of all mistakes, in the order of the file.
func listed(name string, wrong []mistake) error {
	slices.SortStableFunc(wrong, func(a, b mistake) int {
		if a.at == nil || b.at == nil {
			return cmp.Compare(a.err.Error(), b.err.Error())
		}
		return cmp.Or(cmp.Compare(a.at.Line, b.at.Line), cmp.Compare(a.at.Column, b.at.Column))
	})
	errs := make([]error, len(wrong))
	for i, m := range wrong {
		errs[i] = fmt.Errorf("%s: %w", place(name, m.at), m.err)
	}
	return errors.Join(errs...)
}

// locate finds the value that is meant, or the name of the plan or channel that
// has no such value.
func locate(root ast.Node, i plan.Invalid) mistake {
	m := mistake{err: guessed(i.Err)}
	section := entryOf(root, i.Section)
	if section == nil {
		return m
	}
	e := entryOf(section.Value, i.Name)
	if e == nil {
		return m
	}
	m.at = e.Key.GetToken().Position
	path, err := yaml.PathString("$" + i.Field)
	if i.Field == "" || err != nil {
		return m
	}
	if node, err := path.FilterNode(e.Value); err == nil && node != nil {
		m.at = start(node).Position
	}
	return m
}

// start returns the first token of a node. A mapping calls a colon its own.
func start(node ast.Node) *token.Token {
	if m, ok := node.(ast.MapNode); ok {
		if i := m.MapRange(); i.Next() {
			return i.Key().GetToken()
		}
	}
	return node.GetToken()
}

// guessed adds to an unknown word which one may have been meant.
func guessed(err error) error {
	if e, ok := errors.AsType[*plan.ChoiceError](err); ok {
		return fmt.Errorf("%w%s", err, guess(e.Word, e.Wanted))
	}
	return err
}

// entryOf returns an entry of a mapping; nil if there is none of that name.
func entryOf(node ast.Node, name string) *ast.MappingValueNode {
	m, ok := node.(ast.MapNode)
	if !ok {
		return nil
	}
	for i := m.MapRange(); i.Next(); {
		if i.Key().GetToken().Value == name {
			return i.KeyValue()
		}
	}
	return nil
}

// shown turns an error of the YAML library into one with the place first, a
// guess at what was meant, and the lines around it with a caret.
func shown(name string, err error) error {
	e, ok := errors.AsType[yaml.Error](err)
	if !ok || e.GetToken() == nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var p printer.Printer
	excerpt := strings.TrimRight(p.PrintErrorToken(e.GetToken(), false), "\n")
	return fmt.Errorf("%s: %s\n%s", place(name, e.GetToken().Position), message(e), masked(excerpt))
}

// message says it in the words of the file where the library's are Go's.
func message(e yaml.Error) string {
	switch e := e.(type) {
	case *yaml.UnknownFieldError:
		return fmt.Sprintf("unknown field %q%s", e.Token.Value, guessField(e.Token.Value))
	case *yaml.TypeError:
		if e.DstType.Kind() == reflect.Bool {
			return fmt.Sprintf("%q is neither true nor false", e.Token.Value)
		}
		return "wrong kind of value; want text"
	case *yaml.SyntaxError:
		// To YAML, * begins the name of something that stands elsewhere.
		if t := e.Token; t.Type == token.AliasType || t.Prev != nil && t.Prev.Type == token.AliasType {
			return e.Message + "; a pattern that begins with * needs quotes"
		}
	}
	return e.GetMessage()
}

func place(name string, at *token.Position) string {
	if at == nil {
		return name
	}
	return fmt.Sprintf("%s:%d:%d", name, at.Line, at.Column)
}
