// Package tencent is the only place that knows Tencent Cloud's SDKs. It gives
// the rest of Image Ferry what it asks for (package export's Cloud and Files,
// package ledger's Store) and classifies every answer once (package outcome).
//
// Clients are made once for the life of an instance and connections are kept;
// credentials are new with every invocation, so they are read from the
// environment for every request and never stored. Nothing here repeats a
// request that may have had an effect: the SDKs' own retries are off.
//
// SDK clients are held as method values in structs of funcs. scf-go-lib uses
// reflection in a way that makes the linker keep every exported method of any
// type that reaches an interface; an SDK client there would cost 3 MB.
package tencent

import (
	"crypto/x509"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/export"
)

// Credentials returns the keys of the present invocation.
type Credentials func() (id, key, token string)

// FromEnv reads the keys that SCF sets for each invocation from its run role
// (583/32389). The SDKs' own providers read other names.
func FromEnv() (id, key, token string) {
	return os.Getenv("TENCENTCLOUD_SECRETID"), os.Getenv("TENCENTCLOUD_SECRETKEY"), os.Getenv("TENCENTCLOUD_SESSIONTOKEN")
}

// NewTransport returns the one transport of an instance.
func NewTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 32 // a fan-out claims in parallel; the default of 2 would reconnect each time
	// An instance is frozen between events, and the other side closes meanwhile.
	// A request written to a dead connection has an unknown outcome, so an idle
	// connection is not trusted for long. The check uses the wall clock, which
	// goes on while frozen.
	t.IdleConnTimeout = 15 * time.Second
	t.ResponseHeaderTimeout = export.LongestRequest
	// HTTP/1.1 alone: HTTP/2 repeats by itself what the other side says it has not
	// done, and a request that may have an effect is ours to repeat.
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	return t
}

// TrimRoots halves the processor time of a cold start: Go reads the root
// certificates from a bundle file and then once more from every file of the
// certificate directories. It points the directories at an empty one, if a
// bundle is there. Call it first thing in main; it must precede the first TLS
// connection. The SCF image has the bundle of CentOS 7 (unverified today), and
// without any nothing is changed.
//
// It then has the bundle read beside what follows, while the process waits for
// its first event; the first TLS connection waits for the rest.
func TrimRoots() {
	if os.Getenv("SSL_CERT_DIR") == "" && hasBundle() {
		if dir, err := os.MkdirTemp("", "no-certs-"); err == nil {
			os.Setenv("SSL_CERT_DIR", dir)
		}
	}
	go x509.SystemCertPool() // read once a process; an error shows at the first connection
}

// hasBundle looks where Go's crypto/x509 looks on Linux: in SSL_CERT_FILE alone,
// if that is set.
func hasBundle() bool {
	files := []string{
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	}
	if file := os.Getenv("SSL_CERT_FILE"); file != "" {
		files = []string{file}
	}
	return slices.ContainsFunc(files, func(file string) bool {
		info, err := os.Stat(file)
		return err == nil && info.Size() > 0
	})
}
