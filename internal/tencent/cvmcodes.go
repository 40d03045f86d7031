package tencent

import "github.com/imageferry/imageferry/internal/outcome"

// byCall has the codes of each call, after its document and the SDK's errors.go.
// One code may mean different things: an instance that is encrypted cannot become
// an image, and an image that is cannot be exported.
var byCall = map[string]meanings{
	"DescribeImages":    describeImagesCodes,
	"DescribeInstances": describeInstancesCodes,
	"ExportImages":      exportImagesCodes,
	"CreateImage":       createImageCodes,
	"DeleteImages":      deleteImagesCodes,
}

const (
	hintAppID = "check the appid at the end of FERRY_IMAGE_BUCKET"
	hintTags  = "check the tags of the plan"
)

// describeImagesCodes: 213/15715.
var describeImagesCodes = meanings{
	"InvalidImageId.NotFound":                  {outcome.Image, "check the id; image, function and bucket must be in one region"},
	"FailedOperation.IllegalTagKey":            {outcome.Config, hintTags},
	"InvalidFilterValue.LimitExceeded":         {outcome.Config, hintTags},
	"InvalidParameterValue.TagKeyNotFound":     {outcome.Config, hintTags},
	"InvalidParameterValue.InvalidAppIdFormat": {outcome.Config, hintAppID},
	"InvalidImageId.Malformed":                 {outcome.Bug, "check the image id"},
	"InvalidParameterValue.LimitExceeded":      {outcome.Bug, ""},
}

// describeInstancesCodes: 213/15728.
var describeInstancesCodes = meanings{
	"InvalidInstanceId.NotFound":                {outcome.Image, "check the instance id; instance, function and bucket must be in one region"},
	"InvalidParameterValue.InvalidAppIdFormat":  {outcome.Config, hintAppID},
	"InvalidInstanceId.Malformed":               {outcome.Bug, "check the instance id"},
	"InvalidParameterValue.InstanceIdMalformed": {outcome.Bug, "check the instance id"},
	"InvalidParameterValue.LimitExceeded":       {outcome.Bug, ""},
}

// exportImagesCodes: 213/73474, 213/47833.
var exportImagesCodes = meanings{
	"LimitExceeded.ExportImageTaskLimitExceeded": {outcome.Full, "nothing to do: it is tried again when a running export has ended"},
	"InvalidParameterValue.InvalidImageState":    {outcome.Later, "nothing to do: it is tried again when the image is free"},

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
	"InvalidParameterValue.InvalidAppIdFormat":               {outcome.Config, hintAppID},
	"InvalidParameterValue.MissingLocationCosEndpoint":       {outcome.Config, "this zone has no COS endpoint; use an image in another zone"},
	"UnauthorizedOperation*":                                 {outcome.Config, "the function's role lacks a permission, or image export was not opened for the account (by ticket)"},

	"InvalidImageId.Malformed":                        {outcome.Bug, "check the image id"},
	"InvalidParameter.ImageIdsSnapshotIdsMustOne":     {outcome.Bug, ""},
	"InvalidParameterValue.InvalidFileNamePrefixList": {outcome.Bug, "CVM refuses the prefix; choose a simpler one for the plan"},
	"InvalidParameterValue.LimitExceeded":             {outcome.Bug, ""},
}

// createImageCodes: 213/16726.
var createImageCodes = meanings{
	"InvalidImageName.Duplicate": {outcome.Exists, ""},

	"MutexOperation.TaskRunning":                  {outcome.Later, "nothing to do: it is tried again when the instance is free"},
	"OperationDenied.InstanceOperationInProgress": {outcome.Later, "nothing to do: it is tried again when the instance is free"},
	"ResourceInUse*":                              {outcome.Later, "nothing to do: it is tried again when the instance is free"},
	"ResourceUnavailable.SnapshotCreating":        {outcome.Later, "nothing to do: it is tried again when the running snapshot is done"},
	"UnsupportedOperation.InstanceState*":         {outcome.Later, "it is tried again when the instance is running or stopped"},

	"ImageQuotaLimitExceeded":                     {outcome.Config, "the region is full of custom images (500 at most): delete some, or keep fewer in the plan"},
	"InvalidAccount.InsufficientBalance":          {outcome.Config, "top up the account"},
	"InvalidParameterValue.InvalidAppIdFormat":    {outcome.Config, hintAppID},
	"InvalidParameterValue.TagKeyNotFound":        {outcome.Config, "create the tag in the console's tag pages first; images that are made carry it"},
	"InvalidParameterValue.TagQuotaLimitExceeded": {outcome.Config, "the account has too many tags: delete some that are not used"},

	"InvalidInstanceId.NotFound":                       {outcome.Image, "check the instance id; instance, function and bucket must be in one region"},
	"InvalidInstance.NotSupported":                     {outcome.Image, "no image can be made of this instance"},
	"InvalidParameter.InstanceImageNotSupport":         {outcome.Image, "no image can be made of this instance"},
	"InvalidParameter.LocalDataDiskNotSupport":         {outcome.Image, "no image can be made of an instance with local disks"},
	"InvalidParameter.SwapDiskNotSupport":              {outcome.Image, "no image can be made of an instance with a swap disk"},
	"UnsupportedOperation.EncryptedImagesNotSupported": {outcome.Image, "no image can be made of an instance with encrypted disks"},
	"UnsupportedOperation.InstanceReinstallFailed":     {outcome.Image, "reinstall the instance's system, or remove it from the plan"},
	"UnsupportedOperation.InstanceStateFreezing":       {outcome.Image, "the instance is frozen; look at it in the console"},
	"UnsupportedOperation.InstanceStateTerminating":    {outcome.Image, "the instance is being destroyed; remove it from the plan"},
	"UnsupportedOperation.InvalidDiskFastRollback":     {outcome.Image, "its disk is in a fast rollback; wait for its end and run the plan again"},
	"UnsupportedOperation.NotSupportInstanceImage":     {outcome.Image, "no image can be made of this instance"},
	"UnsupportedOperation.SpecialInstanceType":         {outcome.Image, "no image can be made of instances of this type"},
	"UnsupportedOperation.StoppedModeStopCharging":     {outcome.Image, "the instance is stopped without charges; start it"},

	"InvalidInstanceId.Malformed":              {outcome.Bug, "check the instance id"},
	"InvalidParameter.InvalidDependence":       {outcome.Bug, ""},
	"InvalidParameter.SpecifyOneParameter":     {outcome.Bug, ""},
	"InvalidParameter.ValueTooLarge":           {outcome.Bug, "choose a shorter name for the plan"},
	"InvalidParameterConflict":                 {outcome.Bug, ""},
	"InvalidParameterValue.LimitExceeded":      {outcome.Bug, ""},
	"InvalidParameterValue.TooLarge":           {outcome.Bug, "choose a shorter name for the plan"},
	"InvalidParameterValue.TooLong":            {outcome.Bug, "choose a shorter name for the plan"},
	"InvalidParameterValue.InvalidImageFamily": {outcome.Bug, ""},
}

// deleteImagesCodes: 213/33275.
var deleteImagesCodes = meanings{
	"InvalidImageId.NotFound": {outcome.NotFound, ""},

	"InvalidImageId.IncorrectState": {outcome.Later, "nothing to do: it is tried again when the image is made, copied or imported"},
	"MutexOperation.TaskRunning":    {outcome.Later, "nothing to do: it is tried again when the image is free"},

	"InvalidImageId.InShared":                      {outcome.Image, "the image is shared with other accounts: end that in the console, or delete it there"},
	"InvalidParameterValue.InvalidImageIdIsShared": {outcome.Image, "the image is shared with other accounts: end that in the console, or delete it there"},
	"InvalidParameterValue.InvalidImageId":         {outcome.Image, "this image cannot be deleted; look at it in the console"},
	"InvalidParameterValue.InvalidAppIdFormat":     {outcome.Config, hintAppID},

	"InvalidImageId.Malformed":            {outcome.Bug, "check the image id"},
	"InvalidParameterValue.LimitExceeded": {outcome.Bug, ""},
}
