package event

import (
	"encoding/json"
	"fmt"
	"slices"
)

// fields is a JSON object, decoded one level deep. encoding/json matches the
// fields of a struct in any case, so that {"key":1,"KEY":2} would be
// read as 2; a map keeps the names apart.
type fields map[string]json.RawMessage

// parseFields reports false for anything but an object. raw is valid JSON.
func parseFields(raw json.RawMessage) (fields, bool) {
	var f fields
	err := json.Unmarshal(raw, &f)
	return f, err == nil && f != nil
}

// has reports whether a field is there and not null.
func (f fields) has(name string) bool {
	raw, ok := f[name]
	return ok && string(raw) != "null"
}

// object returns an object's fields; none if it is missing or null.
func (f fields) object(name string) (fields, error) {
	if !f.has(name) {
		return nil, nil
	}
	o, ok := parseFields(f[name])
	if !ok {
		return nil, fmt.Errorf("field %q is not an object", name)
	}
	return o, nil
}

// text returns a string; it is empty if the field is missing or null.
func (f fields) text(name string) (string, error) {
	if !f.has(name) {
		return "", nil
	}
	var s string
	if err := json.Unmarshal(f[name], &s); err != nil {
		return "", fmt.Errorf("field %q is not a string", name)
	}
	return s, nil
}

// scalar is text for a field that the platform sends as a string or as a
// number; a number is returned as it is spelled.
func (f fields) scalar(name string) (string, error) {
	if raw := f[name]; isNumber(raw) {
		return string(raw), nil
	}
	s, err := f.text(name)
	if err != nil {
		return "", fmt.Errorf("field %q is neither a string nor a number", name)
	}
	return s, nil
}

// lists returns an object whose values are strings or arrays of strings, as
// headers and queries are.
func (f fields) lists(name string) (map[string][]string, error) {
	o, err := f.object(name)
	if err != nil {
		return nil, err
	}
	m := make(map[string][]string, len(o))
	for k, raw := range o {
		values, ok := list(raw)
		if !ok {
			return nil, fmt.Errorf("field %q holds a value that is no string or list of strings", name)
		}
		m[k] = values
	}
	return m, nil
}

// list reads one value of lists. An empty array stands for a bare name, as null does.
func list(raw json.RawMessage) ([]string, bool) {
	elems := []json.RawMessage{raw}
	if raw[0] == '[' && json.Unmarshal(raw, &elems) != nil {
		return nil, false
	}
	values := make([]string, 0, len(elems))
	for _, e := range elems {
		s, ok := word(e)
		if !ok {
			return nil, false
		}
		values = append(values, s)
	}
	if len(values) == 0 {
		values = append(values, "")
	}
	return values, true
}

// word reads a single string. The gateway sends true for a query parameter
// without a value, "?name", and elsewhere null was seen: both are empty.
func word(raw json.RawMessage) (string, bool) {
	switch {
	case slices.Contains([]string{"true", "null"}, string(raw)):
		return "", true
	case string(raw) == "false" || isNumber(raw):
		return string(raw), true
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

func isNumber(raw json.RawMessage) bool {
	return len(raw) > 0 && (raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9')
}
