package signature

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tencentyun/cos-go-sdk-v5"

	"github.com/imageferry/imageferry/internal/sandbox/account"
)

// qVector is a signature on which the official SDK (v0.7.75) and an independent
// computation agree.
const qVector = "a095f4f79e1711172198db3dfa39d82c612454d2"

func TestQSignVector(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("PUT", "http://ledger-1250000000.cos.ap-guangzhou.myqcloud.com/runs%2Fa%20b.json?x=1", nil)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("x-cos-forbid-overwrite", "true")
	r.Header.Set("User-Agent", "not signed")
	q, ok := parseQSign("q-sign-algorithm=sha1&q-ak=AKIDexample&q-sign-time=1700000000;1700003600&q-key-time=1700000000;1700003600"+
		"&q-header-list=content-type;host;x-cos-forbid-overwrite&q-url-param-list=x&q-signature="+qVector, nil)
	if !ok {
		t.Fatal("not parsed")
	}
	text := q.httpString(r, parseQuery(r.URL.RawQuery))
	want := "put\n/runs/a b.json\nx=1\ncontent-type=application%2Fjson&host=ledger-1250000000.cos.ap-guangzhou.myqcloud.com&x-cos-forbid-overwrite=true\n"
	if text != want {
		t.Errorf("HttpString = %q, want %q", text, want)
	}
	if got := hmacSHA1("secretexample", q.keyTime); got != "2ea312dca692d7f2e6a5f5f6364b9cede17b9d87" {
		t.Errorf("SignKey = %s", got)
	}
	if got := q.sign("secretexample", text); got != qVector {
		t.Errorf("signature = %s, want %s", got, qVector)
	}
}

// qService is COS as far as signatures go: 403 with the code, or 200.
type qService struct {
	acc  *account.Account
	host string
	url  *url.URL
}

func newQService(t *testing.T, now func() time.Time) *qService {
	s := &qService{acc: account.New("1250000000", "1", "ap-guangzhou"), host: "ledger-1250000000.cos.ap-guangzhou.myqcloud.com"}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := QSign(r, s.acc, now()); err != nil {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", err.(*Error).Code)
		}
	}))
	t.Cleanup(srv.Close)
	s.url, _ = url.Parse(srv.URL)
	return s
}

// client is the official SDK with the credential; checksums are not our subject.
func (s *qService) client(c account.Credential) *cos.Client {
	cl := cos.NewClient(&cos.BaseURL{BucketURL: s.url}, &http.Client{Transport: &cos.AuthorizationTransport{
		SecretID: c.SecretID, SecretKey: c.SecretKey, SessionToken: c.Token,
	}})
	cl.Host = s.host
	cl.Conf.EnableCRC = false
	return cl
}

var oddKeys = []string{
	"a/b.json", "镜像 备份+=&.raw", "a//b", "a/../b", "q?u#h", "t~(1)!*'.json", "%41/x", "/leading", ";semi;colon", "日/本",
}

func TestQSignWithTheSDK(t *testing.T) {
	t.Parallel()
	s := newQService(t, time.Now)
	for _, cred := range []account.Credential{s.acc.CreateKey(), s.acc.AssumeRole("ferry", time.Hour)} {
		cl, ctx := s.client(cred), t.Context()
		for _, key := range oddKeys {
			put := &cos.ObjectPutOptions{ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{
				ContentType: "text/plain; charset=utf-8", ContentDisposition: `attachment; filename="a b"`,
				XOptionHeader: &http.Header{"x-cos-forbid-overwrite": {"true"}, "x-cos-meta-name": {"值 +"}},
			}}
			_, err := cl.Object.Put(ctx, key, strings.NewReader("{}"), put)
			wantOK(t, "put "+key, err)
			_, err = cl.Object.Put(ctx, key, strings.NewReader(""), nil)
			wantOK(t, "put empty "+key, err)
			_, err = cl.Object.Put(ctx, key, io.MultiReader(strings.NewReader("chunked")), nil)
			wantOK(t, "put chunked "+key, err)
			_, err = cl.Object.Head(ctx, key, nil)
			wantOK(t, "head "+key, err)
			_, err = cl.Object.Get(ctx, key, &cos.ObjectGetOptions{Range: "bytes=0-3", ResponseContentType: "a/b c"})
			wantOK(t, "get "+key, err)
			_, resp, err := cl.Object.Append(ctx, key, 0, strings.NewReader("x"), nil)
			if resp == nil || resp.StatusCode != 200 { // the answer lacks a header that the SDK wants
				t.Errorf("append %s: %v", key, err)
			}
		}
		_, _, err := cl.Bucket.Get(ctx, &cos.BucketGetOptions{Prefix: "a b/+", Delimiter: "/", EncodingType: "url", MaxKeys: 7})
		wantOK(t, "list", err)
		_, _, err = cl.Bucket.ListMultipartUploads(ctx, &cos.ListMultipartUploadsOptions{Prefix: "a"})
		wantOK(t, "uploads", err)
		_, err = cl.Bucket.PutLifecycle(ctx, &cos.BucketPutLifecycleOptions{Rules: []cos.BucketLifecycleRule{{ID: "1", Status: "Enabled"}}})
		wantOK(t, "lifecycle", err)
		_, _, err = cl.Object.DeleteMulti(ctx, &cos.ObjectDeleteMultiOptions{Objects: []cos.Object{{Key: "a"}}})
		wantOK(t, "delete", err)
	}
}

func wantOK(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil && !strings.Contains(err.Error(), "EOF") {
		t.Errorf("%s: %v", what, err)
	}
}

func TestQSignPresigned(t *testing.T) {
	t.Parallel()
	s := newQService(t, time.Now)
	role := s.acc.AssumeRole("ferry", time.Hour)
	own := s.acc.CreateKey()
	for _, key := range oddKeys {
		for _, method := range []string{"GET", "PUT"} {
			for name, u := range s.presign(t, method, key, own, role) {
				if got := s.plain(t, method, u); got != "" {
					t.Errorf("%s %s %s: refused with %s", name, method, key, got)
				}
				if got := s.plain(t, "DELETE", u); got != "SignatureDoesNotMatch" {
					t.Errorf("%s for %s used to delete: %q", name, method, got)
				}
			}
		}
	}
}

// presign makes a URL with each of the SDK's ways.
func (s *qService) presign(t *testing.T, method, key string, own, role account.Credential) map[string]*url.URL {
	t.Helper()
	ctx := context.Background()
	query := &url.Values{"response-content-disposition": {`attachment; filename="x y"`}}
	token := &url.Values{"x-cos-security-token": {role.Token}}
	out := map[string]*url.URL{}
	add := func(name string) func(*url.URL, error) {
		return func(u *url.URL, err error) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			out[name] = u
		}
	}
	add("1")(s.client(own).Object.GetPresignedURL(ctx, method, key, own.SecretID, own.SecretKey, time.Hour, nil))
	add("1 query")(s.client(own).Object.GetPresignedURL(ctx, method, key, own.SecretID, own.SecretKey, time.Hour, &cos.PresignedURLOptions{Query: query}))
	add("1 merged")(s.client(own).Object.GetPresignedURL(ctx, method, key, own.SecretID, own.SecretKey, time.Hour, &cos.PresignedURLOptions{Query: query, SignMerged: true}))
	add("1 token")(s.client(own).Object.GetPresignedURL(ctx, method, key, role.SecretID, role.SecretKey, time.Hour, &cos.PresignedURLOptions{Query: token}))
	add("1 no host")(s.client(own).Object.GetPresignedURL(ctx, method, key, own.SecretID, own.SecretKey, time.Hour, nil, false))
	add("2")(s.client(role).Object.GetPresignedURL2(ctx, method, key, time.Hour, nil))
	add("2 merged")(s.client(role).Object.GetPresignedURL2(ctx, method, key, time.Hour, &cos.PresignedURLOptions{SignMerged: true}))
	add("3")(s.client(role).Object.GetPresignedURL3(ctx, method, key, time.Hour, &cos.PresignedURLOptions{Query: query}))
	add("3 delimiter")(s.client(role).Object.GetPresignedURL3(ctx, method, key, time.Hour, &cos.PresignedURLOptions{EncodeDelimiter: true, SignMerged: true}))
	return out
}

// plain sends the URL as a browser would and returns the error code, if any.
func (s *qService) plain(t *testing.T, method string, u *url.URL) string {
	t.Helper()
	req, err := http.NewRequest(method, u.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = s.host
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return strings.TrimSuffix(strings.TrimPrefix(string(body), "<Error><Code>"), "</Code></Error>")
}

func TestQSignUnescapedSemicolons(t *testing.T) {
	t.Parallel()
	s := newQService(t, time.Now)
	own := s.acc.CreateKey()
	u, err := s.client(own).Object.GetPresignedURL(t.Context(), "GET", "a", own.SecretID, own.SecretKey, time.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery = strings.ReplaceAll(u.RawQuery, "%3B", ";")
	if got := s.plain(t, "GET", u); got != "" {
		t.Errorf("refused with %s", got)
	}
}

func TestQSignTampering(t *testing.T) {
	t.Parallel()
	acc := account.New("1250000000", "1", "ap-guangzhou")
	role := acc.AssumeRole("ferry", time.Hour)
	expired := acc.AssumeRole("ferry", -time.Second)
	auth := func(old, with string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, with, 1))
		}
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, c := range []struct {
		name   string
		cred   account.Credential
		change func(*http.Request)
		off    time.Duration
		want   string
	}{
		{name: "as it is"},
		{name: "unsigned header", change: header("User-Agent", "other")},
		{name: "method", change: func(r *http.Request) { r.Method = "GET" }, want: "SignatureDoesNotMatch"},
		{name: "path", change: func(r *http.Request) { r.URL.Path += "x" }, want: "SignatureDoesNotMatch"},
		{name: "query", change: func(r *http.Request) { r.URL.RawQuery = "x=2" }, want: "SignatureDoesNotMatch"},
		{name: "second value", change: func(r *http.Request) { r.URL.RawQuery = "x=1&x=1" }, want: "SignatureDoesNotMatch"},
		{name: "host", change: func(r *http.Request) { r.Host = "image-1250000000.cos.ap-guangzhou.myqcloud.com" }, want: "SignatureDoesNotMatch"},
		{name: "content type", change: header("Content-Type", "text/html"), want: "SignatureDoesNotMatch"},
		{name: "length", change: func(r *http.Request) { r.ContentLength++ }, want: "SignatureDoesNotMatch"},
		{name: "forbid-overwrite dropped", change: func(r *http.Request) { r.Header.Del("x-cos-forbid-overwrite") }, want: "SignatureDoesNotMatch"},
		{name: "key time", change: auth("q-key-time=", "q-key-time=1"), want: "SignatureDoesNotMatch"},
		{name: "header list", change: auth("content-type;", ""), want: "SignatureDoesNotMatch"},
		{name: "parameter list", change: auth("param-list=x", "param-list="), want: "SignatureDoesNotMatch"},
		{name: "signature", change: auth("q-signature=", "q-signature=0"), want: "SignatureDoesNotMatch"},
		{name: "algorithm", change: auth("=sha1", "=none"), want: "AccessDenied"},
		{name: "sign time", change: auth("q-sign-time=", "q-sign-time=x"), want: "AccessDenied"},
		{name: "anonymous", change: func(r *http.Request) { r.Header.Del("Authorization") }, want: "AccessDenied"},
		{name: "too late", off: 2 * time.Hour, want: "AccessDenied"},
		{name: "too early", off: -time.Hour, want: "RequestTimeTooSkewed"},
		{name: "slightly early", off: -time.Minute},
		{name: "unknown key", cred: account.Credential{SecretID: "AKIDnobody", SecretKey: "k"}, want: "InvalidAccessKeyId"},
		{name: "wrong secret", cred: account.Credential{SecretID: role.SecretID, SecretKey: "k", Token: role.Token}, want: "SignatureDoesNotMatch"},
		{name: "no token", cred: account.Credential{SecretID: role.SecretID, SecretKey: role.SecretKey}, want: "InvalidToken"},
		{name: "another's token", cred: account.Credential{SecretID: role.SecretID, SecretKey: role.SecretKey, Token: expired.Token}, want: "InvalidToken"},
		{name: "token swapped", change: header("x-cos-security-token", expired.Token), want: "SignatureDoesNotMatch"},
		{name: "expired role", cred: expired, want: "ExpiredToken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cred := c.cred
			if cred.SecretID == "" {
				cred = role
			}
			r := httptest.NewRequest("PUT", "http://ledger-1250000000.cos.ap-guangzhou.myqcloud.com/a/b?x=1", strings.NewReader("{}"))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Content-Length", "2")
			r.Header.Set("x-cos-forbid-overwrite", "true")
			cos.AddAuthorizationHeader(cred.SecretID, cred.SecretKey, cred.Token, r, cos.NewAuthTime(time.Hour))
			if c.change != nil {
				c.change(r)
			}
			_, err := QSign(r, acc, time.Now().Add(c.off))
			wantCode(t, err, c.want)
		})
	}
}
