package planfile

import "reflect"

// Fields returns the names of all fields of a plan and of an item of its images.
func Fields() (names []string) {
	for _, form := range []reflect.Type{reflect.TypeFor[entry](), reflect.TypeFor[item]()} {
		for i := range form.NumField() {
			names = append(names, form.Field(i).Tag.Get("yaml"))
		}
	}
	return names
}
