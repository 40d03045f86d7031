package notice

import (
	"github.com/imageferry/imageferry/internal/ledger"
)

// news writes what is no verdict: an export has stalled, or something about a plan.
func (w *writer) news(kind string) string {
	if kind != PlanResumed { // its title says it all
		w.trouble(w.Kind)
	}
	if kind == PlanSkipped {
		w.add("Reasons", "说明", w.say("unchanged: the plan has exported it, and its files are there; under-way: an earlier export of it is not over",
			"unchanged：已导出过且文件仍在；under-way：之前的导出尚未结束"))
	}
	w.slots(kind)
	if kind == Stalled {
		w.place()
		w.add("Export", "导出 ID", string(w.Export))
	} else {
		w.plan()
		w.add("Region", "地域", w.Region)
	}
	return w.newsTitle(kind)
}

// slots lists the slots that the news are about: those that nothing ran in, or
// those in which everything failed.
func (w *writer) slots(kind string) {
	for _, slot := range w.Slots[:min(len(w.Slots), maxItems)] {
		if kind == PlanSuspended {
			w.add("Failed", "失败的调度", w.lang.time(slot))
		} else {
			w.add("Due", "应运行时间", w.lang.time(slot))
		}
	}
	w.more(len(w.Slots))
}

func (w *writer) newsTitle(kind string) string {
	switch kind {
	case Stalled:
		return w.say("%s has stalled: its export is not over yet", "%s 导出停滞，尚未结束", w.label())
	case PlanMissed:
		return w.say("Plan %s was due and did NOT run (%s)", "计划 %s 到期未运行（%s）", w.Plan, w.lang.times(len(w.Slots)))
	case PlanSkipped:
		return w.say("Plan %s left out images that it holds, or that are under way", "计划 %s 跳过了已导出或正在导出的镜像", w.Plan)
	case PlanSuspended:
		return w.say("Plan %s is SUSPENDED: nothing is exported until you resume it", "计划 %s 已暂停：恢复之前不再导出", w.Plan)
	case PlanResumed:
		return w.say("Plan %s runs again", "计划 %s 已恢复运行", w.Plan)
	}
	return w.say("Plan %s: %s", "计划 %s：%s", w.Plan, w.Kind)
}

// digest writes what became of all exports of a slot: how many of each, then by
// name what is not as it should be.
func (w *writer) digest() string {
	g, bad := w.Digest, 0
	for _, o := range g.Exports {
		if o.Verdict == ledger.Complete {
			continue
		}
		if bad++; bad <= maxItems {
			w.outcome(o)
		}
	}
	w.more(bad)
	w.add("Size", "总大小", size(w.Bytes))
	w.plan()
	w.add("Region", "地域", w.Region)
	title := w.say("Plan %s: %d of %d exported", "计划 %s：已导出 %d/%d", w.Plan, g.Completed, g.Completed+g.Partial+g.Failed)
	if g.Failed > 0 {
		title += w.say(", %d failed", "，失败 %d", g.Failed)
	}
	if g.Partial > 0 {
		title += w.say(", %d in part", "，部分导出 %d", g.Partial)
	}
	if g.Skipped > 0 {
		title += w.say(", %d left out as unchanged or under way", "，跳过 %d（未变化或正在导出）", g.Skipped)
	}
	return title
}

func (w *writer) outcome(o ledger.Outcome) {
	what := w.named(o.Name, string(o.Image))
	if what == "" {
		what = string(o.Export)
	}
	if o.Reason != "" {
		what = w.say("%s: %s", "%s：%s", what, w.reason(o.Reason))
	}
	switch o.Verdict {
	case ledger.Failed:
		w.add("Failed", "失败", what)
	case ledger.Partial:
		w.add("In part", "部分导出", what)
	default:
		w.add("Still open", "未结束", what)
	}
}

// test writes what somebody sees who tries a channel.
func (w *writer) test() string {
	w.add("", "", w.say("This channel works. Nothing was exported.", "渠道可用。这只是测试，没有导出任何镜像。"))
	w.add("Region", "地域", w.Region)
	w.add("Sent", "发送时间", w.lang.time(w.Ended))
	return w.say("Image Ferry: a test of channel %s", "Image Ferry：渠道 %s 的测试通知", w.Channel)
}
