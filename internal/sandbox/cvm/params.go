package cvm

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// params is what an action was called with: a tree of maps, lists and leaves.
// From JSON the leaves have types and are taken as they are. From a query or
// form every leaf is a string, and a list is a map with the keys 0, 1, ….
type params struct {
	tree map[string]any
	form bool
}

func jsonParams(body []byte) (params, error) {
	p := params{tree: map[string]any{}}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&p.tree); err != nil && err != io.EOF {
		return p, refuse(InvalidParameter, "the request body is not a JSON object")
	}
	if d.More() {
		return p, refuse(InvalidParameter, "the request body has something behind the JSON object")
	}
	return p, nil
}

// formParams reads parameters such as Filters.0.Values.1=x.
func formParams(text string) (params, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return params{}, refuse(InvalidParameter, "the request parameters are not URL-encoded")
	}
	tree := map[string]any{}
	for key, v := range values {
		at, path := tree, strings.Split(key, ".")
		for _, name := range path[:len(path)-1] {
			next, ok := at[name].(map[string]any)
			if !ok && at[name] == nil {
				next, ok = map[string]any{}, true
				at[name] = next
			}
			if !ok {
				return params{}, badType(key)
			}
			at = next
		}
		last := path[len(path)-1]
		if at[last] != nil {
			return params{}, badType(key)
		}
		at[last] = v[0]
	}
	return params{tree: tree, form: true}, nil
}

// into fills the struct that dst points to, whose fields are named as the
// parameters. encoding/json would match names of another case, too, and does
// not tell an unknown parameter from a wrong type.
func (p params) into(dst any) error {
	return p.set(reflect.ValueOf(dst).Elem(), p.tree, "")
}

func (p params) set(dst reflect.Value, src any, name string) error {
	if src == nil { // null is the same as absent
		return nil
	}
	switch dst.Kind() {
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		return p.set(dst.Elem(), src, name)
	case reflect.Struct:
		return p.setStruct(dst, src, name)
	case reflect.Slice:
		return p.setList(dst, src, name)
	default:
		return p.setLeaf(dst, src, name)
	}
}

func (p params) setStruct(dst reflect.Value, src any, name string) error {
	tree, ok := src.(map[string]any)
	if !ok {
		return badType(name)
	}
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		full := strings.TrimPrefix(name+"."+key, ".")
		field := dst.FieldByName(key)
		if !field.IsValid() {
			return refuse(UnknownParameter, "the parameter `%s` is not recognized", full)
		}
		if err := p.set(field, tree[key], full); err != nil {
			return err
		}
	}
	return nil
}

func (p params) setList(dst reflect.Value, src any, name string) error {
	list, ok := src.([]any)
	if tree, isTree := src.(map[string]any); isTree && p.form {
		list, ok = inOrder(tree)
	}
	if !ok {
		return badType(name)
	}
	dst.Set(reflect.MakeSlice(dst.Type(), len(list), len(list)))
	for i, v := range list {
		if err := p.set(dst.Index(i), v, name+"."+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return nil
}

// inOrder makes a list of a map whose keys are 0 to n-1.
func inOrder(tree map[string]any) (list []any, ok bool) {
	for i := range len(tree) {
		v, ok := tree[strconv.Itoa(i)]
		if !ok {
			return nil, false
		}
		list = append(list, v)
	}
	return list, true
}

func (p params) setLeaf(dst reflect.Value, src any, name string) error {
	text, isText := src.(string)
	switch dst.Kind() {
	case reflect.String:
		if isText {
			dst.SetString(text)
			return nil
		}
	case reflect.Bool:
		b, ok := src.(bool)
		if isText && p.form {
			ok, b = text == "true" || text == "false", text == "true"
		}
		if ok {
			dst.SetBool(b)
			return nil
		}
	case reflect.Int64:
		if n, isNumber := src.(json.Number); isNumber {
			text = n.String()
		} else if !p.form {
			break
		}
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			dst.SetInt(n)
			return nil
		}
	}
	return badType(name)
}

func badType(name string) error {
	return refuse(InvalidParameter, "the value type of parameter `%s` is not valid", name)
}
