// Package stories tells what people see of Image Ferry, and checks that it is
// so: each file of testdata is one story, played by the zips that would be
// deployed in a sandbox cloud of its own. It has tests only.
//
// A story is a script of package testscript with a plans.yaml beside it (or
// without one: then the plan "nightly" exports img-webserv1). Timers do not fire
// by themselves and nothing sleeps: a story fires, then waits for what should
// come, or until nothing is under way any more. Nor does it wait for a night: a
// plan with the schedule $DAILY was due half an hour ago (slot -1), a day before
// that (slot -2), and will be tomorrow (slot +1), and its timer can be fired as of
// each. Where a story compares whole output, names that differ from run to run are
// written SLOT-1, SLOT, DAY, ID and so on; go test ./stories -update writes these
// parts anew. Programs that a story executes, imageferry above all, have the
// environment that leads into its sandbox, and in $MAIL_STARTTLS the second address
// of its mail server.
//
// Beside the commands of testscript a story has these. What happens:
//
//	sandbox [NAME=VALUE…]          start, or start anew: speed, rate (bytes in a sandbox second), maxtasks,
//	                               timeout (of the functions), disk.IMAGE (a file), or a FERRY_ setting
//	fire PLAN [SLOT|AGE]           the plan's timer fires: now, as of a slot of $DAILY, or of so long ago; "fire sweep"
//	                               fires the sweep's
//	call [flags] METHOD PATH [FILE]   the Function URL; FILE is the body. Flags: -token T, -no-token, -H NAME:VALUE,
//	                               -until REGEXP (ask again until the answer matches). Sets $LOCATION
//	apigw [flags] METHOD PATH [FILE]  the same through the old API Gateway
//	invoke FUNCTION FILE           the raw event in FILE, in which $NAMES are expanded
//	storm EVENTS [REGEXP]          notify is invoked with so many junk and forged events, or with forged ones of the one
//	                               image file that matches; what they cost must be bounded
//	offpeak                        wait if it is just before or at the full or half hour: Feishu is not called then
//	console IMAGE PREFIX           somebody exports with the console
//	put KEY FILE                   somebody uploads to the image bucket with the COS SDK
//	get BUCKET REGEXP FILE         somebody downloads the one object that matches, in ranges
//	copy KEY KEY                   somebody copies an object within it
//	remove BUCKET REGEXP           somebody deletes the objects of "image" or "state" that match
//	abort REGEXP                   somebody ends the unfinished uploads to keys of the image bucket that match
//	bake IMAGE NAME FAMILY         a pipeline makes an image
//	names FILE FAMILY [OS]         somebody makes images: a line of the file is a name, quoted as in Go
//	writes yes|no                  somebody gives CVM the right to write to the image bucket, or takes it
//	fault JSON                     a rule of package fault; "calm" lifts all. Each must have happened by then
//	dies BYTES                     the next export task dies silently after so many bytes
//	settings NAME=VALUE…           somebody changes FERRY_ settings of both functions
//	expire DURATION                how long the functions' keys last; 0s is the usual
//	versioning BUCKET STATUS       an administrator switches versioning of "image" or "state"
//	crash FUNCTION                 the hosts of its instances fail
//
// And what is there, printed for stdout and cmp:
//
//	notices N [REGEXP]            wait for N notices in all, no more, and print those that match; each must be properly
//	                              signed, call nobody, and lead nowhere but into the image bucket
//	sweep [-cold] N [REGEXP]      the same, and fire the sweep again and again until then; a cold one remembers nothing
//	heard                         how many notices each channel got
//	quiet                         wait until no event, function or export is under way
//	asked REGEXP                  wait until a request that matches reached the cloud
//	failures FUNCTION             wait for a failed invocation and print all that failed
//	objects BUCKET [REGEXP]       keys in "image" (with sizes) or "state" that match
//	tasks                         CVM's export tasks in the order in which they began: prefix and state
//	images REGEXP                 images whose names match, with state and number of disks
//	conforms SCHEMA FILE          a JSON file is as a schema of docs says
//	plain FILE                    a file
//	ledger                        each export with the states that it went through
//	leaks                         which secrets of the functions stand where, in any form: in logs, answers, messages, objects
//	requests [-most N] [REGEXP]   what was asked of the cloud, counted
package stories
