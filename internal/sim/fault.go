package sim

// fault is a way in which things go wrong.
type fault uint8

// The faults. Those with a rate befall each call, delivery or task by itself; those
// of whole runs are drawn once.
const (
	// Any request.
	noFault fault = iota
	slowRequest
	killAnywhere
	frozenAnywhere

	// The state bucket.
	stateBefore
	stateAfter
	stateLate
	createRaces
	earlyAnswer
	listStale
	listGaps

	// The image bucket.
	filesBefore
	filesStale
	eventLost
	eventDoubled
	eventLate
	eventsTogether
	eventForged
	strangerFile
	strangerSet
	nameTaken
	fileRemoved
	emptyFirst
	fileFlawed
	fileSwapped
	readsDenied
	uploadLeft
	keepLost

	// CVM.
	cvmBefore
	cvmAfter
	cvmLate
	cvmBusy
	cvmLimited
	cvmRefuses
	cvmMisconfigured
	taskDies
	taskDiesHalf
	taskLong
	taskQueued
	taskRewrites
	pathsForget
	imageDeleted
	imagePoisoned
	makeFails
	imageCopied
	imageNamesake
	imageHidden

	// The receiver of notices.
	hookLost
	hookFails
	hookBusy
	hookGone
	hookRefuses
	hookSlow
	channelFull
	addressMoves

	// SCF.
	timerLost
	timerTwice
	timerRepeated
	timerEarly
	timerLate
	functionOff
	throttled
	clockSkew
	clockJump
	oldVersion
	endUnknown

	// Aimed: where a claim begins, and where it ends.
	killAtClaim
	frozenAtClaim
	sweepAtClaim
	sweepAtExpiry
	sweepAtDeadline

	// Whole runs.
	versionedBefore
	versionedLater
	clockRuns
	entryDamaged

	faults // how many there are
)

// wrong says what a fault is, and from what range a seed draws its rate.
type wrong struct {
	name      string
	low, high float64
}

var wrongs = [faults]wrong{
	slowRequest:    {"a request was slow", 1e-3, 0.05},
	killAnywhere:   {"an instance was killed", 1e-4, 0.01},
	frozenAnywhere: {"an instance was frozen", 1e-4, 0.01},

	stateBefore: {"the state bucket failed before the effect", 1e-3, 0.05},
	stateAfter:  {"an answer of the state bucket was lost", 1e-3, 0.05},
	stateLate:   {"a create landed after its caller had given up", 1e-3, 0.03},
	createRaces: {"a create took effect slowly, so that another could race it", 0.05, 0.9},
	earlyAnswer: {"a create was answered before it was visible", 0.05, 0.9},
	listStale:   {"a listing was stale", 1e-3, 0.2},
	listGaps:    {"a listing had gaps", 1e-3, 0.1},

	filesBefore:    {"the image bucket failed", 1e-3, 0.05},
	filesStale:     {"a listing of files was stale", 1e-3, 0.2},
	eventLost:      {"an object event was lost", 1e-2, 0.5},
	eventDoubled:   {"an object event came twice", 1e-2, 0.5},
	eventLate:      {"an object event came late", 1e-2, 0.5},
	eventsTogether: {"object events came as one", 1e-2, 0.5},
	eventForged:    {"an object event was forged", 1e-2, 0.3},
	strangerFile:   {"somebody else put a file into the bucket", 0.05, 0.6},
	strangerSet:    {"somebody else exported a machine", 0.05, 0.6},
	nameTaken:      {"a stranger's file took our name", 1e-2, 0.1},
	fileRemoved:    {"somebody removed a file of ours", 0.05, 0.5},
	emptyFirst:     {"a file was empty before it had content", 1e-2, 0.2},
	fileFlawed:     {"a file was no whole disk", 1e-2, 0.2},
	fileSwapped:    {"a file was replaced while it was read", 1e-3, 0.02},
	readsDenied:    {"nobody might read files, until somebody mended it", 2e-2, 0.3},
	uploadLeft:     {"an upload was left open", 1e-3, 0.1},
	keepLost:       {"a manifest was written, and the answer lost", 1e-2, 0.2},

	cvmBefore:        {"CVM failed before the effect", 1e-3, 0.1},
	cvmAfter:         {"an answer of CVM was lost", 1e-3, 0.1},
	cvmLate:          {"CVM acted after its caller had given up", 1e-3, 0.05},
	cvmBusy:          {"CVM was busy with the image", 1e-3, 0.1},
	cvmLimited:       {"CVM limited the rate", 1e-3, 0.1},
	cvmRefuses:       {"CVM refused the image", 1e-3, 0.03},
	cvmMisconfigured: {"CVM refused the settings", 1e-3, 0.02},
	taskDies:         {"a task died silently", 1e-3, 0.1},
	taskDiesHalf:     {"a task died with files half written", 1e-3, 0.1},
	taskLong:         {"a task took longer than its deadline", 1e-3, 0.05},
	taskQueued:       {"a task was queued for long before it showed", 1e-3, 0.1},
	taskRewrites:     {"a task wrote a file again", 1e-2, 0.2},
	pathsForget:      {"CVM forgot a file when it named them", 1e-2, 0.3},
	imageDeleted:     {"an image was deleted", 0.1, 0.6},
	imagePoisoned:    {"an image could never be exported", 0.1, 0.6},
	makeFails:        {"an image could not be made", 1e-2, 0.2},

	imageCopied:   {"somebody copied an image of ours", 1e-2, 0.3},
	imageNamesake: {"a stranger's image took our name", 1e-2, 0.1},

	imageHidden: {"a new image was not listed yet", 1e-2, 0.3},

	hookLost:  {"a notice was received, and its answer lost", 1e-2, 0.2},
	hookFails: {"the receiver answered 503", 1e-2, 0.2},
	hookBusy:  {"the receiver answered 429", 1e-2, 0.2},
	hookGone:  {"the receiver answered 410", 1e-3, 0.02},

	hookRefuses:  {"the receiver answered 400", 1e-3, 0.05},
	channelFull:  {"a channel had no room", 1e-2, 0.3},
	addressMoves: {"a channel got another address", 0.1, 0.6},

	hookSlow: {"the receiver was slow", 1e-2, 0.2},

	timerLost:     {"a timer did not fire", 1e-2, 0.1},
	timerTwice:    {"a timer fired twice at once", 1e-2, 0.3},
	timerRepeated: {"a timer fired again later", 1e-2, 0.2},
	timerEarly:    {"a timer fired 200 ms early", 1e-2, 0.3},
	timerLate:     {"a timer fired late", 1e-2, 0.3},
	functionOff:   {"a function was switched off", 0.01, 0.1},
	throttled:     {"an invocation was put off for want of room", 1e-3, 0.05},
	clockSkew:     {"an instance's clock was wrong", 0.1, 1},
	clockJump:     {"an instance's clock was set", 1e-4, 5e-3},
	endUnknown:    {"an invocation was not told when it ends", 1e-3, 0.02},
	oldVersion:    {"an instance of the previous version ran", 0.02, 0.3},

	killAtClaim:     {"an instance was killed beside a claim", 1e-3, 0.1},
	frozenAtClaim:   {"an instance was frozen beside a claim", 1e-3, 0.1},
	sweepAtClaim:    {"a sweep ran while a claim settled", 1e-2, 0.3},
	sweepAtExpiry:   {"a sweep ran as a claim ended", 1e-2, 0.5},
	sweepAtDeadline: {"a sweep ran at a deadline", 1e-2, 0.5},

	versionedBefore: {"the state bucket was versioned from the beginning", 0.03, 0.03},
	versionedLater:  {"the state bucket got versioned", 0.05, 0.05},
	entryDamaged:    {"somebody spoilt an entry of a log", 0.1, 0.3},
	clockRuns:       {"clocks were off by more than they may be", 0.05, 0.05},
}

func (f fault) String() string { return wrongs[f].name }

// Fault is one thing that went wrong in a run.
type Fault struct {
	ID   uint64 // the same in every run of the seed
	Kind string
	Day  int // of the run, from 0
}

// drawRates draws how often each kind of fault happens in this seed, and leaves a
// third of them out.
func (w *world) drawRates() {
	for f := noFault + 1; f < faults; f++ {
		id := named("rate", int(f))
		if w.float(id) < 1.0/3 {
			continue
		}
		w.rates[f] = min(0.95, w.opt.Harsh*w.logUniform(id.and(1), wrongs[f].low, wrongs[f].high))
	}
}

// hit reports whether fault f befalls id. In the calm nothing does.
func (w *world) hit(f fault, id identity) bool {
	rate := w.rates[f]
	if rate == 0 || w.now >= w.calm {
		return false
	}
	id = id.and(uint64(f))
	if w.float(id) >= rate || w.opt.Only != nil && !w.opt.Only[uint64(id)] {
		return false
	}
	w.faults++
	if w.opt.Keep {
		w.fired = append(w.fired, Fault{ID: uint64(id), Kind: f.String(), Day: w.day()})
	}
	w.tell(nil, "FAULT: %s", f)
	return true
}
