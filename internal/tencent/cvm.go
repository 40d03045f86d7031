package tencent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	"golang.org/x/time/rate"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/outcome"
)

// cvmVersion is the version of the CVM API (213/15688).
const cvmVersion = "2017-03-12"

// Default request limits, in calls a second (213/47833, 213/16726, 213/33275).
const (
	exportsPerSecond = 20
	createsPerSecond = 10
	deletesPerSecond = 10
)

// CVM calls the image API. It implements [export.Cloud].
//
// It uses the SDK's general request, and structs of its own with the few fields
// that count: the types that the SDK generates cost 30 kB of binary a call.
type CVM struct {
	send func(tchttp.Request, tchttp.Response) error

	exports, creates, deletes *rate.Limiter
	form                      BucketForm
}

// BucketForm is how a bucket is named in ExportImages. The documents' samples
// show the name alone; whether the appid may or must follow is unverified.
type BucketForm string

// The bucket forms.
const (
	NameOnly  BucketForm = "name"       // mybucket
	WithAppID BucketForm = "name-appid" // mybucket-1250000000
)

// NewCVM returns a client for one region.
func NewCVM(rt http.RoundTripper, creds Credentials, region string, form BucketForm) (*CVM, error) {
	if form != NameOnly && form != WithAppID {
		return nil, fmt.Errorf("bucket form %q: want %q or %q", form, NameOnly, WithAppID)
	}
	p := profile.NewClientProfile()
	p.Language = "en-US"
	p.HttpProfile.ReqTimeout = int(export.LongestRequest / time.Second)
	c := common.NewCommonClient(credential{creds}, region, p)
	c.WithHttpTransport(rt)
	return &CVM{
		send:    c.Send,
		exports: rate.NewLimiter(exportsPerSecond, exportsPerSecond),
		creates: rate.NewLimiter(createsPerSecond, createsPerSecond),
		deletes: rate.NewLimiter(deletesPerSecond, deletesPerSecond),
		form:    form,
	}, nil
}

// answer is what a call answers: the error that may be in it is the SDK's to find.
type answer struct {
	*tchttp.BaseResponse `json:"-"`
	Response             json.RawMessage
}

// call sends one request, once, and reads what its answer holds into out. An
// answer that the SDK calls a success and that cannot be read has an unknown
// outcome.
func (c *CVM) call(ctx context.Context, op string, params map[string]any, out any) error {
	req := tchttp.NewCommonRequest("cvm", cvmVersion, op)
	req.SetContext(ctx)
	if err := req.SetActionParameters(params); err != nil {
		return classifyCVM(op, err)
	}
	a := answer{BaseResponse: &tchttp.BaseResponse{}}
	if err := c.send(req, &a); err != nil {
		return classifyCVM(op, err)
	}
	if len(a.Response) == 0 || bytes.Equal(a.Response, []byte("null")) {
		return &outcome.Error{Op: op, Code: "EmptyResponse"}
	}
	if json.Unmarshal(a.Response, out) != nil { // its text may quote the answer
		return &outcome.Error{Op: op, Code: "UnreadableResponse"}
	}
	return nil
}

// paced waits for the next turn of a call that may be made so often only.
func paced(ctx context.Context, l *rate.Limiter, op string) error {
	if err := l.Wait(ctx); err != nil {
		return &outcome.Error{Kind: outcome.Full, Op: op, Code: "Paced", Message: fmt.Sprintf("no time left within %d calls a second", l.Burst())}
	}
	return nil
}

// credential lets the SDK read the keys anew for every request.
type credential struct{ read Credentials }

func (c credential) GetSecretId() string                     { id, _, _ := c.read(); return id }
func (c credential) GetSecretKey() string                    { _, key, _ := c.read(); return key }
func (c credential) GetToken() string                        { _, _, token := c.read(); return token }
func (c credential) GetCredential() (string, string, string) { return c.read() }
