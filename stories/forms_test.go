package stories

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// A search that finds nothing proves nothing unless it can find.
func TestFormsAreFound(t *testing.T) {
	t.Parallel()
	const secret = "whsec_q+/=\"&<Ünd-Canary"
	quoted, err := json.Marshal(map[string]string{"a": secret})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"itself": "x" + secret + "y", "hex": "00" + hex.EncodeToString([]byte(secret+"y")), "HEX": strings.ToUpper(hex.EncodeToString([]byte("x" + secret))),
		"JSON": string(quoted), "query": "https://a/?b=" + url.QueryEscape(secret) + "&c", "path": "https://a/" + url.PathEscape(secret),
		"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "base64 in the middle": base64.StdEncoding.EncodeToString([]byte("user:" + secret + ":more")),
		"base64url": base64.URLEncoding.EncodeToString([]byte("ab" + secret + "!")), "base64 at the end": base64.RawStdEncoding.EncodeToString([]byte("x" + secret)),
	} {
		found := false
		for _, form := range forms(secret) {
			found = found || strings.Contains(text, form)
		}
		if !found {
			t.Errorf("%s: not found in %s", name, text)
		}
	}
	for name, form := range forms(secret) {
		if len(form) < len(secret) {
			t.Errorf("%s: %q is shorter than the secret and may be found by chance", name, form)
		}
	}
}
