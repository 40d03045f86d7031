// Package soak runs the deployed zips through a long bad day and then looks
// whether every promise was kept. It has tests only.
//
// TestSoak fires two hundred slots of a plan with five images into a sandbox
// cloud in which nothing can be relied on: answers are lost after the effect,
// servers fail before it, events are lost, doubled at the same instant or late,
// and function instances are killed between any two requests. Then the trouble
// ends, the sweep goes on by itself, and when the work list is empty everything
// is looked at from outside: the ledger through COS requests, and what the cloud
// itself knows of tasks, files and notices. Nothing may be lost, and nothing
// doubled more often than an answer was unknown.
//
// TestRequests counts what one export of a single disk costs where nothing fails.
//
//	go test ./stories/soak -v -run TestSoak -seed 7 -slots 50
//
// The seed decides which faults hit and when instances die. A run is not
// repeatable bit by bit all the same: these are real processes, and which request
// comes first is the kernel's business. The simulator is for that.
package soak
