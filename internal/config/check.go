package config

import (
	"fmt"
	"net/url"
	"regexp"
	"time"
)

const (
	minToken = 16               // characters; FERRY_TOKEN guards an address that anybody can call
	maxWait  = 20 * time.Second // longer, and no time to act is left in an invocation
	minQuiet = 30 * time.Second // less than any task takes to show
)

// The region becomes part of host names, the prefix of object keys.
var (
	regionPattern = regexp.MustCompile(`^[a-z]{2,}-[a-z0-9-]+$`)
	prefixPattern = regexp.MustCompile(`^(?:[a-z0-9_-][a-z0-9._-]*/)+$`)
)

// check notes wrong values and wrong relations between them. It quotes no
// secret; the webhook's address can be one.
func (c Config) check(m *mistakes) {
	want := func(ok bool, name, format string, args ...any) {
		if !ok {
			m.note(name, fmt.Errorf(format, args...))
		}
	}
	want(regionPattern.MatchString(c.Region), "FERRY_REGION", "%q: want a region such as ap-guangzhou", c.Region)
	want(c.StateBucket != c.ImageBucket, "FERRY_STATE_BUCKET",
		"%q is also FERRY_IMAGE_BUCKET: every ledger entry would start the notify function; use two buckets", c.StateBucket)
	want(prefixPattern.MatchString(c.StatePrefix), "FERRY_STATE_PREFIX", "%q: want a folder that ends with a slash, such as imageferry/", c.StatePrefix)
	want(c.ExportBucketForm == "name" || c.ExportBucketForm == "name-appid", "FERRY_EXPORT_BUCKET_FORM", "%q: want name or name-appid", c.ExportBucketForm)
	want(c.Settle >= 0 && c.Settle <= maxWait, "FERRY_SETTLE", "%s: want 0s to 20s", c.Settle)
	want(c.Quiet >= minQuiet, "FERRY_QUIET", "%s: want at least %s", c.Quiet, minQuiet)
	for _, token := range c.Tokens() {
		want(len(token.Reveal()) >= minToken, "FERRY_TOKEN", "a token has fewer than %d characters; make one with: openssl rand -hex 32", minToken)
	}
	c.checkWebhook(want)
}

func (c Config) checkWebhook(want func(ok bool, name, format string, args ...any)) {
	if c.WebhookURL.IsZero() {
		return // no channel; then the key does not matter
	}
	want(validAddress(c.WebhookURL.Reveal()), "FERRY_WEBHOOK_URL", "want an https address without user information")
	_, err := SigningKeys(c.WebhookSecret)
	want(err == nil, "FERRY_WEBHOOK_SECRET", errKeys.Error())
}

func validAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil
}
