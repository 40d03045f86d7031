// Package sim tries to break Image Ferry before the world does.
//
// It runs the production handlers, driver, decision and ledger, unchanged, in a
// world of its own: a COS whose creates race and whose listings lie, a CVM that
// loses answers and tasks, an SCF that kills and freezes instances and delivers
// events never, late and twice, and a receiver of notices that answers too late.
// What a file holds, who listens on a channel and what a manifest says has a truth in
// that world, whatever production believes of it: a task that ended well may have left
// a file that is cut off, and no notice may call it a success.
//
// One seed decides everything; the same seed gives the same run to the last byte.
//
//	coroutine  each invocation, and each f(i) of a [export.Pool] inside it, is an iter.Pull
//	           coroutine. It stops at every remote call and every wait; who goes on next,
//	           and when, only the scheduler decides. There is one thread and no clock.
//	call       a remote call is two events in virtual time, its effect and its answer.
//	           Either may be lost, and the effect may come after its caller died.
//	fault      what goes wrong has a name and an identity: which call of which invocation
//	           it befell. Chance is drawn for the identity and not from a stream, so that
//	           leaving one fault out leaves the others as they were; see [Shrink].
//	invariant  is checked when an effect happens, on what the service then holds and not on
//	           what anybody believes.
//	calm       ends each run: two days without faults, after which all must have converged.
//
// Each seed draws its own rates, and a third of the kinds of faults is off: a fault
// that is always there hides what happens without it. Beside those that are strewn,
// faults are aimed at where protocols break: between a claim and its effect, at the
// end of a claim, at the deadline. Probes count that the rare things really happened.
//
// The services are models, made from documents (see each file); they prove nothing
// about the live ones.
package sim
