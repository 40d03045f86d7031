package tencent

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"

	"github.com/imageferry/imageferry/internal/outcome"
)

// anyCall are the codes that mean the same for every call.
var anyCall = map[outcome.Kind]string{
	outcome.Full:  "RequestLimitExceeded RequestLimitExceeded.UinLimitExceeded",
	outcome.Image: "SomethingNew SomethingNew.Else LimitExceeded.Other internalerror",
	outcome.Config: `UnauthorizedOperation UnauthorizedOperation.PermissionDenied UnauthorizedOperation.InvalidToken
		AuthFailure AuthFailure.SecretIdNotFound AuthFailure.TokenFailure InvalidParameterValue.InvalidAppIdFormat`,
	outcome.Bug: "InvalidParameterValue.LimitExceeded",
	outcome.Unknown: `InternalError InternalError.DbError InternalServerError ClientError.NetworkError
		ClientError.HttpStatusCodeError ClientError.ParseJsonError ClientError.IOError`,
}

// documented are the tables of the documents (213/47833, 213/15715, 213/15728,
// 213/16726, 213/33275, and errors.go of the SDK), once more and by hand.
var documented = map[string]map[outcome.Kind]string{
	"DescribeImages": {
		outcome.Image:  "InvalidImageId.NotFound",
		outcome.Config: "FailedOperation.IllegalTagKey InvalidFilterValue.LimitExceeded InvalidParameterValue.TagKeyNotFound",
		outcome.Bug:    "InvalidImageId.Malformed",
	},
	"DescribeInstances": {
		outcome.Image: "InvalidInstanceId.NotFound",
		outcome.Bug:   "InvalidInstanceId.Malformed InvalidParameterValue.InstanceIdMalformed",
	},
	"ExportImages": {
		outcome.Full:  "LimitExceeded.ExportImageTaskLimitExceeded",
		outcome.Later: "InvalidParameterValue.InvalidImageState",
		outcome.Image: `InvalidImageId.NotFound InvalidParameterValue.InvalidImageId InvalidParameterValue.InvalidImageOsName
			InvalidParameter.SnapshotNotFound InvalidParameterValue.TooLarge UnsupportedOperation.ImageTooLargeExportUnsupported
			UnsupportedOperation.EncryptedImagesNotSupported UnsupportedOperation.MarketImageExportUnsupported
			UnsupportedOperation.PublicImageExportUnsupported UnsupportedOperation.RedHatImageExportUnsupported
			UnsupportedOperation.SharedImageExportUnsupported UnsupportedOperation.WindowsImageExportUnsupported`,
		outcome.Config: `AuthFailure.CamRoleNameAuthenticateFailed InvalidParameterValue.BucketNotFound
			InvalidParameterValue.InvalidBucketPermissionForExport InvalidParameterValue.MissingLocationCosEndpoint`,
		outcome.Bug: `InvalidImageId.Malformed InvalidParameter.ImageIdsSnapshotIdsMustOne
			InvalidParameterValue.InvalidFileNamePrefixList`,
	},
	"CreateImage": {
		outcome.Exists: "InvalidImageName.Duplicate",
		outcome.Later: `MutexOperation.TaskRunning OperationDenied.InstanceOperationInProgress ResourceInUse
			ResourceInUse.DiskRollbacking ResourceUnavailable.SnapshotCreating UnsupportedOperation.InstanceStateStarting
			UnsupportedOperation.InstanceStateStopping UnsupportedOperation.InstanceStateRebooting
			UnsupportedOperation.InstanceStateRescueMode UnsupportedOperation.InstanceStateEnterRescueMode
			UnsupportedOperation.InstanceStateExitRescueMode UnsupportedOperation.InstanceStateServiceLiveMigrate
			UnsupportedOperation.InstanceStateEnterServiceLiveMigrate`,
		outcome.Config: `ImageQuotaLimitExceeded InvalidAccount.InsufficientBalance InvalidParameterValue.TagKeyNotFound
			InvalidParameterValue.TagQuotaLimitExceeded`,
		outcome.Image: `InvalidInstanceId.NotFound InvalidInstance.NotSupported InvalidParameter.LocalDataDiskNotSupport
			InvalidParameter.SwapDiskNotSupport InvalidParameter.InstanceImageNotSupport
			UnsupportedOperation.EncryptedImagesNotSupported UnsupportedOperation.SpecialInstanceType
			UnsupportedOperation.StoppedModeStopCharging UnsupportedOperation.NotSupportInstanceImage
			UnsupportedOperation.InstanceReinstallFailed UnsupportedOperation.InstanceStateFreezing
			UnsupportedOperation.InstanceStateTerminating UnsupportedOperation.InvalidDiskFastRollback`,
		outcome.Bug: `InvalidInstanceId.Malformed InvalidParameter.SpecifyOneParameter InvalidParameter.InvalidDependence
			InvalidParameter.ValueTooLarge InvalidParameterConflict InvalidParameterValue.TooLarge InvalidParameterValue.TooLong
			InvalidParameterValue.InvalidImageFamily`,
	},
	"DeleteImages": {
		outcome.NotFound: "InvalidImageId.NotFound",
		outcome.Later:    "InvalidImageId.IncorrectState MutexOperation.TaskRunning",
		outcome.Image:    "InvalidImageId.InShared InvalidParameterValue.InvalidImageIdIsShared InvalidParameterValue.InvalidImageId",
		outcome.Bug:      "InvalidImageId.Malformed",
	},
}

func TestMeanings(t *testing.T) {
	t.Parallel()
	for op, table := range documented {
		for _, part := range []map[outcome.Kind]string{anyCall, table} {
			for kind, codes := range part {
				for code := range strings.FieldsSeq(codes) {
					checkMeaning(t, op, code, kind)
				}
			}
		}
	}
}

func checkMeaning(t *testing.T, op, code string, kind outcome.Kind) {
	t.Helper()
	err := classifyCVM(op, &sdkerrors.TencentCloudSDKError{Code: code, Message: "words", RequestId: "r-1"})
	e, ok := errors.AsType[*outcome.Error](err)
	if !ok || e.Kind != kind || e.Code != code || e.RequestID != "r-1" || e.Op != op {
		t.Errorf("%s, %s: %+v; want kind %s", op, code, e, kind)
	}
	if (kind == outcome.Image || kind == outcome.Config || kind == outcome.Later) && e.Hint == "" {
		t.Errorf("%s, %s: no hint for people", op, code)
	}
}

// No table has a code that the one by hand has not.
func TestNothingElseIsListed(t *testing.T) {
	t.Parallel()
	for op, table := range byCall {
		all := ""
		for _, part := range []map[outcome.Kind]string{anyCall, documented[op]} {
			for _, codes := range part {
				all += " " + codes
			}
		}
		for code := range table {
			if prefix, _ := strings.CutSuffix(code, "*"); !strings.Contains(all, prefix) {
				t.Errorf("%s: %s is in no test", op, code)
			}
		}
	}
}

// A code fits one pattern of a table at most, or the order of a map would decide.
func TestPatternsAreApart(t *testing.T) {
	t.Parallel()
	for _, table := range append(slices.Collect(maps.Values(byCall)), everyCall) {
		for a := range table {
			for b := range table {
				if p, ok := strings.CutSuffix(b, "*"); ok && a != b && strings.HasSuffix(a, "*") && strings.HasPrefix(a, p) {
					t.Errorf("%q is within %q", a, b)
				}
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
