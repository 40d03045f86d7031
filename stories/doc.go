// Package stories tells what people see of Image Ferry, and checks that it is
// so: each file of testdata is one story, played by the zips that would be
// deployed in a sandbox cloud of its own. It has tests only.
//
// A story is a script of package testscript with a plans.yaml beside it (or
// without one: then the plan "nightly" exports img-webserv1). Timers do not fire
// by themselves and nothing sleeps: a story fires, then waits for what should
// come, or until nothing is under way any more. Where a story compares whole
// output, names that differ from run to run are written SLOT, DAY, ID and so on;
// go test ./stories -update writes these parts anew.
//
// Beside the commands of testscript a story has these. What happens:
//
//	sandbox [NAME=VALUE…]          start, or start anew: speed, rate (bytes in a sandbox second), maxtasks,
//	                               timeout (of the functions), disk.IMAGE (a file), or a FERRY_ setting
//	fire PLAN                      the plan's timer fires; "fire sweep" fires the sweep's
//	call [flags] METHOD PATH [FILE]   the Function URL; FILE is the body. Flags: -token T, -no-token, -H NAME:VALUE,
//	                               -until REGEXP (ask again until the answer matches). Sets $LOCATION
//	apigw [flags] METHOD PATH [FILE]  the same through the old API Gateway
//	invoke FUNCTION FILE           the raw event in FILE, in which $NAMES are expanded
//	console IMAGE PREFIX           somebody exports with the console
//	put KEY FILE                   somebody uploads to the image bucket with the COS SDK
//	get KEY FILE                   somebody downloads, in ranges
//	copy KEY KEY                   somebody copies an object within it
//	fault JSON                     a rule of package fault; "calm" lifts all
//	dies BYTES                     the next export task dies silently after so many bytes
//	expire DURATION                how long the functions' keys last; 0s is the usual
//	versioning BUCKET STATUS       an administrator switches versioning of "image" or "state"
//	crash FUNCTION                 the hosts of its instances fail
//
// And what is there, printed for stdout and cmp:
//
//	notices N         wait for N properly signed notices, no more, and print them
//	sweep N           fire the sweep again and again until N notices have come
//	quiet             wait until no event, function or export is under way
//	asked REGEXP      wait until a request that matches reached the cloud
//	failures FUNCTION wait for a failed invocation and print all that failed
//	objects BUCKET    keys in "image" (with sizes) or "state"
//	ledger            each export with the states that it went through
//	requests [-most N] [REGEXP]   what was asked of the cloud, counted
package stories
