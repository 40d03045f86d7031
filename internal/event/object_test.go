package event_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/event"
)

// record returns an event with one record, whose fields are JSON values; a
// field set to "" is left out.
func record(change map[string]string) string { return recordsOf(recordBody(change)) }

func recordsOf(bodies ...string) string { return `{"Records":[` + strings.Join(bodies, ",") + `]}` }

func recordBody(change map[string]string) string {
	f := map[string]string{
		"name": `"images"`, "appid": `"1250000042"`, "region": `"gz"`, "cosRegion": ``,
		"key": `"/1250000042/images/a.raw"`, "url": `"http://images-1250000042.cos.ap-guangzhou.myqcloud.com/a.raw"`,
		"size": `7`, "vid": `""`, "meta": `{"Content-Type":""}`,
		"eventName": `"cos:ObjectCreated:Put"`, "eventTime": `1795374000`,
	}
	maps.Copy(f, change)
	object := func(names ...string) string {
		var members []string
		for _, n := range names {
			if f[n] != "" {
				members = append(members, fmt.Sprintf("%q:%s", n, f[n]))
			}
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	return fmt.Sprintf(`{"cos":{"cosObject":%s,"cosBucket":%s},"event":%s}`,
		object("key", "url", "size", "vid", "meta"),
		object("name", "appid", "region", "cosRegion"),
		object("eventName", "eventTime"))
}

func TestObjectFields(t *testing.T) {
	t.Parallel()
	type M = map[string]string
	tests := []struct {
		name   string
		change M
		want   func(*event.Object)
	}{
		{"as is", nil, func(*event.Object) {}},
		{"size as string", M{"size": `"64424509440"`}, func(o *event.Object) { o.Size = 60 << 30 }},
		{"size with exponent", M{"size": `6.4424509440e+10`}, func(o *event.Object) { o.Size = 60 << 30 }},
		{"no size", M{"size": ``}, func(o *event.Object) { o.Size = -1 }},
		{"empty object", M{"size": `0`}, func(o *event.Object) { o.Size = 0 }},
		{"appid as number", M{"appid": `1250000042`}, func(*event.Object) {}},
		{"no time", M{"eventTime": `null`}, func(o *event.Object) { o.Time = time.Time{} }},
		{"time as string", M{"eventTime": `"1795374001"`}, func(o *event.Object) { o.Time = o.Time.Add(time.Second) }},
		{"version", M{"vid": `"MTg0NDY3"`}, func(o *event.Object) { o.Version = "MTg0NDY3" }},
		{"no meta", M{"meta": ``}, func(*event.Object) {}},
		{"etag in another case is user data", M{"meta": `{"etag":"x"}`}, func(*event.Object) {}},
		{"etag", M{"meta": `{"ETag":"\"d41d8cd9-3\""}`}, func(o *event.Object) { o.ETag = "d41d8cd9-3" }},
		{"cosRegion first", M{"cosRegion": `"ap-beijing"`}, func(o *event.Object) { o.Region = "ap-beijing" }},
		{"accelerated host", M{"url": `"http://images-1250000042.cos.accelerate.myqcloud.com/a.raw"`}, func(o *event.Object) { o.Region = "gz" }},
		{"host of another bucket", M{"url": `"http://x.cos.ap-beijing.myqcloud.com/a.raw"`}, func(o *event.Object) { o.Region = "gz" }},
		{"no url", M{"url": ``}, func(o *event.Object) { o.Region = "gz" }},
		{"last duplicate counts", M{"size": `7,"size":8`}, func(o *event.Object) { o.Size = 8 }},
		{"other case is another field", M{"size": `7,"Size":8,"KEY":"x"`}, func(*event.Object) {}},
		{"url says another key", M{"key": `"/1250000042/images/a%2Braw"`, "url": `"http://h/a%2Braw"`}, func(o *event.Object) {
			o.Key, o.FallbackKey, o.Region = "a%2Braw", "a+raw", "gz"
		}},

		// What only informs may be odd: the record counts, and the field is empty.
		{"negative size", M{"size": `-1`}, func(o *event.Object) { o.Size = -1 }},
		{"broken size", M{"size": `1.5`}, func(o *event.Object) { o.Size = -1 }},
		{"huge size", M{"size": `1e999999`}, func(o *event.Object) { o.Size = -1 }},
		{"size is a list", M{"size": `[7]`}, func(o *event.Object) { o.Size = -1 }},
		{"size in words", M{"size": `"seven"`}, func(o *event.Object) { o.Size = -1 }},
		{"time before time", M{"eventTime": `-1`}, func(o *event.Object) { o.Time = time.Time{} }},
		{"time in text", M{"eventTime": `"2026-11-22T19:00:00Z"`}, func(o *event.Object) { o.Time = time.Time{} }},
		{"time in nanoseconds", M{"eventTime": `1795374000000000000`}, func(o *event.Object) { o.Time = time.Time{} }},
		{"meta is a list", M{"meta": `[]`}, func(*event.Object) {}},
		{"etag is a number", M{"meta": `{"ETag":1}`}, func(*event.Object) {}},
		{"version is a list", M{"vid": `["1"]`}, func(*event.Object) {}},
		{"region is a number", M{"cosRegion": `1`}, func(*event.Object) {}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := event.Object{
				AppID: "1250000042", Bucket: "images", Region: "ap-guangzhou", Key: "a.raw", Size: 7,
				Time: time.Unix(1795374000, 0).UTC(), EventName: "cos:ObjectCreated:Put",
			}
			tt.want(&want)
			got, err := event.Decode([]byte(record(tt.change)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(event.Event(created(want)), got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestObjectSkipped(t *testing.T) {
	t.Parallel()
	type M = map[string]string
	long := strings.Repeat("k", 851)
	tests := []struct {
		name   string
		change M
		want   string
	}{
		{"no bucket", M{"name": ``}, `field "cosBucket" lacks "name" or "appid"`},
		{"no appid", M{"appid": `""`}, `field "cosBucket" lacks "name" or "appid"`},
		{"appid in words", M{"appid": `"12/50"`}, `field "appid" is not made of digits`},
		{"no key", M{"key": `"/1250000042/images/"`}, `field "key" names no object`},
		{"long key", M{"key": `"/1250000042/images/` + long + `"`}, `field "key" is longer than 850 bytes`},
		{"null byte", M{"key": `"/1250000042/images/a\u0000b"`}, `field "key" holds a control character`},
		{"line break", M{"key": `"/1250000042/images/a\r\nb"`}, `field "key" holds a control character`},
		{"C1 control", M{"key": `"/1250000042/images/a\u0085b"`}, `field "key" holds a control character`},
		{"lone surrogate", M{"key": `"/1250000042/images/\ud800"`}, `field "key" is not UTF-8`},
		{"stray byte", M{"key": "\"/1250000042/images/\xff\""}, `field "key" is not UTF-8`},
		{"neither key nor url", M{"key": `"a.raw"`, "url": ``}, `field "key" lacks its prefix, and field "url" names no object`},
		{"key of another bucket, bad url", M{"key": `"/1250000042/other/a"`, "url": `"http://h/%zz"`}, `field "key" lacks its prefix, and field "url" is not a URL`},
		{"key of another bucket, url not UTF-8", M{"key": `"/1250000042/other/a"`, "url": `"http://h/%ff"`}, `field "key" lacks its prefix, and field "url" is not UTF-8`},
		{"event name is a number", M{"eventName": `1`}, `field "eventName" is not a string`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			raw := recordsOf(recordBody(nil), recordBody(tt.change))
			got, err := event.Decode([]byte(raw))
			if err != nil {
				t.Fatal(err)
			}
			e, ok := got.(event.ObjectsCreated)
			if !ok || len(e.Objects) != 1 || e.Ignored != 0 {
				t.Fatalf("got %+v, want the one good object", got)
			}
			if diff := cmp.Diff([]string{"record 1: " + tt.want}, e.Skipped); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestObjectsMixed(t *testing.T) {
	t.Parallel()
	raw := recordsOf(
		`7`,
		`{"cos":{},"event":{"eventName":"cos:ObjectCreated:Put"}}`,
		recordBody(map[string]string{"eventName": `"cos:ObjectRemove:Delete"`, "key": `"\u0000"`}),
		recordBody(map[string]string{"eventName": `"cos:ObjectRestore:Completed"`}),
		recordBody(map[string]string{"eventName": `"cos:objectcreated:put"`}),
		`{"cos":{}}`,
		recordBody(nil),
		recordBody(nil),
	)
	got, err := event.Decode([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	e := got.(event.ObjectsCreated)
	if len(e.Objects) != 2 || e.Objects[0] != e.Objects[1] {
		t.Errorf("objects: %+v", e.Objects)
	}
	if e.Ignored != 4 {
		t.Errorf("%d ignored, want 4", e.Ignored)
	}
	want := []string{"record 0: not an object", `record 1: field "cosBucket" lacks "name" or "appid"`}
	if diff := cmp.Diff(want, e.Skipped); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
