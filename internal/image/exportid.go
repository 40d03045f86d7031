package image

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// ExportID names one export: one image in one slot of a plan. It is the last
// part of the file-name prefix, so it keeps to [a-z0-9-] and holds no "_" and
// no "/", the two characters that end the part before it.
type ExportID string

// SlotFormat is how an instant is written in ids and keys: UTC, to the second,
// so that names sort by time.
const SlotFormat = "20060102t150405z"

// maxExportID is the longest export id in bytes.
const maxExportID = 120

// Lengths are checked apart: a counted repetition makes a regular expression slow
// to compile, and a cold start compiles it.
var exportIDPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$`)

// ParseExportID checks the form of an export id.
func ParseExportID(s string) (ExportID, error) {
	if len(s) > maxExportID || !exportIDPattern.MatchString(s) {
		return "", fmt.Errorf("export id %q: want 1 to 120 of a-z, 0-9 and inner dashes", s)
	}
	return ExportID(s), nil
}

// ScheduledID is the id of an image in a due slot of a plan. The same slot
// always gives the same id: that is what keeps a doubled timer from exporting
// twice.
func ScheduledID(plan string, slot time.Time, id ID) ExportID {
	return ExportID(SlotPrefix(plan, slot) + id.Suffix())
}

// SlotPrefix is what the ids of all exports of one slot start with.
func SlotPrefix(plan string, slot time.Time) string {
	return plan + "-" + slot.UTC().Format(SlotFormat) + "-"
}

// SlotOf returns the slot of a scheduled export's id.
func SlotOf(plan string, id ExportID) (time.Time, bool) {
	text, ok := strings.CutPrefix(string(id), plan+"-")
	slot, err := time.Parse(SlotFormat, text[:min(len(text), len(SlotFormat))])
	return slot, ok && err == nil
}

// RequestedID is the id of an export that a caller asked for under an
// idempotency key. The key may hold anything, so it is hashed.
func RequestedID(key string) ExportID { return ExportID("api-" + digest(key)) }

// ObservedID is the id under which we tell people of a file that no export of
// ours wrote: the same content at the same place is one event.
func ObservedID(bucket Bucket, key, etag string) ExportID {
	return ExportID("seen-" + digest(bucket.String()+"\n"+key+"\n"+strings.Trim(etag, `"`)))
}

// newsPrefix begins the ids of news; no plan's name does.
const newsPrefix = "news-"

// NewsID is the id under which people are told of something that is no verdict on
// an export: about is a slot of a plan or an export.
func NewsID(about, kind string) ExportID { return ExportID(newsPrefix + about + "-" + kind) }

// IsNews reports whether the id is one of news.
func (id ExportID) IsNews() bool { return strings.HasPrefix(string(id), newsPrefix) }

// MadeName is the name of the image that an export makes of an instance. CVM
// keeps names unique, and refuses those of more than 60 characters (CreateImage).
func (id ExportID) MadeName() string {
	const most, tail = 60, 20
	if len(id) <= most {
		return string(id)
	}
	return string(id[:most-tail-1]) + "-" + digest(string(id))
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:10])
}
