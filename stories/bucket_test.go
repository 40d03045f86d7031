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

var get = command{"BUCKET REGEXP FILE", 3, 3, func(s *story, ts *testscript.TestScript, args []string) {
	const partMiB = 1
	key := s.one(ts, args[0], args[1])
	_, err := s.bucket(ts, args[0]).Object.Download(context.Background(), key, ts.MkAbs(args[2]), &cos.MultiDownloadOptions{PartSize: partMiB})
	ts.Check(err)
}}

// one returns the key of the one object that matches a pattern, as it is or as it is
// printed.
func (s *story) one(ts *testscript.TestScript, name, pattern string) string {
	wanted := regexp.MustCompile(pattern)
	var keys []string
	for _, o := range s.COS.List(bucket(ts, name), "") {
		if wanted.MatchString(o.Key) || wanted.MatchString(s.plain(o.Key)) {
			keys = append(keys, o.Key)
		}
	}
	if len(keys) != 1 {
		ts.Fatalf("%d objects match %q, want one: %q", len(keys), pattern, keys)
	}
	return keys[0]
}

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

var abort = command{"REGEXP", 1, 1, func(s *story, ts *testscript.TestScript, args []string) {
	chosen, c := regexp.MustCompile(args[0]), s.bucket(ts, "image")
	list, _, err := c.Bucket.ListMultipartUploads(context.Background(), nil)
	ts.Check(err)
	n := 0
	for _, u := range list.Uploads {
		if chosen.MatchString(u.Key) {
			_, err := c.Object.AbortMultipartUpload(context.Background(), u.Key, u.UploadID)
			ts.Check(err)
			n++
		}
	}
	if n == 0 {
		ts.Fatalf("no unfinished upload matches %q", args[0])
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
