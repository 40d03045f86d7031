package planfile

import "reflect"

// Fields returns the names of all fields of a plan, of an item of its images, and of
// a channel.
func Fields() (names []string) {
	for _, form := range []reflect.Type{reflect.TypeFor[entry](), reflect.TypeFor[item](), reflect.TypeFor[route]()} {
		for i := range form.NumField() {
			names = append(names, form.Field(i).Tag.Get("yaml"))
		}
	}
	return names
}
