package notice

import (
	"fmt"
	"strings"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// verdict writes how an export ended, and returns the title.
func (w *writer) verdict(kind string) string {
	if kind != Completed {
		w.trouble(w.Reason)
		if w.Managed {
			w.add("Retry", "重试", w.say("imageferry retry %s, or POST /v1/exports/%s/retry", "imageferry retry %s，或 POST /v1/exports/%s/retry", w.Export, w.Export))
		}
	}
	if !w.Managed {
		w.add("Origin", "来源", w.say("no plan of Image Ferry announced it; somebody exported it, for example with the console",
			"不是 Image Ferry 的计划导出的，可能由他人在控制台等处导出"))
	}
	w.disks()
	if w.Managed && w.Bytes > 0 && w.Seconds > 0 {
		w.add("Transfer", "传输", w.say("%s in %s, %s/s", "%s，用时 %s，%s/s", size(w.Bytes), w.lang.duration(w.Seconds), size(w.Bytes/w.Seconds)))
	}
	w.place()
	w.files()
	if kind != Completed {
		w.ticket()
	}
	w.add("Export", "导出 ID", string(w.Export))
	return w.title(kind)
}

// title is the one line that people see first.
func (w *writer) title(kind string) string {
	label, bucket, all := w.label(), w.Bucket, len(w.Files)+len(w.Missing)
	switch {
	case !w.Managed && kind == Completed:
		return w.say("An image file appeared in %s (unmanaged)", "%s 中出现了镜像文件（非托管）", bucket)
	case !w.Managed:
		return w.say("A file in %s is NOT proven to be a whole disk (unmanaged)", "%s 中有文件未通过磁盘校验（非托管）", bucket)
	case w.Recovered:
		return w.say("%s is in %s again, after a failure", "已恢复：%s 已导出到 %s", label, bucket)
	case kind == Completed:
		return w.say("%s is in %s", "%s 已导出到 %s", label, bucket)
	case kind == Partial:
		return w.say("%s arrived only in part: %d of %d files", "%s 只导出了一部分：%d/%d 个文件", label, w.whole(), all)
	case len(w.Files) > 0:
		return w.say("%s arrived and is NOT proven whole: %s", "%s 已写入存储桶，但未通过校验：%s", label, w.reason(w.Reason))
	}
	return w.say("%s was NOT exported: %s", "%s 导出失败：%s", label, w.reason(w.Reason))
}

// label names what is exported: first the machine, if the image was made of one.
func (w *writer) label() string {
	if w.Instance != "" {
		return w.named(string(w.Instance), string(w.Image))
	}
	return w.named(w.Name, string(w.Image))
}

// named returns a name with the id behind it, or whichever there is.
func (w *writer) named(name, id string) string {
	name = cut(line(name), maxName)
	if name == "" || id == "" {
		return name + id
	}
	return fmt.Sprintf("%s (%s)", name, id)
}

// disks says of each file whether it is a whole disk, and which ones there are not.
func (w *writer) disks() {
	for _, f := range w.Files[:min(len(w.Files), maxItems)] {
		label := w.disk(f.Key)
		w.add(label, label, w.check(f))
	}
	w.more(len(w.Files))
	for _, key := range w.Missing[:min(len(w.Missing), maxItems)] {
		w.add("MISSING", "缺失", key)
	}
	w.more(len(w.Missing))
}

// disk says which disk of the machine a file holds.
func (w *writer) disk(key string) string {
	f, ok := image.ParseFile(key)
	switch {
	case !ok:
		return w.say("File", "文件")
	case f.System():
		return w.say("System disk", "系统盘")
	case f.Snapshot != "":
		return w.say("Data disk %s", "数据盘 %s", f.Snapshot)
	}
	return w.say("Data disk %s", "数据盘 %s", f.Disk)
}

// check says what was found in a file.
func (w *writer) check(f ledger.File) string {
	c := f.Check
	switch {
	case c == nil:
		return w.say("NOT VERIFIED, %s", "未校验，%s", size(f.Size))
	case c.Verdict == diskimage.Verified:
		return w.say("verified: %s", "校验通过：%s", w.contents(*c))
	}
	var found []string
	for _, f := range c.Findings {
		found = append(found, w.finding(f))
	}
	why := strings.Join(found, w.say("; ", "；"))
	if c.Verdict == diskimage.NotADisk {
		return w.say("NOT A DISK: %s", "不是磁盘：%s", why)
	}
	return w.say("SUSPICIOUS: %s", "存疑：%s", why)
}

// finding says what is not as it must be.
func (w *writer) finding(f diskimage.Finding) string {
	if t, ok := w.known(string(f.Code)); ok {
		return fmt.Sprintf("%s（%s）", t.why, f.Detail)
	}
	return f.Detail
}

// contents says what is on a whole disk.
func (w *writer) contents(c diskimage.Report) string {
	text := strings.ToLower(string(c.Format))
	if c.Bytes > 0 {
		text += ", " + size(c.Bytes)
	}
	if c.Contents != "" {
		text += ", " + c.Contents
	}
	if c.Bootable {
		text += w.say("; bootable", "；可启动")
	}
	return strings.TrimPrefix(text, ", ")
}

// place says what was exported, for which plan, and whereto.
func (w *writer) place() {
	w.add("Bucket", "存储桶", fmt.Sprintf("%s, %s", w.Bucket, w.Region))
	if w.Image != "" {
		w.add("Image", "镜像", w.named(w.Name, string(w.Image)))
	}
	w.plan()
}

func (w *writer) plan() {
	switch {
	case w.Plan == "":
	case w.Slot.IsZero():
		w.add("Plan", "计划", w.Plan)
	default:
		w.add("Plan", "计划", w.say("%s, slot %s", "%s，调度时间 %s", w.Plan, w.lang.time(w.Slot)))
	}
}

// ticket is what to quote when asking the cloud for help.
func (w *writer) ticket() {
	if w.RequestID != "" {
		w.add("Request id", "请求 ID", w.say("%s, for a ticket", "%s（提交工单时提供）", w.RequestID))
	}
	if w.TaskID != 0 {
		w.add("Task id", "任务 ID", fmt.Sprint(w.TaskID))
	}
}
