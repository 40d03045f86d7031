package cvm

import "fmt"

// Code is an error code of the API. The constants are those that a Server can
// answer; [Server.RefuseNext] adds any other. Codes of the AuthFailure family
// other than AuthRole come from the check of the signature.
type Code string

// Codes of every action, from the gateway in front of the service.
const (
	InvalidAction        Code = "InvalidAction"
	InternalError        Code = "InternalError"
	InvalidParameter     Code = "InvalidParameter"
	InvalidValue         Code = "InvalidParameterValue"
	MissingParameter     Code = "MissingParameter"
	NoSuchVersion        Code = "NoSuchVersion"
	RequestLimitExceeded Code = "RequestLimitExceeded"
	RequestTooLarge      Code = "RequestSizeLimitExceeded"
	Unauthorized         Code = "UnauthorizedOperation"
	UnknownParameter     Code = "UnknownParameter"
	UnsupportedProtocol  Code = "UnsupportedProtocol"
	UnsupportedRegion    Code = "UnsupportedRegion"
)

// Codes about the parameters of lists and searches.
const (
	IDsOrFilters    Code = "InvalidParameter.InvalidParameterCoexistImageIdsFilters"
	BadCombination  Code = "InvalidParameterCombination"
	BadFilter       Code = "InvalidFilter"
	FilterTooLong   Code = "InvalidFilterValue.LimitExceeded"
	BadLimit        Code = "InvalidParameterValue.InvalidParameterValueLimit"
	TooManyValues   Code = "InvalidParameterValue.LimitExceeded"
	ValueTooLong    Code = "InvalidParameterValue.TooLong"
	ValueTooLarge   Code = "InvalidParameterValue.TooLarge"
	ImageIDBad      Code = "InvalidImageId.Malformed"
	ImageNotFound   Code = "InvalidImageId.NotFound"
	InstanceIDBad   Code = "InvalidInstanceId.Malformed"
	InstanceMissing Code = "InvalidInstanceId.NotFound"
)

// Codes of ExportImages (213/73474).
const (
	OneListOnly     Code = "InvalidParameter.ImageIdsSnapshotIdsMustOne"
	BadPrefixList   Code = "InvalidParameterValue.InvalidFileNamePrefixList"
	ImageBusy       Code = "InvalidParameterValue.InvalidImageState"
	SnapshotMissing Code = "InvalidParameter.SnapshotNotFound"
	NoWindows       Code = "UnsupportedOperation.WindowsImageExportUnsupported"
	NoRedHat        Code = "UnsupportedOperation.RedHatImageExportUnsupported"
	NoPublic        Code = "UnsupportedOperation.PublicImageExportUnsupported"
	NoMarket        Code = "UnsupportedOperation.MarketImageExportUnsupported"
	NoShared        Code = "UnsupportedOperation.SharedImageExportUnsupported"
	NoEncrypted     Code = "UnsupportedOperation.EncryptedImagesNotSupported"
	DiskTooLarge    Code = "UnsupportedOperation.ImageTooLargeExportUnsupported"
	AuthRole        Code = "AuthFailure.CamRoleNameAuthenticateFailed"
	BucketNotFound  Code = "InvalidParameterValue.BucketNotFound"
	BucketDenied    Code = "InvalidParameterValue.InvalidBucketPermissionForExport"
	TooManyTasks    Code = "LimitExceeded.ExportImageTaskLimitExceeded"
)

// Codes of CreateImage (213/16726) and DeleteImages (213/33275).
const (
	NameTaken      Code = "InvalidImageName.Duplicate"
	QuotaExceeded  Code = "ImageQuotaLimitExceeded"
	NoSystemDisk   Code = "InvalidParameter.SystemSnapshotNotFound"
	RootDiskInList Code = "InvalidParameter.DataDiskIdContainsRootDisk"
	TaskRunning    Code = "MutexOperation.TaskRunning"
	IncorrectState Code = "InvalidImageId.IncorrectState"
	InShared       Code = "InvalidImageId.InShared"
	IsShared       Code = "InvalidParameterValue.InvalidImageIdIsShared"
	NotForImage    Code = "InvalidParameterValue.InvalidImageId"
)

// instanceStates are the codes with which CreateImage refuses instances that
// are neither running nor stopped, by InstanceState.
var instanceStates = map[string]Code{
	"PENDING":     "UnsupportedOperation.InstanceStatePending",
	"STARTING":    "UnsupportedOperation.InstanceStateStarting",
	"STOPPING":    "UnsupportedOperation.InstanceStateStopping",
	"REBOOTING":   "UnsupportedOperation.InstanceStateRebooting",
	"RESCUE_MODE": "UnsupportedOperation.InstanceStateRescueMode",
	"SHUTDOWN":    "UnsupportedOperation.InstanceStateShutdown",
}

// Error is a refusal by the API.
type Error struct {
	Code    Code
	Message string
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// refuse returns an Error; the message is formatted as by fmt.Sprintf.
func refuse(code Code, format string, args ...any) *Error {
	return &Error{code, fmt.Sprintf(format, args...)}
}
