package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ObjectsCreated says that objects appeared in a bucket. It is a hint: the
// same object may be announced twice, late, or by someone who may invoke the
// function and made it up.
type ObjectsCreated struct {
	Objects []Object // in the order of the event
	Skipped []string // one reason for each record that could not be read, as `record 2: field "key" …`
	Ignored int      // records of something else than a created object
}

// Kind returns "objects".
func (ObjectsCreated) Kind() string { return "objects" }

func (ObjectsCreated) sealed() {}

// Object is one created object, as far as its event tells.
type Object struct {
	AppID       string    // digits
	Bucket      string    // short name, without the appid
	Region      string    // as "ap-shanghai"; where the event does not tell, the short code that it has, as "sh"
	Key         string    // 1 to 850 bytes, valid UTF-8 without control characters
	FallbackKey string    // the key by the event's URL where that is another one, else empty
	Size        int64     // bytes; -1 where the event does not tell
	Version     string    // version id; empty in a bucket without versions
	ETag        string    // without quotes; empty in older events
	Time        time.Time // UTC, to the second; zero where the event does not tell
	EventName   string    // as "cos:ObjectCreated:CompleteMultipartUpload", or ending in "*"
}

const createdPrefix = "cos:ObjectCreated:"

func decodeObjects(top fields) (Event, error) {
	var records []json.RawMessage
	if !top.has("Records") || json.Unmarshal(top["Records"], &records) != nil {
		return nil, malformed("objects: field %q is not an array", "Records")
	}
	var e ObjectsCreated
	for i, raw := range records {
		switch o, err := readRecord(raw); {
		case err != nil:
			e.Skipped = append(e.Skipped, fmt.Sprintf("record %d: %v", i, err))
		case o == nil:
			e.Ignored++
		default:
			e.Objects = append(e.Objects, *o)
		}
	}
	if len(e.Objects)+len(e.Skipped) == 0 {
		return Unknown{Reason: fmt.Sprintf("no created object among %d records", len(records))}, nil
	}
	return e, nil
}

// readRecord returns nil without an error for a record of something else:
// another product's, or a removal.
func readRecord(raw json.RawMessage) (*Object, error) {
	record, ok := parseFields(raw)
	if !ok {
		return nil, errors.New("not an object")
	}
	if !record.has("cos") {
		return nil, nil
	}
	ev, err := record.object("event")
	if err != nil {
		return nil, err
	}
	o := new(Object)
	if o.EventName, err = ev.text("eventName"); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(o.EventName, createdPrefix) {
		return nil, nil
	}
	// What only informs is left empty where it cannot be read, here and below: a
	// record is lost for its bucket or its key alone.
	o.Time, _ = unixTime(ev, "eventTime")
	return o, o.readCOS(record)
}

func (o *Object) readCOS(record fields) error {
	cos, err := record.object("cos")
	if err != nil {
		return err
	}
	bucket, err := cos.object("cosBucket")
	if err != nil {
		return err
	}
	object, err := cos.object("cosObject")
	if err != nil {
		return err
	}
	rawURL, err := object.text("url")
	if err != nil {
		return err
	}
	if err := o.readBucket(bucket, rawURL); err != nil {
		return err
	}
	return o.readObject(object, rawURL)
}

func (o *Object) readBucket(bucket fields, rawURL string) (err error) {
	if o.Bucket, err = bucket.text("name"); err != nil {
		return err
	}
	if o.AppID, err = bucket.scalar("appid"); err != nil {
		return err
	}
	if o.Bucket == "" || o.AppID == "" {
		return fmt.Errorf("field %q lacks %q or %q", "cosBucket", "name", "appid")
	}
	if strings.Trim(o.AppID, "0123456789") != "" {
		return fmt.Errorf("field %q is not made of digits", "appid")
	}
	o.Region, _ = bucket.text("cosRegion")
	if o.Region == "" {
		o.Region = regionOf(rawURL, o.Bucket+"-"+o.AppID)
	}
	if o.Region == "" {
		o.Region, _ = bucket.text("region")
	}
	return nil
}

func (o *Object) readObject(object fields, rawURL string) error {
	key, err := object.text("key")
	if err != nil {
		return err
	}
	if o.Key, o.FallbackKey, err = splitKey(o.AppID, o.Bucket, key, rawURL); err != nil {
		return err
	}
	o.Size = size(object, "size")
	o.Version, _ = object.text("vid")
	if meta, err := object.object("meta"); err == nil {
		etag, _ := meta.text("ETag")
		o.ETag = strings.Trim(etag, `"`)
	}
	return nil
}

// size returns -1 where the event does not tell. Encoders that know only floating
// point numbers write large sizes with an exponent; that is read too where it is
// exact.
func size(f fields, name string) int64 {
	s, _ := f.scalar(name)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= 0 {
		return n
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || x != math.Trunc(x) || x < 0 || x >= 1<<53 {
		return -1
	}
	return int64(x)
}

// lastSecond is the end of year 9999, beyond which a time has no RFC 3339 form.
const lastSecond = 253402300799

func unixTime(f fields, name string) (time.Time, error) {
	s, err := f.scalar(name)
	if err != nil || s == "" {
		return time.Time{}, err
	}
	sec, err := strconv.ParseInt(s, 10, 64)
	if err != nil || sec < 0 || sec > lastSecond {
		return time.Time{}, fmt.Errorf("field %q is not a time in seconds", name)
	}
	return time.Unix(sec, 0).UTC(), nil
}
