package stories

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"os"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/tencentyun/cos-go-sdk-v5"

	"github.com/imageferry/imageferry/internal/sandbox"
)

var put = command{"KEY FILE", 2, 2, func(s *story, ts *testscript.TestScript, args []string) {
	_, err := s.bucket(ts, "image").Object.PutFromFile(context.Background(), args[0], ts.MkAbs(args[1]), nil)
	ts.Check(err)
}}

var get = command{"KEY FILE", 2, 2, func(s *story, ts *testscript.TestScript, args []string) {
	const partMiB = 1
	_, err := s.bucket(ts, "image").Object.Download(context.Background(), args[0], ts.MkAbs(args[1]), &cos.MultiDownloadOptions{PartSize: partMiB})
	ts.Check(err)
}}

var copyObject = command{"KEY KEY", 2, 2, func(s *story, ts *testscript.TestScript, args []string) {
	from := bucketHost(ts, "image") + "/" + args[0]
	_, _, err := s.bucket(ts, "image").Object.Copy(context.Background(), args[1], from, nil)
	ts.Check(err)
}}

var remove = command{"BUCKET REGEXP", 2, 2, func(s *story, ts *testscript.TestScript, args []string) {
	chosen, c, n := regexp.MustCompile(args[1]), s.bucket(ts, args[0]), 0
	for _, o := range s.COS.List(bucket(ts, args[0]), "") {
		if chosen.MatchString(o.Key) {
			_, err := c.Object.Delete(context.Background(), o.Key)
			ts.Check(err)
			n++
		}
	}
	if n == 0 {
		ts.Fatalf("no object matches %q", args[1])
	}
}}

func bucketHost(ts *testscript.TestScript, name string) string {
	return bucket(ts, name) + ".cos." + sandbox.Region + ".myqcloud.com"
}

// bucket is a bucket for anybody who has the account's keys: the official SDK, told
// only what `imageferry sandbox env` tells.
func (s *story) bucket(ts *testscript.TestScript, name string) *cos.Client {
	return cos.NewClient(
		&cos.BaseURL{BucketURL: &url.URL{Scheme: "https", Host: bucketHost(ts, name)}},
		&http.Client{Transport: &cos.AuthorizationTransport{
			SecretID: ts.Getenv("TENCENTCLOUD_SECRET_ID"), SecretKey: ts.Getenv("TENCENTCLOUD_SECRET_KEY"), Transport: transport(ts),
		}},
	)
}

// transport leads into the sandbox.
func transport(ts *testscript.TestScript) *http.Transport {
	proxy, err := url.Parse(ts.Getenv("HTTPS_PROXY"))
	ts.Check(err)
	bundle, err := os.ReadFile(ts.Getenv("SSL_CERT_FILE"))
	ts.Check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	t := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}}
	ts.Defer(t.CloseIdleConnections)
	return t
}
