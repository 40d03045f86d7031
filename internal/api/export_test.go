package api

// Routes returns method and path of every route, as the OpenAPI document writes
// them.
func (a *API) Routes() []string {
	var list []string
	for _, r := range append(a.open(), a.guarded()...) {
		path := r.path
		if path == "/{$}" {
			path = "/"
		}
		list = append(list, r.method+" "+path)
	}
	return list
}
