package proxy

import (
	"context"
	"net/http"
)

type userKey struct{}

// User returns the user name in the proxy URL that the sender of a request was
// given, as in HTTPS_PROXY=http://USER@127.0.0.1:8080, or "". It opens nothing: it
// tells programs apart.
func User(r *http.Request) string {
	user, _ := r.Context().Value(userKey{}).(string)
	return user
}

func withUser(ctx context.Context, user string) context.Context {
	return context.WithValue(ctx, userKey{}, user)
}

// proxyUser reads the user from what the client tells the proxy alone.
func proxyUser(r *http.Request) string {
	user, _, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
	return user
}
