package signature

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	cvm "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"

	"github.com/imageferry/imageferry/internal/sandbox/account"
)

// tc3Server answers every request with what the verifier says of it.
func tc3Server(t *testing.T, acc *account.Account, now func() time.Time) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		if _, err := TC3(r, body, "cvm", acc, now()); err != nil {
			var e *Error
			errors.As(err, &e)
			io.WriteString(w, `{"Response":{"Error":{"Code":"`+e.Code+`","Message":"refused"},"RequestId":"r"}}`)
			return
		}
		io.WriteString(w, `{"Response":{"TotalCount":0,"ImageSet":[],"RequestId":"r"}}`)
	}))
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}

func cvmClient(t *testing.T, endpoint, method string, c account.Credential) *cvm.Client {
	t.Helper()
	p := profile.NewClientProfile()
	p.HttpProfile.Endpoint, p.HttpProfile.Scheme, p.HttpProfile.ReqMethod = endpoint, "HTTP", method
	client, err := cvm.NewClient(common.NewTokenCredential(c.SecretID, c.SecretKey, c.Token), "ap-guangzhou", p)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestTC3WithTheCloudSDK(t *testing.T) {
	t.Parallel()
	acc := account.New("1250000000", "100000000001", "ap-guangzhou")
	own := acc.CreateKey()
	role := acc.AssumeRole("ferry", time.Hour)
	expired := acc.AssumeRole("ferry", -time.Second)
	with := func(c account.Credential, change func(*account.Credential)) account.Credential {
		change(&c)
		return c
	}
	for _, c := range []struct {
		name string
		cred account.Credential
		off  time.Duration // how far ahead the service's clock is
		want string
	}{
		{"own key", own, 0, ""},
		{"role", role, 0, ""},
		{"client's clock four minutes behind", own, 4 * time.Minute, ""},
		{"client's clock six minutes behind", own, 6 * time.Minute, "AuthFailure.SignatureExpire"},
		{"client's clock six minutes ahead", own, -6 * time.Minute, "AuthFailure.SignatureExpire"},
		{"expired role", expired, 0, "AuthFailure.TokenFailure"},
		{"role without token", with(role, func(c *account.Credential) { c.Token = "" }), 0, "AuthFailure.TokenFailure"},
		{"role with another's token", with(role, func(c *account.Credential) { c.Token = expired.Token }), 0, "AuthFailure.TokenFailure"},
		{"own key with a token", with(own, func(c *account.Credential) { c.Token = role.Token }), 0, "AuthFailure.TokenFailure"},
		{"wrong secret", with(own, func(c *account.Credential) { c.SecretKey += "x" }), 0, "AuthFailure.SignatureFailure"},
		{"unknown id", with(own, func(c *account.Credential) { c.SecretID = "AKIDnobody" }), 0, "AuthFailure.SecretIdNotFound"},
	} {
		for _, method := range []string{"POST", "GET"} {
			t.Run(c.name+"/"+method, func(t *testing.T) {
				t.Parallel()
				endpoint := tc3Server(t, acc, func() time.Time { return time.Now().Add(c.off) })
				req := cvm.NewDescribeImagesRequest()
				req.ImageIds = common.StringPtrs([]string{"img-1", "img-空 +"})
				_, err := cvmClient(t, endpoint, method, c.cred).DescribeImages(req)
				if got := codeOf(err); got != c.want {
					t.Errorf("code = %q, want %q (%v)", got, c.want, err)
				}
			})
		}
	}
}

func codeOf(err error) string {
	var coded interface{ GetCode() string }
	if errors.As(err, &coded) {
		return coded.GetCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

const tc3Vector = "16065af9b357ece6380377f9aa8d0090c1e804a661f8deec9fdfae78b8bcfe9a"

// vectorRequest is the request that tc3Vector signs for "secretexample".
func vectorRequest(id, signature string) (*http.Request, []byte) {
	body := `{"BucketName":"b-125","ImageIds":["img-1"]}`
	r := httptest.NewRequest("POST", "http://cvm.tencentcloudapi.com/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-TC-Timestamp", "1700000000")
	r.Header.Set("Authorization", "TC3-HMAC-SHA256 Credential="+id+"/2023-11-14/cvm/tc3_request, SignedHeaders=content-type;host, Signature="+signature)
	return r, []byte(body)
}

func TestTC3Vector(t *testing.T) {
	t.Parallel()
	r, body := vectorRequest("AKIDexample", tc3Vector)
	a, ok := parseTC3(r.Header.Get("Authorization"))
	if !ok {
		t.Fatal("not parsed")
	}
	if got := a.sign("secretexample", 1700000000, a.canonical(r, body)); got != tc3Vector {
		t.Errorf("signature = %s, want %s", got, tc3Vector)
	}
}

func TestTC3Tampering(t *testing.T) {
	t.Parallel()
	at := time.Unix(1700000000, 0)
	acc := account.New("1250000000", "1", "ap-guangzhou")
	key := acc.CreateKey()
	for _, c := range []struct {
		name   string
		change func(r *http.Request, body *[]byte)
		want   string
	}{
		{"as it is", func(*http.Request, *[]byte) {}, ""},
		{"unsigned header", func(r *http.Request, _ *[]byte) { r.Header.Set("X-TC-Action", "DeleteImages") }, ""},
		{"body", func(_ *http.Request, b *[]byte) { *b = append(*b, ' ') }, "AuthFailure.SignatureFailure"},
		{"method", func(r *http.Request, _ *[]byte) { r.Method = "PUT" }, "AuthFailure.SignatureFailure"},
		{"query", func(r *http.Request, _ *[]byte) { r.URL.RawQuery = "a=1" }, "AuthFailure.SignatureFailure"},
		{"host", func(r *http.Request, _ *[]byte) { r.Host = "cbs.tencentcloudapi.com" }, "AuthFailure.SignatureFailure"},
		{"content type", func(r *http.Request, _ *[]byte) { r.Header.Set("Content-Type", "text/plain") }, "AuthFailure.SignatureFailure"},
		{"timestamp", func(r *http.Request, _ *[]byte) { r.Header.Set("X-TC-Timestamp", "1700000001") }, "AuthFailure.SignatureFailure"},
		{"no timestamp", func(r *http.Request, _ *[]byte) { r.Header.Del("X-TC-Timestamp") }, "AuthFailure.InvalidAuthorization"},
		{"no authorization", func(r *http.Request, _ *[]byte) { r.Header.Del("Authorization") }, "AuthFailure.InvalidAuthorization"},
		{"another algorithm", replaceAuth("TC3-HMAC-SHA256", "TC3-NONE"), "AuthFailure.InvalidAuthorization"},
		{"another day", replaceAuth("2023-11-14", "2023-11-15"), "AuthFailure.SignatureFailure"},
		{"another service", replaceAuth("/cvm/", "/cbs/"), "AuthFailure.SignatureFailure"},
		{"fewer signed headers", replaceAuth("content-type;host", "host"), "AuthFailure.SignatureFailure"},
		{"no signature", replaceAuth("Signature=", "Seal="), "AuthFailure.InvalidAuthorization"},
		{"malformed scope", replaceAuth("/tc3_request", ""), "AuthFailure.InvalidAuthorization"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, body := vectorRequest(key.SecretID, "x")
			a, _ := parseTC3(r.Header.Get("Authorization"))
			r, body = vectorRequest(key.SecretID, a.sign(key.SecretKey, at.Unix(), a.canonical(r, body)))
			c.change(r, &body)
			_, err := TC3(r, body, "cvm", acc, at)
			wantCode(t, err, c.want)
		})
	}
}

func replaceAuth(old, with string) func(*http.Request, *[]byte) {
	return func(r *http.Request, _ *[]byte) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, with, 1))
	}
}

// wantCode fails unless err is a signature error with the code, or nil for "".
func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	var e *Error
	if errors.As(err, &e) && e.Code == want || err == nil && want == "" {
		return
	}
	t.Errorf("err = %v, want code %q", err, want)
}
