package tencent

import (
	"errors"
	"strings"

	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"

	"github.com/imageferry/imageferry/internal/outcome"
)

// meaning is what an error code of CVM is for us.
type meaning struct {
	kind outcome.Kind
	hint string
}

// meanings lists the error codes of ExportImages and DescribeImages (213/47833,
// 213/15715, and the SDK's errors.go). A code that ends in "*" covers all that
// start so. What is missing here is refused for the image, loudly, and never
// repeated blindly.
var meanings = map[string]meaning{
	"LimitExceeded.ExportImageTaskLimitExceeded": {outcome.Full, "nothing to do: it is tried again when a running export has ended"},
	"InvalidParameterValue.InvalidImageState":    {outcome.Later, "nothing to do: it is tried again when the image is free"},
	"RequestLimitExceeded*":                      {outcome.Full, "nothing to do: it is tried again more slowly"},

	"InvalidImageId.NotFound":                             {outcome.Image, "check the id; image, function and bucket must be in one region"},
	"InvalidParameterValue.InvalidImageId":                {outcome.Image, "this image cannot be exported; look at it in the console"},
	"InvalidParameterValue.InvalidImageOsName":            {outcome.Image, "its operating system cannot be exported in this region"},
	"InvalidParameter.SnapshotNotFound":                   {outcome.Image, "a snapshot of the image was deleted; make the image anew"},
	"InvalidParameterValue.TooLarge":                      {outcome.Image, "at most 500 GiB a disk and 5 data disks; export the root disk only"},
	"UnsupportedOperation.ImageTooLargeExportUnsupported": {outcome.Image, "at most 500 GiB a disk; export the root disk only"},
	"UnsupportedOperation.EncryptedImagesNotSupported":    {outcome.Image, "encrypted images cannot be exported; copy it to an unencrypted one"},
	"UnsupportedOperation.MarketImageExportUnsupported":   {outcome.Image, "images made from market images cannot be exported"},
	"UnsupportedOperation.PublicImageExportUnsupported":   {outcome.Image, "only custom images can be exported"},
	"UnsupportedOperation.RedHatImageExportUnsupported":   {outcome.Image, "Red Hat images cannot be exported, for licence reasons"},
	"UnsupportedOperation.SharedImageExportUnsupported":   {outcome.Image, "export the image in the account that owns it"},
	"UnsupportedOperation.WindowsImageExportUnsupported":  {outcome.Image, "Windows images cannot be exported"},

	"AuthFailure.CamRoleNameAuthenticateFailed":              {outcome.Config, "the role must exist, trust cvm.qcloud.com, and may be missing: tick «allow CVM to access my COS bucket» in the console once"},
	"InvalidParameterValue.BucketNotFound":                   {outcome.Config, "the bucket must exist in the image's region; try the other FERRY_EXPORT_BUCKET_FORM"},
	"InvalidParameterValue.InvalidBucketPermissionForExport": {outcome.Config, "let the role CVM_QcsRole write to the bucket"},
	"InvalidParameterValue.InvalidAppIdFormat":               {outcome.Config, "check the appid at the end of FERRY_IMAGE_BUCKET"},
	"InvalidParameterValue.MissingLocationCosEndpoint":       {outcome.Config, "this zone has no COS endpoint; use an image in another zone"},
	"UnauthorizedOperation*":                                 {outcome.Config, "the function's role lacks a permission, or image export was not opened for the account (by ticket)"},
	"AuthFailure*":                                           {outcome.Config, "the function's credentials were refused; check its run role"},

	"InvalidImageId.Malformed":                        {outcome.Bug, "check the image id"},
	"InvalidParameter.ImageIdsSnapshotIdsMustOne":     {outcome.Bug, ""},
	"InvalidParameterValue.InvalidFileNamePrefixList": {outcome.Bug, "CVM refuses the prefix; choose a simpler one for the plan"},
	"InvalidParameterValue.LimitExceeded":             {outcome.Bug, ""},

	"InternalError*":       {outcome.Unknown, ""},
	"InternalServerError*": {outcome.Unknown, ""},
	"ClientError.*":        {outcome.Unknown, ""}, // the SDK could not read an answer; there may be an effect
}

// classifyCVM turns an error of the Cloud API SDK into one of ours; err is not
// nil. The text of an error that is not the service's own is dropped: it can hold
// an address.
func classifyCVM(op string, err error) error {
	e, ok := errors.AsType[*sdkerrors.TencentCloudSDKError](err)
	if !ok {
		return &outcome.Error{Kind: outcome.Unknown, Op: op, Code: "ClientError", Message: "no answer could be read"}
	}
	m := meaningOf(e.Code)
	out := &outcome.Error{Kind: m.kind, Op: op, Code: e.Code, Message: e.Message, Hint: m.hint, RequestID: e.RequestId}
	if strings.HasPrefix(e.Code, "ClientError.") {
		out.Message = "no answer could be read"
	}
	return out
}

func meaningOf(code string) meaning {
	if m, ok := meanings[code]; ok {
		return m
	}
	for pattern, m := range meanings {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok && strings.HasPrefix(code, prefix) {
			return m
		}
	}
	return meaning{outcome.Image, "this answer is new to us; read its message, and look the code up in the documents of ExportImages"}
}
