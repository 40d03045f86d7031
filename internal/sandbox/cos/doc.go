// Package cos is Tencent Cloud's object storage on a directory.
//
// A [Server] answers to the real host names, <bucket-appid>.cos.<region>.myqcloud.com,
// so the official SDKs talk to it unchanged. It does what a program like Image
// Ferry can notice: signatures, checksums, conditional and ranged reads, listing
// order, multipart uploads, and x-cos-forbid-overwrite with its limits. Where the
// documents are silent a comment says what was assumed. Sub-resources that are not
// simulated (acl, lifecycle, …) answer 501 and not a pleasant lie; request headers
// that ask for them (x-cos-acl, x-cos-tagging, …) are signed for but have no effect.
// Of a versioned bucket only the current versions are kept: what is simulated is
// that version ids appear and that x-cos-forbid-overwrite stops working.
//
// # What is on disk
//
//	<dir>/<bucket>/bucket.json            creation time, versioning
//	<dir>/<bucket>/meta/<hh>/<hash>.json  one record an object: key, headers, checksums; small content too
//	<dir>/<bucket>/data/<hh>/<random>     content of larger objects; sparse, never changed (but appended to)
//	<dir>/<bucket>/uploads/<id>/          upload.json, and <n>.json with a content file for each part
//	<dir>/<bucket>/tmp/                   records being written
//
// An object key is never a file name: hash is that of the key, and every other
// name is random. The record is the truth, and is replaced by rename: an object
// exists, whole, from that instant on. Content that no record names is left over
// from a process that died, and is removed at the next start. Nothing is synced: the
// directory survives the end of the process, not of the machine.
//
// # What is in memory
//
// For each bucket a sorted index of keys with what a listing shows, about 300 bytes
// an object; headers and content stay on disk. A page of a listing costs its length
// and a few binary searches, whether the bucket holds a thousand objects or a million.
// The index is read from the records when a server starts, some 25 µs an object.
package cos
