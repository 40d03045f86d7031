package stories

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/tencentyun/cos-go-sdk-v5"

	"github.com/imageferry/imageferry/internal/sandbox"
)

var put = command{"KEY FILE", 2, 2, func(s *story, ts *testscript.TestScript, args []string) {
	_, err := s.bucket(ts).Object.PutFromFile(context.Background(), args[0], ts.MkAbs(args[1]), nil)
	ts.Check(err)
}}

var get = command{"KEY FILE", 2, 2, func(s *story, ts *testscript.TestScript, args []string) {
	const partMiB = 1
	_, err := s.bucket(ts).Object.Download(context.Background(), args[0], ts.MkAbs(args[1]), &cos.MultiDownloadOptions{PartSize: partMiB})
	ts.Check(err)
}}

var copyObject = command{"KEY KEY", 2, 2, func(s *story, ts *testscript.TestScript, args []string) {
	from := bucketHost + "/" + args[0]
	_, _, err := s.bucket(ts).Object.Copy(context.Background(), args[1], from, nil)
	ts.Check(err)
}}

const bucketHost = sandbox.ImageBucket + ".cos." + sandbox.Region + ".myqcloud.com"

// bucket is the image bucket for anybody who has the account's keys: the
// official SDK, told only what `imageferry sandbox env` tells.
func (s *story) bucket(ts *testscript.TestScript) *cos.Client {
	env := map[string]string{}
	for _, v := range s.Env() {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	proxy, err := url.Parse(env["HTTPS_PROXY"])
	ts.Check(err)
	bundle, err := os.ReadFile(env["SSL_CERT_FILE"])
	ts.Check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}}
	ts.Defer(transport.CloseIdleConnections)
	return cos.NewClient(
		&cos.BaseURL{BucketURL: &url.URL{Scheme: "https", Host: bucketHost}},
		&http.Client{Transport: &cos.AuthorizationTransport{
			SecretID: env["TENCENTCLOUD_SECRET_ID"], SecretKey: env["TENCENTCLOUD_SECRET_KEY"], Transport: transport,
		}},
	)
}
