package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/account"
)

// tc3Skew is how far a request's time may be off (Cloud API common parameters,
// X-TC-Timestamp: five minutes).
const tc3Skew = 5 * time.Minute

const tc3Algorithm = "TC3-HMAC-SHA256"

// tc3 is what the Authorization header of a Cloud API request says.
type tc3 struct {
	secretID, date, service string
	headers                 []string // names of the signed headers, in lower case
	signature               string   // hexadecimal
}

// TC3 checks the TC3-HMAC-SHA256 signature of a Cloud API request to service
// (such as "cvm") whose body has been read already, and returns who sent it. A
// refusal is an [*Error] with one of the codes AuthFailure.InvalidAuthorization,
// .SecretIdNotFound, .SignatureFailure, .SignatureExpire and .TokenFailure.
func TC3(r *http.Request, body []byte, service string, acc *account.Account, now time.Time) (account.Credential, error) {
	refuse := func(code, message string) (account.Credential, error) {
		return account.Credential{}, &Error{"AuthFailure." + code, message}
	}
	a, ok := parseTC3(r.Header.Get("Authorization"))
	if !ok {
		return refuse("InvalidAuthorization", "the Authorization header is missing or malformed")
	}
	stamp, err := strconv.ParseInt(r.Header.Get("X-TC-Timestamp"), 10, 64)
	if err != nil {
		return refuse("InvalidAuthorization", "the X-TC-Timestamp header is missing or malformed")
	}
	c, ok := acc.Find(a.secretID)
	if !ok {
		return refuse("SecretIdNotFound", "the SecretId is not found")
	}
	if now.Sub(seconds(stamp)).Abs() > tc3Skew {
		return refuse("SignatureExpire", "the signature has expired: the timestamp is off by more than five minutes")
	}
	// The host is signed always, so that a request cannot be sent elsewhere.
	if a.service != service || a.date != seconds(stamp).UTC().Format(time.DateOnly) || !slices.Contains(a.headers, "host") || !slices.Contains(a.headers, "content-type") {
		return refuse("SignatureFailure", "the credential scope or the signed headers do not fit the request")
	}
	if !hmac.Equal([]byte(a.sign(c.SecretKey, stamp, a.canonical(r, body))), []byte(a.signature)) {
		return refuse("SignatureFailure", "the provided credentials could not be validated, check that the signature is correct")
	}
	if !tokenFits(c, r.Header.Get("X-TC-Token")) || c.Expired(now) {
		return refuse("TokenFailure", "the token is missing, wrong or expired")
	}
	return c, nil
}

// parseTC3 reads "TC3-HMAC-SHA256 Credential=<id>/<date>/<service>/tc3_request,
// SignedHeaders=<a;b>, Signature=<hex>".
func parseTC3(header string) (a tc3, ok bool) {
	rest, ok := strings.CutPrefix(header, tc3Algorithm+" ")
	if !ok {
		return a, false
	}
	fields := map[string]string{}
	for _, f := range strings.Split(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(f), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/")
	if len(scope) != 4 || scope[3] != "tc3_request" || fields["SignedHeaders"] == "" || fields["Signature"] == "" {
		return a, false
	}
	return tc3{
		secretID:  scope[0],
		date:      scope[1],
		service:   scope[2],
		headers:   strings.Split(fields["SignedHeaders"], ";"),
		signature: fields["Signature"],
	}, true
}

// canonical puts the request into the form that is signed. The path is always a
// slash, whatever was asked for.
func (a tc3) canonical(r *http.Request, body []byte) string {
	var headers strings.Builder
	for _, name := range a.headers {
		value := r.Header.Get(name)
		if name == "host" { // net/http keeps it apart
			value = r.Host
		}
		headers.WriteString(name + ":" + strings.ToLower(strings.TrimSpace(value)) + "\n")
	}
	return strings.Join([]string{
		r.Method, "/", r.URL.RawQuery, headers.String(), strings.Join(a.headers, ";"), sha256Hex(body),
	}, "\n")
}

// sign returns the signature that the owner of secret would make.
func (a tc3) sign(secret string, stamp int64, canonical string) string {
	scope := a.date + "/" + a.service + "/tc3_request"
	text := strings.Join([]string{tc3Algorithm, strconv.FormatInt(stamp, 10), scope, sha256Hex([]byte(canonical))}, "\n")
	key := []byte("TC3" + secret)
	for _, part := range []string{a.date, a.service, "tc3_request"} {
		key = hmacSHA256(key, part)
	}
	return hex.EncodeToString(hmacSHA256(key, text))
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func sha256Hex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
