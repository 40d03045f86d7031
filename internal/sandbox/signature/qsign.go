package signature

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/account"
)

// qSkew is how far ahead of the service a client's clock may run. The service's
// own tolerance is not documented; fifteen minutes is what S3 allows.
const qSkew = 15 * time.Minute

// qsign is what a COS request says about its signature (436/7778).
type qsign struct {
	secretID          string
	signTime, keyTime string   // "start;end" in unix seconds
	headers, params   []string // names as listed: lower case, URL-encoded
	signature         string   // hexadecimal
}

// QSign checks the signature of a COS request, which is carried in the
// Authorization header, in q-* query parameters, or in one parameter named sign,
// and returns who sent it. A refusal is an [*Error] that COS answers with status
// 403: AccessDenied, InvalidAccessKeyId, SignatureDoesNotMatch,
// RequestTimeTooSkewed, InvalidToken or ExpiredToken. The last two are an
// assumption: the codes for a bad session token are not documented.
func QSign(r *http.Request, acc *account.Account, now time.Time) (account.Credential, error) {
	refuse := func(code, message string) (account.Credential, error) {
		return account.Credential{}, &Error{code, message}
	}
	query := parseQuery(r.URL.RawQuery)
	q, ok := parseQSign(r.Header.Get("Authorization"), query)
	if !ok {
		return refuse("AccessDenied", "Access Denied.")
	}
	c, ok := acc.Find(q.secretID)
	if !ok {
		return refuse("InvalidAccessKeyId", "The Access Key Id you provided does not exist in our records")
	}
	if !hmac.Equal([]byte(q.sign(c.SecretKey, q.httpString(r, query))), []byte(q.signature)) {
		return refuse("SignatureDoesNotMatch", "The Signature you specified is invalid.")
	}
	if err := q.checkTime(now); err != nil {
		return account.Credential{}, err
	}
	token := r.Header.Get("x-cos-security-token")
	if token == "" {
		token = query.Get("x-cos-security-token")
	}
	if !tokenFits(c, token) {
		return refuse("InvalidToken", "The session token is missing or does not belong to the key")
	}
	if c.Expired(now) {
		return refuse("ExpiredToken", "The temporary key has expired")
	}
	return c, nil
}

// parseQSign finds the signature in whichever of its three carriers is used.
func parseQSign(authorization string, query url.Values) (q qsign, ok bool) {
	get := query.Get
	if sign := query.Get("sign"); authorization == "" && sign != "" {
		authorization = sign
	}
	if authorization != "" {
		fields := map[string]string{}
		for _, f := range strings.Split(authorization, "&") {
			name, value, _ := strings.Cut(f, "=")
			fields[strings.TrimSpace(name)] = value
		}
		get = func(name string) string { return fields[name] }
	}
	q = qsign{
		secretID:  get("q-ak"),
		signTime:  get("q-sign-time"),
		keyTime:   get("q-key-time"),
		headers:   names(get("q-header-list")),
		params:    names(get("q-url-param-list")),
		signature: get("q-signature"),
	}
	return q, get("q-sign-algorithm") == "sha1" && q.secretID != "" && q.signature != ""
}

// names splits a list of names; one that stands for several values is listed as
// often, but taken once.
func names(list string) []string {
	var out []string
	seen := map[string]bool{"": true}
	for _, n := range strings.Split(list, ";") {
		if n = strings.ToLower(n); !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out
}

// httpString is the request in the form that is signed: the decoded path, and of
// parameters and headers only what is listed.
func (q qsign) httpString(r *http.Request, query url.Values) string {
	headers := r.Header.Clone() // net/http keeps the next three apart
	headers.Set("Host", r.Host)
	headers["Transfer-Encoding"] = r.TransferEncoding
	if r.ContentLength >= 0 {
		headers.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	}
	return fmt.Sprintf("%s\n%s\n%s\n%s\n", strings.ToLower(r.Method), r.URL.Path, pairs(query, q.params), pairs(headers, q.headers))
}

// pairs writes the listed values as name=value joined with &, sorted by name and
// within a name by value.
func pairs(values map[string][]string, listed []string) string {
	byName := map[string][]string{}
	for name, vs := range values {
		n := strings.ToLower(encode(name))
		byName[n] = append(byName[n], vs...)
	}
	var out []string
	for _, name := range slices.Sorted(slices.Values(listed)) {
		for _, v := range slices.Sorted(slices.Values(byName[name])) {
			out = append(out, name+"="+encode(v))
		}
	}
	return strings.Join(out, "&")
}

// sign returns the signature that the owner of secret would make.
func (q qsign) sign(secret, httpString string) string {
	signKey := hmacSHA1(secret, q.keyTime)
	sum := sha1.Sum([]byte(httpString))
	return hmacSHA1(signKey, "sha1\n"+q.keyTime+"\n"+hex.EncodeToString(sum[:])+"\n")
}

// checkTime refuses a signature outside of its own window.
func (q qsign) checkTime(now time.Time) error {
	for _, window := range []string{q.signTime, q.keyTime} {
		start, end, ok := parseWindow(window)
		switch {
		case !ok:
			return &Error{"AccessDenied", "The signature time is malformed"}
		case now.Before(start.Add(-qSkew)):
			return &Error{"RequestTimeTooSkewed", "The difference between the request time and the current time is too large"}
		case now.After(end):
			return &Error{"AccessDenied", "Request has expired"}
		}
	}
	return nil
}

func parseWindow(s string) (start, end time.Time, ok bool) {
	a, b, _ := strings.Cut(s, ";")
	from, err1 := strconv.ParseInt(a, 10, 64)
	to, err2 := strconv.ParseInt(b, 10, 64)
	return seconds(from), seconds(to), err1 == nil && err2 == nil && from <= to
}

// parseQuery is url.ParseQuery, except that a semicolon is an ordinary character:
// clients send q-sign-time=start;end without escaping it.
func parseQuery(raw string) url.Values {
	values := url.Values{}
	for _, pair := range strings.Split(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if name != "" && err1 == nil && err2 == nil {
			values.Add(name, value)
		}
	}
	return values
}

// encode is COS's urlencode: everything but A-Z a-z 0-9 - _ . ~ as upper-case %XX.
func encode(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

func hmacSHA1(key, text string) string {
	h := hmac.New(sha1.New, []byte(key))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}
