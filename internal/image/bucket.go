package image

import (
	"fmt"
	"regexp"
)

// Bucket is a COS bucket of one account, written name-appid.
type Bucket struct {
	Name  string // without the appid
	AppID string
}

// The name may not start or end with "-", and the whole is limited by the host
// name it becomes (436/13312).
var bucketPattern = regexp.MustCompile(`^([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)-([0-9]{6,12})$`)

// maxBucketName is the longest name, without the appid, in bytes.
const maxBucketName = 50

// ParseBucket reads "name-appid".
func ParseBucket(s string) (Bucket, error) {
	m := bucketPattern.FindStringSubmatch(s)
	if m == nil || len(m[1]) > maxBucketName {
		return Bucket{}, fmt.Errorf("bucket %q: want the full name with the appid, such as images-1250000000", s)
	}
	return Bucket{Name: m[1], AppID: m[2]}, nil
}

// String returns name-appid, or "" for the zero Bucket.
func (b Bucket) String() string {
	if b == (Bucket{}) {
		return ""
	}
	return b.Name + "-" + b.AppID
}

// MarshalText writes name-appid, for JSON and settings.
func (b Bucket) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads name-appid; empty text gives the zero Bucket.
func (b *Bucket) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*b = Bucket{}
		return nil
	}
	*b, err = ParseBucket(string(text))
	return err
}
