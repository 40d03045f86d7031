package fsck

// Severity says how bad a finding is.
type Severity string

// Severities.
const (
	Broken  Severity = "broken"  // a promise was broken, or will be
	Odd     Severity = "odd"     // nothing is lost, but somebody should look
	Unknown Severity = "unknown" // this could not be checked
)

// Rule is something that MUST hold.
type Rule struct {
	Name     string // stable, for programs
	Severity Severity
	Must     string
	Do       string // the way out where it does not hold
}

// What several rules advise.
const (
	ticket      = "keep the object, and report it: entries are written once, so this is a mistake of ours or somebody else's write"
	sweep       = "see whether the sweep runs and what it logs: it finishes this by itself"
	compareBoth = "compare both objects; an overwritten one shows in the bucket's access log, if it keeps one"
)

// The rules.
var (
	versioned  = Rule{"versioned", Broken, "the bucket never had versioning", "move the deployment to a bucket that never had it; it cannot be switched off, only suspended"}
	foreign    = Rule{"foreign", Odd, "a key follows the grammar", "somebody else put it here; nothing of ours reads it: move it away if nobody needs it"}
	unreadable = Rule{"unreadable", Unknown, "an object that is listed can be read", "run it again; if it stays, see whether the key may read the bucket"}
	newer      = Rule{"newer", Unknown, "an object is of a schema that this program knows", "check with the newest version that writes here"}
	damaged    = Rule{"damaged", Broken, "a body is JSON of the stored form", "the export is not driven on: read the object by hand, finish what it began, and report it"}
	misplaced  = Rule{"misplaced", Broken, "a body says the same as its key", "somebody copied or moved objects; put back what stood there"}

	gap        = Rule{"gap", Broken, "a log has the entries 1, 2, 3, … without a gap", "entries were deleted: a stalled writer may announce an effect a second time; restore them"}
	long       = Rule{"long", Odd, "a log has at most 40 entries", "see in imageferry ledger show what it keeps trying"}
	schemaFell = Rule{"schema-fell", Broken, "no entry is of an older schema than the one before", "a deployment of an older version wrote after a newer one; remove it"}
	nonce      = Rule{"nonce", Broken, "each entry of a log has a nonce of its own", ticket}
	transition = Rule{"transition", Broken, "a state follows another only as the table allows", ticket}
	afterEnd   = Rule{"after-closed", Broken, "nothing follows CLOSED", ticket}
	attempts   = Rule{"attempts", Broken, "each start is announced, counted once, and not uncounted", ticket}
	until      = Rule{"until", Broken, "a claim ends after it begins", "a clock jumped, or a function has no time limit; see the function's settings"}
	takeover   = Rule{"takeover", Broken, "an effect is announced again only after the claim on it ended", "see whether two deployments share the bucket, and whether clocks differ by more than 30 s"}
	clock      = Rule{"clock", Odd, "an entry is not dated before the one before it", "clocks of instances differ by more than a minute, and claims outlast 30 s of that: see which instance it is in the functions' logs"}
	request    = Rule{"request", Broken, "what is asked for does not change", ticket}
	verdict    = Rule{"verdict", Broken, "a verdict stands once it is reached", ticket}
	delivery   = Rule{"delivery", Broken, "people are told under one id, and no channel is forgotten", ticket}
	whole      = Rule{"whole", Broken, "COMPLETE has every expected file as a whole disk, and PARTIAL lacks some", "look for the files in the image bucket, and export the image again if one is missing"}
	unkept     = Rule{"manifest", Broken, "a manifest that was written is there", "see whether somebody deletes objects here; the newest entry of the log has all that it said"}

	unlisted   = Rule{"unlisted", Broken, "what is CLOSED is in the history of its day", "nothing is lost, the log has it all; see whether somebody deletes objects here"}
	summary    = Rule{"summary", Broken, "history says what the log says", compareBoth}
	unmarked   = Rule{"unmarked", Broken, "a failure in a slot is marked on the slot", "the plan counts fewer failures than there were; see whether somebody deletes objects here"}
	spoilt     = Rule{"spoilt", Broken, "what is marked as a failure of a slot is one", compareBoth}
	ghost      = Rule{"ghost", Broken, "what is in history has a log that is CLOSED", "the log was deleted or overwritten; see the bucket's access log"}
	lost       = Rule{"lost", Broken, "what is not CLOSED is on the work list", "no sweep will find it: export the image again, and see whether somebody deletes objects here"}
	unfinished = Rule{"unfinished", Odd, "what is CLOSED leaves the work list", sweep}
	unstarted  = Rule{"unstarted", Odd, "what is on the work list is decided on before its deadline", sweep}
	stuck      = Rule{"stuck", Odd, "what is on the work list is CLOSED within three days of its deadline", sweep}
	slotNote   = Rule{"slot", Broken, "a slot has each image and each export once", ticket}
	missing    = Rule{"missing", Broken, "each export of a filled slot has a log, or a place on the work list", "it was never started: export the image again, and see whether somebody deletes objects here"}
)

// Rules returns all rules, in the order of the package comment.
func Rules() []Rule {
	return []Rule{
		versioned, foreign, unreadable, newer, damaged, misplaced,
		gap, long, schemaFell, nonce, transition, afterEnd, attempts, until, takeover, clock, request, verdict, delivery, whole, unkept,
		unlisted, summary, unmarked, spoilt, ghost, lost, unfinished, unstarted, stuck, slotNote, missing,
	}
}
