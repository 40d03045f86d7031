package tencent

import (
	"errors"
	"strings"
	"testing"

	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"

	"github.com/imageferry/imageferry/internal/outcome"
)

// The table of the documents (213/47833, and errors.go of the SDK), once more
// and by hand.
func TestMeanings(t *testing.T) {
	t.Parallel()
	for kind, codes := range map[outcome.Kind]string{
		outcome.Full:  "LimitExceeded.ExportImageTaskLimitExceeded RequestLimitExceeded RequestLimitExceeded.UinLimitExceeded",
		outcome.Later: "InvalidParameterValue.InvalidImageState",
		outcome.Image: `InvalidImageId.NotFound InvalidParameterValue.InvalidImageId InvalidParameterValue.InvalidImageOsName
			InvalidParameter.SnapshotNotFound InvalidParameterValue.TooLarge UnsupportedOperation.ImageTooLargeExportUnsupported
			UnsupportedOperation.EncryptedImagesNotSupported UnsupportedOperation.MarketImageExportUnsupported
			UnsupportedOperation.PublicImageExportUnsupported UnsupportedOperation.RedHatImageExportUnsupported
			UnsupportedOperation.SharedImageExportUnsupported UnsupportedOperation.WindowsImageExportUnsupported
			SomethingNew SomethingNew.Else LimitExceeded.Other internalerror`,
		outcome.Config: `AuthFailure.CamRoleNameAuthenticateFailed InvalidParameterValue.BucketNotFound
			InvalidParameterValue.InvalidBucketPermissionForExport InvalidParameterValue.InvalidAppIdFormat
			InvalidParameterValue.MissingLocationCosEndpoint UnauthorizedOperation UnauthorizedOperation.PermissionDenied
			UnauthorizedOperation.InvalidToken AuthFailure AuthFailure.SecretIdNotFound AuthFailure.TokenFailure`,
		outcome.Bug: `InvalidImageId.Malformed InvalidParameter.ImageIdsSnapshotIdsMustOne
			InvalidParameterValue.InvalidFileNamePrefixList InvalidParameterValue.LimitExceeded`,
		outcome.Unknown: `InternalError InternalError.DbError InternalServerError ClientError.NetworkError
			ClientError.HttpStatusCodeError ClientError.ParseJsonError ClientError.IOError`,
	} {
		for code := range strings.FieldsSeq(codes) {
			err := classifyCVM("ExportImages", &sdkerrors.TencentCloudSDKError{Code: code, Message: "words", RequestId: "r-1"})
			e, ok := errors.AsType[*outcome.Error](err)
			if !ok || e.Kind != kind || e.Code != code || e.RequestID != "r-1" || e.Op != "ExportImages" {
				t.Errorf("%s: %+v; want kind %s", code, e, kind)
			}
			if (kind == outcome.Image || kind == outcome.Config) && e.Hint == "" {
				t.Errorf("%s: no hint for people", code)
			}
		}
	}
}

// A code fits one pattern at most, or the order of a map would decide.
func TestPatternsAreApart(t *testing.T) {
	t.Parallel()
	for a := range meanings {
		for b := range meanings {
			if p, ok := strings.CutSuffix(b, "*"); ok && a != b && strings.HasSuffix(a, "*") && strings.HasPrefix(a, p) {
				t.Errorf("%q is within %q", a, b)
			}
		}
	}
}

func TestForeignErrorIsUnknown(t *testing.T) {
	t.Parallel()
	secret := errors.New("dial https://secret.example: refused")
	for _, err := range []error{classifyCVM("X", secret), classifyCOS("X", secret), classifyCVM("X", &sdkerrors.TencentCloudSDKError{Code: "ClientError.NetworkError", Message: secret.Error()})} {
		if outcome.Of(err) != outcome.Unknown || strings.Contains(err.Error(), "secret") {
			t.Error(err)
		}
	}
}
