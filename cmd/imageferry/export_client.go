package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/problem"
)

const (
	// apiTimeout is longer than a Function URL waits for its function.
	apiTimeout = 2 * time.Minute
	maxAnswer  = 6 << 20 // bytes; more no function answers
)

// clientHelp says what clientFromEnv reads.
const clientHelp = `Asks a deployment by its HTTP API:

    FERRY_URL      the Function URL of the export function
    FERRY_TOKEN    as in the function's settings

With a sandbox running: eval "$(imageferry sandbox env)"`

// client calls the API of a deployment. It repeats nothing by itself.
type client struct {
	base  *url.URL
	token string
	http  *http.Client
}

func clientFromEnv(environ []string) (*client, error) {
	address := lookup(environ, "FERRY_URL")
	token, _, _ := strings.Cut(lookup(environ, "FERRY_TOKEN"), ",") // a setting may name an old one too
	base, err := url.Parse(address)
	switch {
	case address == "" || token == "":
		return nil, errors.New("FERRY_URL and FERRY_TOKEN are required; see --help")
	case err != nil || base.Host == "":
		return nil, errors.New("FERRY_URL: want an address such as https://….ap-guangzhou.tencentscf.com")
	case base.Scheme != "https" && !(base.Scheme == "http" && loopback(base.Hostname())):
		return nil, errors.New("FERRY_URL: want https, so that nobody on the way reads the token")
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{base: base, token: token, http: &http.Client{Timeout: apiTimeout, CheckRedirect: stay}}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// call sends a request without a body and reads the answer. Headers are pairs. A
// problem is an error with its hint.
func (c *client) call(ctx context.Context, method, path string, into any, headers ...string) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base.JoinPath(path).String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.http.Do(req)
	if err != nil && method == http.MethodPost {
		return fmt.Errorf("%w; whether it was done shows in imageferry exports", err)
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer to %s %s: %w", method, path, err)
	case resp.StatusCode >= 400 && resp.Header.Get("Content-Type") == problem.ContentType:
		return problemOf(body, resp.StatusCode)
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("what answers at FERRY_URL is not Image Ferry (status %d)", resp.StatusCode)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("what answers at FERRY_URL is not Image Ferry: %w", err)
	}
	return nil
}

func problemOf(body []byte, status int) error {
	var p problem.Problem
	if err := json.Unmarshal(body, &p); err != nil {
		return fmt.Errorf("status %d, and a problem document that is none: %w", status, err)
	}
	if p.Detail == "" {
		p.Detail = p.Title
	}
	if p.Hint != "" {
		p.Detail += "; " + p.Hint
	}
	return fmt.Errorf("%s (status %d)", printable(p.Detail), status)
}
