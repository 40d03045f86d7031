package cvm_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"

	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
)

// call is a signed request put together by hand, to send what the SDK cannot.
type call struct {
	method, action, version, region, contentType, query, body string
}

// send returns the members of the response.
func (c *cloud) send(t *testing.T, k call) map[string]json.RawMessage {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), k.method, c.url+"/?"+k.query, strings.NewReader(k.body))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	sum := func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }
	mac := func(key, s string) string {
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte(s))
		return string(h.Sum(nil))
	}
	scope := now.Format(time.DateOnly) + "/cvm/tc3_request"
	canonical := fmt.Sprintf("%s\n/\n%s\ncontent-type:%s\nhost:%s\n\ncontent-type;host\n%s", k.method, k.query, k.contentType, req.URL.Host, sum(k.body))
	text := fmt.Sprintf("TC3-HMAC-SHA256\n%d\n%s\n%s", now.Unix(), scope, sum(canonical))
	signature := mac(mac(mac(mac("TC3"+c.key.SecretKey, now.Format(time.DateOnly)), "cvm"), "tc3_request"), text)
	req.Header.Set("Authorization", fmt.Sprintf("TC3-HMAC-SHA256 Credential=%s/%s, SignedHeaders=content-type;host, Signature=%x", c.key.SecretID, scope, signature))
	for name, value := range map[string]string{
		"Content-Type": k.contentType, "X-TC-Timestamp": fmt.Sprint(now.Unix()),
		"X-TC-Action": k.action, "X-TC-Version": k.version, "X-TC-Region": k.region,
	} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var answer struct{ Response map[string]json.RawMessage }
	body, _ := io.ReadAll(resp.Body)
	if err := json.Unmarshal(body, &answer); err != nil || resp.StatusCode != 200 {
		t.Fatalf("status %s, %v: %s", resp.Status, err, body)
	}
	return answer.Response
}

func errorCode(t *testing.T, response map[string]json.RawMessage) cvm.Code {
	t.Helper()
	var e cvm.Error
	if text, ok := response["Error"]; ok {
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
	}
	return e.Code
}

// TestGateway checks what is refused before an action begins, and what of the
// forms that requests may have.
func TestGateway(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	c.AddImage(linux("img-aaaaaaaa", 0))
	const form = "application/x-www-form-urlencoded"
	for _, tc := range []struct {
		name   string
		change func(*call)
		want   cvm.Code
	}{
		{"as it should be", func(*call) {}, ""},
		{"no body", func(k *call) { k.body = "" }, ""},
		{"null", func(k *call) { k.body = `{"ImageIds":null,"Limit":null}` }, ""},
		{"region in which nothing is", func(k *call) { k.region = "ap-beijing" }, ""},
		{"form", func(k *call) { k.contentType, k.body = form, "ImageIds.0=img-aaaaaaaa&Limit=5" }, ""},
		{"query", func(k *call) {
			k.method, k.contentType, k.body, k.query = "GET", form, "", "Filters.0.Name=image-id&Filters.0.Values.0=x"
		}, ""},
		{"method", func(k *call) { k.method = "PUT" }, cvm.UnsupportedProtocol},
		{"content type", func(k *call) { k.contentType = "text/plain" }, cvm.UnsupportedProtocol},
		{"no action", func(k *call) { k.action = "" }, cvm.MissingParameter},
		{"unknown action", func(k *call) { k.action = "ImportImages" }, cvm.InvalidAction},
		{"unknown version", func(k *call) { k.version = "2016-01-01" }, cvm.NoSuchVersion},
		{"no region", func(k *call) { k.region = "" }, cvm.MissingParameter},
		{"unknown region", func(k *call) { k.region = "ap-atlantis" }, cvm.UnsupportedRegion},
		{"not JSON", func(k *call) { k.body = "ImageIds" }, cvm.InvalidParameter},
		{"not an object", func(k *call) { k.body = "[]" }, cvm.InvalidParameter},
		{"more than an object", func(k *call) { k.body = "{} {}" }, cvm.InvalidParameter},
		{"unknown parameter", func(k *call) { k.body = `{"Colour":"red"}` }, cvm.UnknownParameter},
		{"parameter in another case", func(k *call) { k.body = `{"imageIds":[]}` }, cvm.UnknownParameter},
		{"unknown member", func(k *call) { k.body = `{"Filters":[{"Key":"x"}]}` }, cvm.UnknownParameter},
		{"text for a number", func(k *call) { k.body = `{"Limit":"5"}` }, cvm.InvalidParameter},
		{"fraction for a number", func(k *call) { k.body = `{"Limit":5.5}` }, cvm.InvalidParameter},
		{"number for text", func(k *call) { k.body = `{"ImageIds":[5]}` }, cvm.InvalidParameter},
		{"text for a list", func(k *call) { k.body = `{"ImageIds":"img-aaaaaaaa"}` }, cvm.InvalidParameter},
		{"object for a list", func(k *call) { k.body = `{"ImageIds":{"0":"img-aaaaaaaa"}}` }, cvm.InvalidParameter},
		{"list for an object", func(k *call) { k.body = `{"Filters":[[]]}` }, cvm.InvalidParameter},
		{"form with a gap in a list", func(k *call) { k.contentType, k.body = form, "ImageIds.1=img-aaaaaaaa" }, cvm.InvalidParameter},
		{"form with a list for text", func(k *call) { k.contentType, k.body = form, "InstanceType.0=x" }, cvm.InvalidParameter},
		{"form with text and a list", func(k *call) { k.contentType, k.body = form, "ImageIds=x&ImageIds.0=y" }, cvm.InvalidParameter},
		{"form with text for a number", func(k *call) { k.contentType, k.body = form, "Limit=many" }, cvm.InvalidParameter},
		{"form badly encoded", func(k *call) { k.contentType, k.body = form, "Limit=%zz" }, cvm.InvalidParameter},
		{"form with an unknown parameter", func(k *call) { k.contentType, k.body = form, "Colour.0=x" }, cvm.UnknownParameter},
		{"too large", func(k *call) { k.body = strings.Repeat(" ", 11<<20) }, cvm.RequestTooLarge},
	} {
		k := call{"POST", "DescribeImages", "2017-03-12", region, "application/json", "", `{"Limit":5}`}
		tc.change(&k)
		response := c.send(t, k)
		if got := errorCode(t, response); got != tc.want {
			t.Errorf("%s: code %q, want %q", tc.name, got, tc.want)
		}
		if len(response["RequestId"]) != len(`"71e69b56-32be-4412-ab45-49eded6a87be"`) {
			t.Errorf("%s: request id %s", tc.name, response["RequestId"])
		}
	}
}

func TestCallers(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, func(cfg *cvm.Config) {
		cfg.Allow = func(caller account.Credential, action string) bool {
			return caller.Role == "" || action == "name/cvm:DescribeImages"
		}
	})
	describe := func(key account.Credential) error {
		_, err := c.connect(t, key, region, "POST").DescribeImages(sdk.NewDescribeImagesRequest())
		return err
	}
	role := c.cfg.Account.AssumeRole("ferry", time.Hour)
	for name, key := range map[string]account.Credential{"long-lived": c.key, "temporary": role} {
		if err := describe(key); err != nil {
			t.Errorf("%s key: %v", name, err)
		}
	}
	wrong := c.key
	wrong.SecretKey = "guess"
	wantCode(t, describe(wrong), "AuthFailure.SignatureFailure")
	wantCode(t, describe(c.cfg.Account.AssumeRole("ferry", -time.Hour)), "AuthFailure.TokenFailure")
	wantCode(t, describe(account.Credential{SecretID: "AKIDnobody", SecretKey: "x"}), "AuthFailure.SecretIdNotFound")

	_, err := c.connect(t, role, region, "POST").DescribeInstances(sdk.NewDescribeInstancesRequest())
	wantCode(t, err, cvm.Unauthorized)
}

// TestMethods sends the same nested request in both ways that the SDK knows.
func TestMethods(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	c.AddImage(linux("img-aaaaaaaa", 0))
	c.AddImage(linux("img-bbbbbbbb", 0))
	for _, method := range []string{"GET", "POST"} {
		r := sdk.NewDescribeImagesRequest()
		r.Filters = []*sdk.Filter{{Name: common.StringPtr("image-id"), Values: common.StringPtrs([]string{"img-x", "img-bbbbbbbb"})}}
		r.Limit = common.Uint64Ptr(7)
		resp, err := c.connect(t, c.key, region, method).DescribeImages(r)
		if err != nil {
			t.Errorf("%s: %v", method, err)
		} else if got := resp.Response.ImageSet; len(got) != 1 || *got[0].ImageId != "img-bbbbbbbb" {
			t.Errorf("%s: got %d images", method, len(got))
		}
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, func(cfg *cvm.Config) { cfg.Limits["DescribeImages"] = 1 })
	call := func() error {
		_, err := c.client.DescribeImages(sdk.NewDescribeImagesRequest())
		return err
	}
	eventually(t, "refusal of a second call within a second", func() bool {
		err := call()
		if err != nil {
			wantCode(t, err, cvm.RequestLimitExceeded)
		}
		return err != nil
	})
	if _, err := c.client.DescribeInstances(sdk.NewDescribeInstancesRequest()); err != nil {
		t.Errorf("another action is refused, too: %v", err)
	}
	eventually(t, "a call after a while", func() bool { return call() == nil })
}

func TestRefuseNext(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	c.RefuseNext("DescribeImages", &cvm.Error{Code: cvm.InternalError, Message: "planned"})
	c.RefuseNext("DescribeImages", &cvm.Error{Code: "ResourceInUse", Message: "planned"})
	for _, want := range []cvm.Code{cvm.InternalError, "ResourceInUse"} {
		_, err := c.client.DescribeImages(sdk.NewDescribeImagesRequest())
		wantCode(t, err, want)
	}
	if _, err := c.client.DescribeImages(sdk.NewDescribeImagesRequest()); err != nil {
		t.Errorf("refused more than was planned: %v", err)
	}
}

func TestDescribeRegions(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	resp, err := c.connect(t, c.key, "", "POST").DescribeRegions(sdk.NewDescribeRegionsRequest())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(resp.Response.RegionSet); n < 10 || *resp.Response.TotalCount != uint64(n) || *resp.Response.RegionSet[0].Region != region {
		t.Errorf("%d regions, says %d", n, *resp.Response.TotalCount)
	}
}

// TestCodes holds the codes against the SDK's list.
func TestCodes(t *testing.T) {
	t.Parallel()
	for ours, theirs := range map[cvm.Code]string{
		cvm.InvalidParameter: sdk.INVALIDPARAMETER,
		cvm.InvalidValue:     sdk.INVALIDPARAMETERVALUE,
		cvm.MissingParameter: sdk.MISSINGPARAMETER,
		cvm.Unauthorized:     sdk.UNAUTHORIZEDOPERATION,
		cvm.IDsOrFilters:     sdk.INVALIDPARAMETER_INVALIDPARAMETERCOEXISTIMAGEIDSFILTERS,
		cvm.BadCombination:   sdk.INVALIDPARAMETERCOMBINATION,
		cvm.BadFilter:        sdk.INVALIDFILTER,
		cvm.FilterTooLong:    sdk.INVALIDFILTERVALUE_LIMITEXCEEDED,
		cvm.BadLimit:         sdk.INVALIDPARAMETERVALUE_INVALIDPARAMETERVALUELIMIT,
		cvm.TooManyValues:    sdk.INVALIDPARAMETERVALUE_LIMITEXCEEDED,
		cvm.ValueTooLong:     sdk.INVALIDPARAMETERVALUE_TOOLONG,
		cvm.ValueTooLarge:    sdk.INVALIDPARAMETERVALUE_TOOLARGE,
		cvm.ImageIDBad:       sdk.INVALIDIMAGEID_MALFORMED,
		cvm.ImageNotFound:    sdk.INVALIDIMAGEID_NOTFOUND,
		cvm.InstanceIDBad:    sdk.INVALIDINSTANCEID_MALFORMED,
		cvm.InstanceMissing:  sdk.INVALIDINSTANCEID_NOTFOUND,
		cvm.OneListOnly:      sdk.INVALIDPARAMETER_IMAGEIDSSNAPSHOTIDSMUSTONE,
		cvm.BadPrefixList:    sdk.INVALIDPARAMETERVALUE_INVALIDFILENAMEPREFIXLIST,
		cvm.ImageBusy:        sdk.INVALIDPARAMETERVALUE_INVALIDIMAGESTATE,
		cvm.SnapshotMissing:  sdk.INVALIDPARAMETER_SNAPSHOTNOTFOUND,
		cvm.NoWindows:        sdk.UNSUPPORTEDOPERATION_WINDOWSIMAGEEXPORTUNSUPPORTED,
		cvm.NoRedHat:         sdk.UNSUPPORTEDOPERATION_REDHATIMAGEEXPORTUNSUPPORTED,
		cvm.NoPublic:         sdk.UNSUPPORTEDOPERATION_PUBLICIMAGEEXPORTUNSUPPORTED,
		cvm.NoMarket:         sdk.UNSUPPORTEDOPERATION_MARKETIMAGEEXPORTUNSUPPORTED,
		cvm.NoShared:         sdk.UNSUPPORTEDOPERATION_SHAREDIMAGEEXPORTUNSUPPORTED,
		cvm.NoEncrypted:      sdk.UNSUPPORTEDOPERATION_ENCRYPTEDIMAGESNOTSUPPORTED,
		cvm.DiskTooLarge:     sdk.UNSUPPORTEDOPERATION_IMAGETOOLARGEEXPORTUNSUPPORTED,
		cvm.AuthRole:         sdk.AUTHFAILURE_CAMROLENAMEAUTHENTICATEFAILED,
		cvm.BucketNotFound:   sdk.INVALIDPARAMETERVALUE_BUCKETNOTFOUND,
		cvm.BucketDenied:     sdk.INVALIDPARAMETERVALUE_INVALIDBUCKETPERMISSIONFOREXPORT,
		cvm.TooManyTasks:     sdk.LIMITEXCEEDED_EXPORTIMAGETASKLIMITEXCEEDED,
		cvm.NameTaken:        sdk.INVALIDIMAGENAME_DUPLICATE,
		cvm.QuotaExceeded:    sdk.IMAGEQUOTALIMITEXCEEDED,
		cvm.NoSystemDisk:     sdk.INVALIDPARAMETER_SYSTEMSNAPSHOTNOTFOUND,
		cvm.RootDiskInList:   sdk.INVALIDPARAMETER_DATADISKIDCONTAINSROOTDISK,
		cvm.TaskRunning:      sdk.MUTEXOPERATION_TASKRUNNING,
		cvm.IncorrectState:   sdk.INVALIDIMAGEID_INCORRECTSTATE,
		cvm.InShared:         sdk.INVALIDIMAGEID_INSHARED,
		cvm.IsShared:         sdk.INVALIDPARAMETERVALUE_INVALIDIMAGEIDISSHARED,
		cvm.NotForImage:      sdk.INVALIDPARAMETERVALUE_INVALIDIMAGEID,
	} {
		if string(ours) != theirs {
			t.Errorf("%s is %s in the SDK", ours, theirs)
		}
	}
}
