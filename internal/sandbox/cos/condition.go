package cos

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// checkConditions evaluates If-Match, If-None-Match, If-Modified-Since and
// If-Unmodified-Since (RFC 9110, 13.2.2), or with a prefix the headers of a copy,
// such as x-cos-copy-source-If-Match. It returns nil, errPrecondition or errNotModified.
func checkConditions(h http.Header, prefix string, o ObjectInfo) error {
	modified := o.LastModified.Truncate(time.Second)
	if match := h.Get(prefix + "If-Match"); match != "" {
		if !matches(match, o.ETag) {
			return errPrecondition
		}
	} else if t, ok := headerTime(h, prefix+"If-Unmodified-Since"); ok && modified.After(t) {
		return errPrecondition
	}
	if none := h.Get(prefix + "If-None-Match"); none != "" {
		if matches(none, o.ETag) {
			return errNotModified
		}
	} else if t, ok := headerTime(h, prefix+"If-Modified-Since"); ok && !modified.After(t) {
		return errNotModified
	}
	return nil
}

func matches(list, etag string) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(s string) bool {
		s = strings.Trim(strings.TrimPrefix(strings.TrimSpace(s), "W/"), `"`)
		return s == "*" || s == strings.Trim(etag, `"`)
	})
}

func headerTime(h http.Header, name string) (time.Time, bool) {
	t, err := http.ParseTime(h.Get(name))
	return t, err == nil
}
