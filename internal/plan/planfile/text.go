package planfile

import (
	"reflect"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// text is a scalar as it is written. To YAML, 010 is the number 8 and 1.50 is
// 1.5; to somebody who writes the value of a tag, they are not.
type text string

// UnmarshalYAML implements [yaml.NodeUnmarshaler].
func (t *text) UnmarshalYAML(node ast.Node) error {
	switch n := node.(type) {
	case *ast.NullNode:
		*t = ""
	case *ast.StringNode:
		*t = text(n.Value)
	case *ast.LiteralNode:
		*t = text(n.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		*t = text(node.GetToken().Value)
	case *ast.TagNode:
		return t.UnmarshalYAML(n.Value)
	default:
		return &yaml.TypeError{DstType: reflect.TypeFor[string](), Token: node.GetToken()}
	}
	return nil
}
