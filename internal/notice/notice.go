// Package notice is what people and programs are told: how an export ended, and
// news about one that has stalled or about a plan.
//
// A notice is made from a ledger entry alone, so that a repeat says the same as
// the first try and carries the same id: whoever hears it twice can tell. It says
// everything twice: as a [Message] for people, in their language, and as [Data]
// for programs. How either travels is the channels' matter.
//
// A message begins with what somebody woken by it wants to know: what happened,
// what to do, which disks are whole. What is only looked up stands last, because
// services cut long messages from the end.
package notice

import (
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// Types of notices; stable, for programs. Types are added, never renamed.
const (
	Completed = "imageferry.export.completed" // also after a failure: see [Data.Recovered]
	Failed    = "imageferry.export.failed"
	Partial   = "imageferry.export.partial"
	Stalled   = "imageferry.export.stalled" // late, or its files cannot be read; not over

	PlanMissed    = "imageferry.plan.missed"    // it was due, and nothing ran
	PlanSkipped   = "imageferry.plan.skipped"   // it left out images that it holds
	PlanSuspended = "imageferry.plan.suspended" // it is not run any more until somebody resumes it
	PlanResumed   = "imageferry.plan.resumed"
	PlanDigest    = "imageferry.plan.digest" // what became of all exports of a slot

	Tested = "imageferry.test" // somebody tries a channel
)

// types are the types by what the ledger calls them.
var types = map[string]string{
	ledger.KindCompleted: Completed, ledger.KindRecovered: Completed, ledger.KindFailed: Failed, ledger.KindPartial: Partial, ledger.KindStalled: Stalled,
	ledger.KindMissed: PlanMissed, ledger.KindSkipped: PlanSkipped, ledger.KindSuspended: PlanSuspended, ledger.KindResumed: PlanResumed, ledger.KindDigest: PlanDigest,
}

// Notice is one message about one export, or about one plan.
type Notice struct {
	ID       string // the same on every channel and at every try
	Type     string // one of the types above
	Severity Severity
	Time     time.Time // of the verdict, or of the news
	Data     Data
}

// Of makes the notice of an entry that has a verdict. The region is that of the
// deployment, such as "ap-guangzhou".
func Of(e ledger.Entry, region string) Notice {
	kind := e.Kind()
	n := Notice{ID: e.NoticeID(), Type: types[kind], Severity: Severity(plan.Severity(kind)), Time: e.Ended, Data: dataOf(e, region)}
	n.Data.Severity = n.Severity
	return n
}

// Test makes the notice by which somebody tries a channel. It is about no export,
// and each instant gives one of its own, to the second.
func Test(channel, region string, at time.Time) Notice {
	return Notice{
		ID: "test-" + channel + "-" + at.UTC().Format(image.SlotFormat), Type: Tested, Severity: Info, Time: at,
		Data: Data{Kind: "test", Severity: Info, Managed: true, Channel: channel, Region: region, Files: []ledger.File{}, Ended: at},
	}
}
