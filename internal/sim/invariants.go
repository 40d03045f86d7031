package sim

import (
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/image"
)

// invariant is the name of something that holds always, whatever goes wrong.
type invariant string

// The invariants of the ledger's objects.
const (
	entriesNeverChange  invariant = "an entry never changes"
	logsHaveNoGap       invariant = "a log has no gap"
	keysAreKnown        invariant = "only objects of the ledger's grammar are written"
	onlyMarkersGo       invariant = "nothing but markers is deleted, and a marker only once its export is closed and in history"
	markerBeforeLog     invariant = "the marker comes before the log"
	nothingAfterClosed  invariant = "nothing happens after CLOSED"
	verdictsStand       invariant = "a verdict never changes"
	attemptsCount       invariant = "every announced attempt is counted, once"
	slotsAreDue         invariant = "an export's slot is a due instant of its plan"
	onePerSlot          invariant = "there is one export per slot and image"
	acceptedIsTrue      invariant = "ACCEPTED means that CVM took a task"
	successIsTrue       invariant = "success means that every expected file is there, and is a whole disk"
	nobodyWrites        invariant = "success is not announced while somebody writes to a file"
	failureIsTrue       invariant = "what a bad verdict says of files is so"
	setsAreToldOnce     invariant = "somebody else's export is told of once, with all its files"
	recoveryIsTrue      invariant = "recovered is told after a failure of the same image in the slot before, and then always"
	newerIsLeftAlone    invariant = "the previous version leaves alone what a newer one wrote"
	noTakeover          invariant = "nobody takes over while the holder of a claim may still act"
	versionedIsRefused  invariant = "nothing is written to a bucket that was versioned when the instance began"
	logsAreShort        invariant = "a log has at most 40 entries"
	neverPanics         invariant = "the program does not panic"
	foreignFilesStay    invariant = "nobody else's file is overwritten"
	intentionFirst      invariant = "an effect is issued only by whoever announced it, under an entry that stands and was read back"
	oncePerIntention    invariant = "an intention is executed at most once"
	holderGivesUp       invariant = "no effect is started in the last seconds of an invocation"
	unansweredHaveTime  invariant = "a start that was never answered is given time to show before it is repeated"
	ticksFillSlots      invariant = "a tick that nothing went wrong with fills its slot"
	claimsAreUsed       invariant = "a claim that was won and read back is acted on, or taken back"
	nobodyFailsInVain   invariant = "an invocation that nothing happened to does not fail"
	suspensionIsTold    invariant = "a plan is suspended only once the news of it are on the work list"
	noteComesLast       invariant = "a slot is noted as filled only when each of its exports is on the work list"
	skippedIsHeld       invariant = "an image is skipped as unchanged only while all its files are there"
	newestActs          invariant = "an effect happens only while its entry is the newest"
	startsAreBounded    invariant = "accepted starts are at most one more than unknown outcomes"
	evidenceIsHeeded    invariant = "an export that shows in the bucket is not started again"
	oldestFirst         invariant = "an older export that was refused for want of room is not overtaken"
	nobodyStarves       invariant = "no export waits for room while many newer ones get it"
	limitIsKept         invariant = "a plan's limit of exports in flight is kept"
	sendsAreBounded     invariant = "sends are at most one more than unknown outcomes"
	noticesKeepTheirID  invariant = "every repeat of a notice carries the same id"
	oursAreKnown        invariant = "a file of ours is not taken for somebody else's"
	answersAreUsed      invariant = "an unanswered create is read back, and a known outcome is written down"
	imagesAreReady      invariant = "only an image that is ready is exported, and of a machine only the one that was made for it"
	failingIsStopped    invariant = "a plan that does nothing but fail is suspended"
	resumedGoesOn       invariant = "a plan that was resumed is run"
	underWayIsSkipped   invariant = "an image that is under way for a plan is not exported again, unless the plan wants that"
	missedIsMadeUp      invariant = "a missed slot is made up where its plan wants that"
	digestsAreTrue      invariant = "a digest says what became of each export of its slot, once"
	rightEarsHear       invariant = "a verdict is claimed for those who want to hear of it, and for nobody else"
	onlyTriesCount      invariant = "a try is counted when it is made, and only then"
	channelsAreFree     invariant = "one channel does not hold up another"
	busyIsWaitedFor     invariant = "a receiver that is busy is left alone as long as it asks"
	goneIsHeeded        invariant = "a receiver that wants to hear nothing more is not asked again"
	givenUpForReason    invariant = "a notice is given up after five tries or a refusal"
	fallbacksStepIn     invariant = "what a channel could not deliver goes to its fall-back"
	manifestsAreKept    invariant = "each export with whole files has a manifest that says what its log says"
	othersCostNothing   invariant = "an event of an object that is no disk costs no request"
	notifyAsksNoCVM     invariant = "the function that hears of files never calls CVM"
	onlyOurImagesGo     invariant = "an image is deleted only if we made it and newer ones of its instance are complete"
	imagesAreMadeOnce   invariant = "an export makes at most one image"
	requestsAreBounded  invariant = "without faults an export costs at most 20 requests on average"
	slotsAreAccounted   invariant = "after the calm every due slot is filled, or recorded and told of"
	exportsEnd          invariant = "after the calm every export is closed"
	everybodyIsTold     invariant = "after the calm everybody was told of every verdict, or refused to hear"
	workListEmpties     invariant = "after the calm nothing old is on the work list"
	requestsAreAnswered invariant = "a request that was accepted is carried out"
)

// Violation is an invariant that did not hold.
type Violation struct {
	Invariant string
	Export    image.ExportID
	Detail    string
	At        time.Duration // since the run began
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: %s (%s)", v.Invariant, v.Detail, v.Export)
}

// violate records a violation. The run ends with the first.
func (w *world) violate(i invariant, id image.ExportID, format string, args ...any) {
	if w.violation != nil || w.relaxed(i) {
		return
	}
	w.violation = &Violation{Invariant: string(i), Export: id, Detail: fmt.Sprintf(format, args...), At: w.now}
	w.tell(nil, "VIOLATION: %s: %s", i, w.violation.Detail)
}

// relaxed reports whether an invariant may be broken now, because a promise of the
// platform is: clocks that are off by more than the margin take over from living
// holders, and a bucket that gets versioned under a running instance overwrites.
func (w *world) relaxed(i invariant) bool {
	switch i {
	case noTakeover, newestActs:
		return w.wild || w.overwrites()
	case startsAreBounded, sendsAreBounded, onlyTriesCount, evidenceIsHeeded, imagesAreMadeOnce, nothingAfterClosed:
		return w.wild || w.overwrites()
	case entriesNeverChange, verdictsStand, attemptsCount, oncePerIntention, acceptedIsTrue, limitIsKept, intentionFirst:
		return w.overwrites()
	case slotsAreAccounted, exportsEnd, everybodyIsTold, workListEmpties, requestsAreAnswered, nobodyStarves, oldestFirst, ticksFillSlots, claimsAreUsed, nobodyFailsInVain,
		answersAreUsed, digestsAreTrue, manifestsAreKept, fallbacksStepIn, givenUpForReason, channelsAreFree:
		return w.versioned // nothing goes on there
	}
	return false
}

// overwrites reports whether the bucket got versioned during the run.
func (w *world) overwrites() bool { return w.versioned && !w.versionedFirst }
