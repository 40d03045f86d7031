package notice

import "strings"

// translation is a reason in another language than that in which details and
// hints are written.
type translation struct {
	codes string // of whom it is the meaning; one that ends in "*" stands for all that start so
	why   string // what went wrong; empty: the title says it
	todo  string // the way out, in which <plan> is the plan's name; empty: there is none
}

// translate returns the meaning of a code in Chinese: a reason of an export or of
// an image's refusal, CVM's own code, or the kind of some news.
func translate(code string) (translation, bool) {
	if code == "" {
		return translation{}, false
	}
	for _, t := range chinese {
		for c := range strings.FieldsSeq(t.codes) {
			prefix, open := strings.CutSuffix(c, "*")
			if c == code || open && strings.HasPrefix(code, prefix) {
				return t, true
			}
		}
	}
	return translation{}, false
}

const (
	nextRun   = "处理后等计划下次运行，或手动重新导出"
	askByTask = "任务可能已静默失败：请重新导出；若再次发生，凭任务 ID 提交工单"
)

// chinese is searched from the top, so a code stands before the pattern that it
// fits. A list, unlike a map, costs nothing at a cold start.
var chinese = []translation{
	// News.
	{"stalled", "已过截止时间而上传仍在进行，或文件暂时无法读取；详见原文", "结束后会再次通知。若上传较慢，可调大计划的 deadline；若文件无法读取，给函数的角色授予 GetObject 权限"},
	{"missed", "", "检查定时触发器是否启用、触发周期是否与计划一致，并查看该时间的函数日志"},
	{"skipped", "", ""},
	{"suspended", "连续多次运行全部失败，计划不再运行", "排查失败原因后恢复：POST /v1/plans/<plan>/resume，或 imageferry resume <plan>"},

	// What is known of an image before it is exported, and CVM's words for it.
	{"shared-image UnsupportedOperation.SharedImageExportUnsupported", "其他账号共享的镜像不能导出", "先复制到本账号，或在所属账号中导出"},
	{"not-custom UnsupportedOperation.PublicImageExportUnsupported", "只有自定义镜像才能导出", "先用实例制作自定义镜像"},
	{"windows UnsupportedOperation.WindowsImageExportUnsupported", "腾讯云不支持导出 Windows 镜像", "请在系统内备份数据"},
	{"redhat UnsupportedOperation.RedHatImageExportUnsupported", "因许可限制，腾讯云不支持导出 Red Hat 镜像", ""},
	{"not-normal", "镜像状态不是 NORMAL", "等镜像恢复为 NORMAL，计划下次运行时会重试"},
	{"disk-too-large UnsupportedOperation.ImageTooLargeExportUnsupported", "有磁盘超过单盘 500 GiB 的上限", "只导出系统盘，或把数据迁移到较小的磁盘"},
	{"too-many-disks", "数据盘超过 5 块的上限", "只导出系统盘，或制作数据盘较少的镜像"},
	{"no-system-disk", "镜像必须有且只有一块系统盘", "在控制台检查该镜像，它可能已损坏"},
	{"not-found InvalidImageId.NotFound", "本地域没有该镜像", "核对镜像 ID；镜像、函数、存储桶须在同一地域"},
	{"no-instance InvalidInstanceId.NotFound", "本地域没有该实例", "核对实例 ID；实例、函数、存储桶须在同一地域"},

	// What becomes of an export.
	{"not-started", "截止时间前未能开始导出", "查看函数为何没有运行，以及最后一次应答；计划下次运行时会重新导出"},
	{"unknown-outcome", "多次调用都没有应答，也没有产生任何结果", "查看 CVM 服务状态；" + nextRun},
	{"name-taken", "名称已被占用，没有覆盖任何内容", "移走或重命名占用者，或给计划设置独立的前缀"},
	{"nothing-landed", "已过截止时间，没有任何文件到达", askByTask},
	{"files-missing", "已过截止时间，部分文件没有到达", askByTask},
	{"not-a-disk", "文件不是磁盘镜像", "不要使用这些文件：请重新导出；若再次发生，凭任务 ID 提交工单"},
	{"suspicious", "文件是磁盘，但存在异常", "使用前先用 imageferry verify 检查，并重新导出；各项异常的含义见 docs/failures/not-whole.md"},
	{"not-verified", "文件已到达，但无法读取其内容", "确认函数角色有 GetObject 权限、COS 服务正常，再用 imageferry verify 检查文件，或重试该导出"},
	{"gone", "文件已被移走", ""},
	{"image-failed", "CVM 制作镜像失败", "在控制台查看该镜像；计划下次运行时会重试"},
	{"image-not-ready", "截止时间前镜像仍未就绪", "调大计划的 deadline，或在控制台查看该镜像"},

	// What is found in a file.
	{"empty", "空文件", ""},
	{"foreign", "是其他类型的文件", ""},
	{"blank", "全是零", ""},
	{"unrecognised", "没有分区表，也没有文件系统", ""},
	{"format", "格式与要求不符", ""},
	{"size", "大小与磁盘不符", ""},
	{"sectors", "大小不是扇区大小的整数倍", ""},
	{"truncated", "文件被截断", ""},
	{"trailing", "文件末尾有多余数据", ""},
	{"unseen", "内容无法查看", ""},
	{"header", "文件头有误", ""},
	{"checksum", "校验和不符", ""},
	{"map", "映射表有误", ""},
	{"backing-file", "依赖 backing file（后备镜像）", ""},
	{"external-data", "数据在其他文件中", ""},
	{"encrypted", "镜像文件已加密", ""},
	{"unclean", "未正常关闭或已标记为损坏", ""},
	{"gpt-primary", "主 GPT 损坏", ""},
	{"gpt-backup", "备份 GPT 损坏", ""},
	{"protective-mbr", "缺少 GPT 的保护性 MBR", ""},
	{"partition-bounds", "分区超出磁盘", ""},
	{"partition-overlap", "分区重叠", ""},
	{"partition-chain", "逻辑分区链有误", ""},
	{"no-file-system", "分区中没有可识别的文件系统", ""},
	{"file-system", "文件系统损坏", ""},
	{"file-system-size", "文件系统大于所在分区", ""},
	{"not-bootable", "系统盘无法启动", ""},

	// CVM, ExportImages (213/47833).
	{"InvalidParameterValue.InvalidImageId", "该镜像不支持导出", "在控制台查看该镜像"},
	{"InvalidParameterValue.InvalidImageOsName", "该操作系统在本地域不支持导出", ""},
	{"InvalidParameter.SnapshotNotFound", "镜像的快照已被删除", "重新制作镜像"},
	{"InvalidParameterValue.TooLarge", "超过上限", "导出：单盘不超过 500 GiB，数据盘不超过 5 块；制作镜像：缩短计划的名称"},
	{"UnsupportedOperation.EncryptedImagesNotSupported", "不支持加密的镜像或磁盘", "改用未加密的副本"},
	{"UnsupportedOperation.MarketImageExportUnsupported", "来自镜像市场的镜像不能导出", ""},
	{"AuthFailure.CamRoleNameAuthenticateFailed", "CVM 无法使用导出角色", "角色须存在并信任 cvm.qcloud.com；若没有，请在控制台导出一次并勾选“同意授权CVM访问我的COS Bucket”"},
	{"InvalidParameterValue.BucketNotFound", "找不到存储桶", "存储桶须与镜像同地域；或换一种 FERRY_EXPORT_BUCKET_FORM"},
	{"InvalidParameterValue.InvalidBucketPermissionForExport", "没有写入存储桶的权限", "授予角色 CVM_QcsRole 写入该存储桶的权限"},
	{"InvalidParameterValue.InvalidAppIdFormat", "APPID 有误", "检查 FERRY_IMAGE_BUCKET 末尾的 APPID"},
	{"InvalidParameterValue.MissingLocationCosEndpoint", "该可用区没有 COS 接入点", "换用其他可用区的镜像"},
	{"InvalidParameterValue.InvalidFileNamePrefixList", "CVM 不接受该文件名前缀", "给计划换一个更简单的前缀"},
	{"InvalidImageId.Malformed InvalidInstanceId.Malformed", "ID 格式有误", "检查计划中的 ID"},

	// CVM, CreateImage (213/16726).
	{"ImageQuotaLimitExceeded", "本地域的自定义镜像已满（上限 500 个）", "删除一些，或让计划少保留几个"},
	{"InvalidAccount.InsufficientBalance", "账户余额不足", "请充值"},
	{"InvalidParameterValue.TagKeyNotFound", "标签不存在", "先在控制台创建该标签，制作的镜像会带上它"},
	{"InvalidParameterValue.TagQuotaLimitExceeded", "标签数量已达上限", "删除不用的标签"},
	{"InvalidInstance.NotSupported InvalidParameter.InstanceImageNotSupport UnsupportedOperation.NotSupportInstanceImage UnsupportedOperation.SpecialInstanceType", "该实例不支持制作镜像", ""},
	{"InvalidParameter.LocalDataDiskNotSupport", "带本地盘的实例不能制作镜像", ""},
	{"InvalidParameter.SwapDiskNotSupport", "带交换盘的实例不能制作镜像", ""},
	{"UnsupportedOperation.InstanceReinstallFailed", "实例重装系统失败", "重装该实例的系统，或将它移出计划"},
	{"UnsupportedOperation.InstanceStateFreezing", "实例已被冻结", "在控制台查看该实例"},
	{"UnsupportedOperation.InstanceStateTerminating", "实例正在销毁", "将它移出计划"},
	{"UnsupportedOperation.InvalidDiskFastRollback", "磁盘正在快速回滚", "等回滚结束后重新运行计划"},
	{"UnsupportedOperation.StoppedModeStopCharging", "实例处于关机不收费状态", "启动该实例"},
	{"InvalidParameter.ValueTooLarge InvalidParameterValue.TooLong", "名称过长", "缩短计划的名称"},

	// Any call of CVM (213/30435).
	{"UnauthorizedOperation*", "没有调用该接口的权限", "给函数的角色补足权限；若从未导出过，还须提交工单开通镜像导出"},
	{"AuthFailure*", "函数的凭证被拒绝", "检查函数的运行角色"},
}
