package proxy_test

import (
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/imageferry/imageferry/internal/sandbox/proxy"
)

func TestUser(t *testing.T) {
	t.Parallel()
	_, addr, client := run(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "" {
			t.Error("the host sees what was for the proxy")
		}
		_, _ = io.WriteString(w, "user "+proxy.User(r))
	})
	for _, user := range []*url.Userinfo{nil, url.User("export-1"), url.UserPassword("export-2", "x")} {
		tr := client.Transport.(*http.Transport).Clone()
		tr.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: addr, User: user})
		for _, scheme := range []string{"https", "http"} {
			resp, err := (&http.Client{Transport: tr}).Get(scheme + "://" + known + "/")
			if got, want := read(t, resp, err), "user "+user.Username(); got != want {
				t.Errorf("%s: %q, want %q", scheme, got, want)
			}
		}
		tr.CloseIdleConnections()
	}
}
