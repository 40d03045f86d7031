package sandbox

import (
	"fmt"
	"io"
	"strings"
)

// Env returns what a program needs in its environment to live in the sandbox, as
// NAME=value.
func (s *Sandbox) Env() []string {
	bundle := s.ca.BundleFile()
	return []string{
		"HTTPS_PROXY=" + s.URL(), "HTTP_PROXY=" + s.URL(),
		"https_proxy=" + s.URL(), "http_proxy=" + s.URL(), // curl and the Node SDK read no other spelling of the second
		"NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost",
		"SSL_CERT_FILE=" + bundle,
		"CURL_CA_BUNDLE=" + bundle,     // curl believes SSL_CERT_FILE only where neither this nor SSL_CERT_DIR is set
		"REQUESTS_CA_BUNDLE=" + bundle, // Python's requests, and the SDK on it, bring roots of their own
		"NODE_EXTRA_CA_CERTS=" + s.ca.PEMFile(),
		"TENCENTCLOUD_SECRET_ID=" + s.key.SecretID,
		"TENCENTCLOUD_SECRET_KEY=" + s.key.SecretKey,
		"TENCENTCLOUD_REGION=" + Region,
		"FERRY_IMAGE_BUCKET=" + ImageBucket,
		"FERRY_STATE_BUCKET=" + StateBucket,
		"FERRY_URL=" + s.URL(),
		"FERRY_TOKEN=" + s.token,
	}
}

// writeExports writes Env as a POSIX shell reads it. Values are quoted: a path
// may hold anything. The mail server has no variable of its own, as no proxy leads
// to it: who needs its address finds it in a remark.
func (s *Sandbox) writeExports(w io.Writer) {
	for _, v := range s.Env() {
		name, value, _ := strings.Cut(v, "=")
		fmt.Fprintf(w, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	// Last: a shell that was told to join the lines reads nothing behind it.
	fmt.Fprintf(w, "# mail: %s (TLS) or %s (STARTTLS)\n", s.MailURL(), s.MailURLStartTLS())
}
