package sim

import (
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
)

// world is one run.
type world struct {
	schedule
	opt    Options
	seed   uint64
	source rand.PCG
	rates  [faults]float64
	calm   time.Duration // no faults from here on
	end    time.Duration

	running *routine
	idle    []*thread
	live    []*invocation
	export  lambda
	notify  lambda

	// How this seed's platform is.
	settle      time.Duration // of the deployment
	window      time.Duration // in which creates race
	skew        time.Duration // that clocks have at most
	warm        float64       // chance that a warm instance is used again
	width       int           // of pools
	quota       int           // of running tasks
	uploadsShow bool
	wild        bool         // clocks are off by more than they may be
	oldDays     map[int]bool // on which the previous version runs too
	channels    []*channel

	// What the services hold.
	ledger         bucket
	pending        map[string]int // creates that COS has taken on and that are not visible
	pendingMarks   int            // of those, marks of slots
	versioned      bool
	versionedFirst bool
	versionedAt    time.Duration
	showsVersions  bool // in its answers; a bucket whose versioning was suspended may not
	images         bucket
	damaged        bool               // an entry of a log was
	versions       map[string]int     // of files written so far, by key
	stored         map[string]*object // files by ETag, those that were replaced included
	uploads        []*upload
	sets           []*set
	closedTo       time.Duration // nobody may read files before
	denied         time.Duration // when somebody was last kept from reading files
	held           []string      // records of events that wait for company
	catalog        map[image.ID]*picture
	machines       []image.Instance
	made           int                      // images
	removed        map[string]time.Duration // files, by key
	tasks          []*task

	// What is asked of the deployment.
	plans   plan.Set
	due     map[string]map[time.Duration]bool
	clients []*client

	// What became of it.
	histories  map[image.ExportID]*history
	order      []*history                // in order of their beginning
	slots      map[string]image.ExportID // by plan, slot and image
	marks      map[string][]mark         // by plan
	overtaken  map[image.ExportID]int
	violation  *Violation
	longestLog int

	operations, invocations, faults int
	starts, notices, unknown        int
	fired                           []Fault
	probes                          map[string]int
	trace                           uint64
	story                           []sentence
}

var silent = slog.New(slog.DiscardHandler)

func newWorld(seed uint64, opt Options) *world {
	w := &world{
		seed: seed, opt: opt, calm: time.Duration(opt.Days) * 24 * time.Hour,
		ledger: newBucket(), images: newBucket(), pending: map[string]int{}, catalog: map[image.ID]*picture{},
		plans: plans(opt.Days), due: map[string]map[time.Duration]bool{}, histories: map[image.ExportID]*history{},
		slots: map[string]image.ExportID{}, marks: map[string][]mark{},
		overtaken: map[image.ExportID]int{}, removed: map[string]time.Duration{}, versions: map[string]int{}, stored: map[string]*object{}, probes: map[string]int{}, oldDays: map[int]bool{},
	}
	w.end = w.calm + calmDays*24*time.Hour
	if !opt.Faultless {
		w.drawRates()
	}
	w.drawPlatform()
	w.furnish()
	w.timers()
	w.visitors()
	w.absences()
	w.closures()
	w.damages()
	return w
}

// calmDays end a run.
const calmDays = 2

// drawPlatform draws what the platform is like in this seed.
func (w *world) drawPlatform() {
	id := func(what string) identity { return named("platform", what) }
	w.settle = 5 * time.Second
	w.window = time.Duration(w.float(id("window")) * float64(raceWindow))
	w.skew = 14 * time.Second
	if w.hit(clockRuns, id("wild")) {
		w.wild, w.skew = true, 10*time.Minute
		w.met("clocks that are off by more than they may be")
	}
	w.warm = w.float(id("warm"))
	w.width = []int{1, 2, 32}[w.number(id("width"), 3)]
	w.quota = 1 + w.number(id("quota"), 10)
	w.showsVersions = w.float(id("versions")) < 0.5
	w.uploadsShow = w.float(id("uploads")) < 0.5
	w.drawChannels()
	for day := range w.opt.Days {
		w.oldDays[day] = w.float(id("old").and(uint64(day))) < 0.2
	}
	machines := w.plans["machines"]
	machines.KeepImages = 1 + w.number(id("keep"), 2)
	w.plans["machines"] = machines
	w.export = lambda{name: "export", limit: 120 * time.Second, most: 2 + w.number(id("export"), 6), handle: exportHandler}
	w.notify = lambda{name: "notify", limit: 60 * time.Second, most: 2 + w.number(id("notify"), 6), handle: notifyHandler}
	switch {
	case w.hit(versionedBefore, id("versioned")):
		w.versioned, w.versionedFirst = true, true
		w.met("a state bucket that was versioned from the beginning")
	case w.hit(versionedLater, id("versioned later")):
		w.at(time.Duration(w.float(id("versioned at"))*float64(w.calm)), func() {
			w.versioned, w.versionedAt = true, w.now
			w.met("a state bucket that got versioned")
			w.tell(nil, "somebody switches versioning on in the state bucket")
		})
	}
}

// day returns the day of the run.
func (w *world) day() int { return int(w.now / (24 * time.Hour)) }

// observe folds a call into the trace.
func (w *world) observe(c *sent, err error) {
	code := uint64(0)
	if err != nil {
		code = 1
	}
	w.trace = mix(mix(w.trace, uint64(c.id)), uint64(w.now)<<1|code)
	if w.opt.Story {
		w.tellCall(c, err)
	}
}
