package sandbox_test

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	cvmsdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"
	cossdk "github.com/tencentyun/cos-go-sdk-v5"

	"github.com/imageferry/imageferry/internal/sandbox"
)

// oddKeys are names that programs, proxies and URLs like to change on the way.
var oddKeys = []string{"a/b.txt", "中文 空格+加&=.txt", "a//b", "a/../b", "%41/x", "q?u#h", "t~(1)!*'.json", "x y+z", "dir/"}

func cosClient(t *testing.T, s *sandbox.Sandbox, bucket, region, secret string) *cossdk.Client {
	t.Helper()
	u, err := cossdk.NewBucketURL(bucket, region, true)
	if err != nil {
		t.Fatal(err)
	}
	c := cossdk.NewClient(&cossdk.BaseURL{BucketURL: u}, &http.Client{Transport: &cossdk.AuthorizationTransport{
		SecretID: env(t, s, "TENCENTCLOUD_SECRET_ID"), SecretKey: secret, Transport: through(t, s),
	}})
	c.Conf.RetryOpt.Count = 1
	return c
}

func TestGoSDKOfCVM(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{Speed: 1000})
	describe := func(endpoint, region, secret string) (*cvmsdk.DescribeImagesResponse, error) {
		p := profile.NewClientProfile()
		p.HttpProfile.Endpoint = endpoint
		c, err := cvmsdk.NewClient(common.NewCredential(env(t, s, "TENCENTCLOUD_SECRET_ID"), secret), region, p)
		if err != nil {
			t.Fatal(err)
		}
		c.WithHttpTransport(through(t, s))
		r := cvmsdk.NewDescribeImagesRequest()
		r.ImageIds = common.StringPtrs([]string{"img-database"})
		return c.DescribeImages(r)
	}
	secret := env(t, s, "TENCENTCLOUD_SECRET_KEY")
	for _, endpoint := range []string{"cvm.tencentcloudapi.com", "cvm.ap-guangzhou.tencentcloudapi.com"} {
		resp, err := describe(endpoint, sandbox.Region, secret)
		if err != nil || len(resp.Response.ImageSet) != 1 || len(resp.Response.ImageSet[0].SnapshotSet) != 3 {
			t.Errorf("%s: %+v, %v", endpoint, resp, err)
		}
	}
	for _, c := range []struct{ endpoint, region, secret, want string }{
		{"cvm.tencentcloudapi.com", sandbox.Region, "wrong", "AuthFailure.SignatureFailure"},
		{"cvm.tencentcloudapi.com", "mars", secret, "UnsupportedRegion"},
		{"cvm.tencentcloudapi.com", "ap-shanghai", secret, "InvalidImageId.NotFound"},
		{"cvm.mars.tencentcloudapi.com", sandbox.Region, secret, "Forbidden by the Image Ferry sandbox: cvm.mars.tencentcloudapi.com"},
		{"cbs.tencentcloudapi.com", sandbox.Region, secret, "Forbidden by the Image Ferry sandbox: cbs.tencentcloudapi.com"},
	} {
		_, err := describe(c.endpoint, c.region, c.secret)
		var refused *sdkerrors.TencentCloudSDKError
		if !errors.As(err, &refused) || !strings.Contains(refused.Error(), c.want) {
			t.Errorf("%s in %s: %v, want %s", c.endpoint, c.region, err, c.want)
		}
	}
}

func TestGoSDKOfCOS(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	secret := env(t, s, "TENCENTCLOUD_SECRET_KEY")
	c := cosClient(t, s, sandbox.ImageBucket, sandbox.Region, secret)
	for _, key := range oddKeys {
		if _, err := c.Object.Put(t.Context(), key, strings.NewReader("hello "+key), nil); err != nil {
			t.Errorf("put %q: %v", key, err)
			continue
		}
		resp, err := c.Object.Get(t.Context(), key, nil)
		if err != nil {
			t.Errorf("get %q: %v", key, err)
		} else if got := readAll(t, resp.Body); got != "hello "+key {
			t.Errorf("get %q: %q", key, got)
		}
	}
	for _, c := range []struct{ bucket, region, secret, want string }{
		{sandbox.ImageBucket, sandbox.Region, "wrong", "SignatureDoesNotMatch"},
		{sandbox.ImageBucket, "ap-shanghai", secret, "NoSuchBucket"},
		{"nowhere-" + sandbox.AppID, sandbox.Region, secret, "NoSuchBucket"},
	} {
		_, _, err := cosClient(t, s, c.bucket, c.region, c.secret).Bucket.Get(t.Context(), nil)
		var refused *cossdk.ErrorResponse
		if !errors.As(err, &refused) || refused.Code != c.want {
			t.Errorf("%s in %s: %v, want %s", c.bucket, c.region, err, c.want)
		}
	}
}

// curl runs curl with the sandbox's environment and nothing of ours, and returns
// what it printed.
func curl(t *testing.T, s *sandbox.Sandbox, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "curl", append([]string{"-sS", "--path-as-is", "--max-time", "60"}, args...)...)
	// Where these are set already, as in many companies, Env must win.
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "SSL_CERT_DIR=/etc/ssl/certs", "CURL_CA_BUNDLE=/nonexistent"}, s.Env()...)
	out, err := c.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out)
}

func TestCurl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	t.Parallel()
	s := start(t, sandbox.Config{})
	secret := env(t, s, "TENCENTCLOUD_SECRET_KEY")
	c := cosClient(t, s, sandbox.ImageBucket, sandbox.Region, secret)
	presign := func(method, key string, begin time.Time, last time.Duration) string {
		u, err := c.Object.GetPresignedURL(t.Context(), method, key, env(t, s, "TENCENTCLOUD_SECRET_ID"), secret, time.Hour, &cossdk.PresignedURLOptions{
			AuthTime: &cossdk.AuthTime{SignStartTime: begin, SignEndTime: begin.Add(last), KeyStartTime: begin, KeyEndTime: begin.Add(last)},
		})
		if err != nil {
			t.Fatal(err)
		}
		return u.String()
	}
	now := time.Now()
	for _, key := range oddKeys {
		if out := curl(t, s, "-X", "PUT", "--data-binary", "from curl "+key, "-H", "Content-Type:", presign("PUT", key, now, time.Hour)); out != "" {
			t.Errorf("PUT %q: %s", key, out)
		}
		if out := curl(t, s, presign("GET", key, now, time.Hour)); out != "from curl "+key {
			t.Errorf("GET %q: %s", key, out)
		}
	}
	good := presign("GET", "a/b.txt", now, time.Hour)
	bearer := "Authorization: Bearer " + s.Token()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"range":           {[]string{"-r", "5-8", good}, "curl"},
		"signature":       {[]string{strings.Replace(good, "/a/b.txt", "/a//b", 1)}, "<Code>SignatureDoesNotMatch</Code>"},
		"no signature":    {[]string{strings.Split(good, "?")[0]}, "<Code>AccessDenied</Code>"},
		"expired":         {[]string{presign("GET", "a/b.txt", now.Add(-2*time.Hour), time.Hour)}, "<Message>Request has expired</Message>"},
		"too early":       {[]string{presign("GET", "a/b.txt", now.Add(2*time.Hour), time.Hour)}, "<Code>RequestTimeTooSkewed</Code>"},
		"foreign host":    {[]string{"https://example.com/"}, "response 403"},
		"plain foreign":   {[]string{"http://example.com/"}, `The Image Ferry sandbox does not know "example.com"`},
		"API":             {[]string{"-H", bearer, "-d", `{"image":"img-webserv1"}`, s.URL() + "/v1/exports"}, `"img-webserv1"`},
		"API, no token":   {[]string{"-d", `{}`, s.URL() + "/v1/exports"}, `"status":401`},
		"through proxy":   {[]string{"--noproxy", "", s.URL() + "/healthz"}, `"status":"ok"`},
		"tunnel to proxy": {[]string{"--noproxy", "", "-p", s.URL() + "/healthz"}, `"status":"ok"`},
	} {
		if out := curl(t, s, c.args...); !strings.Contains(out, c.want) {
			t.Errorf("%s: got %s, want %s", name, out, c.want)
		}
	}
}

func TestForeignHostsSayWhoRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	client := &http.Client{Transport: through(t, s)}
	_, err := client.Get("https://sts.tencentcloudapi.com/")
	if e := (*url.Error)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), "Image Ferry sandbox: sts.tencentcloudapi.com:443") {
		t.Errorf("got %v", err)
	}
}
