package event_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/imageferry/imageferry/internal/event"
)

// decode marshals a payload as the platform would, and decodes it.
func decode(t *rapid.T, payload map[string]any) event.Event {
	raw, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	e, err := event.Decode(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return e
}

func TestTimerRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := event.Timer{
			Trigger: rapid.StringMatching(`[A-Za-z][A-Za-z0-9_-]{0,59}`).Draw(t, "trigger"),
			Time:    time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 0).UTC(),
			Message: rapid.String().Draw(t, "message"),
		}
		zone := time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, "zone")*3600)
		got := decode(t, map[string]any{
			"Type": "Timer", "TriggerName": want.Trigger, "Message": want.Message,
			"Time": want.Time.In(zone).Format(time.RFC3339),
		})
		if diff := cmp.Diff(event.Event(want), got); diff != "" {
			t.Fatalf("-want +got\n%s", diff)
		}
	})
}

func TestHTTPRoundTrip(t *testing.T) {
	t.Parallel()
	values := rapid.SliceOfN(rapid.String(), 1, 4)
	rapid.Check(t, func(t *rapid.T) {
		want := event.HTTP{
			Method:   rapid.SampledFrom([]string{"GET", "POST", "DELETE"}).Draw(t, "method"),
			Path:     "/" + rapid.String().Draw(t, "path"),
			Query:    rapid.MapOfN(rapid.String(), values, 0, 5).Draw(t, "query"),
			Header:   http.Header{},
			Body:     rapid.String().Draw(t, "body"),
			Base64:   rapid.Bool().Draw(t, "base64"),
			SourceIP: rapid.StringMatching(`([0-9]{1,3}\.){3}[0-9]{1,3}`).Draw(t, "ip"),
			Gateway:  rapid.Bool().Draw(t, "gateway"),
		}
		for name, vs := range rapid.MapOfN(rapid.StringMatching(`[a-zA-Z-]{1,9}`), values, 0, 5).Draw(t, "headers") {
			want.Header[http.CanonicalHeaderKey(name)] = vs
		}
		rc := map[string]any{"sourceIp": want.SourceIP}
		if want.Gateway {
			rc["serviceId"] = "service-1"
		}
		got := decode(t, map[string]any{
			"httpMethod": want.Method, "path": want.Path, "body": want.Body, "isBase64Encoded": want.Base64,
			"queryString": wire(want.Query), "headers": wire(want.Header), "requestContext": rc,
		})
		if diff := cmp.Diff(event.Event(want), got, rawHTTP); diff != "" {
			t.Fatalf("-want +got\n%s", diff)
		}
	})
}

// wire makes single values plain strings, as the platform does.
func wire(m map[string][]string) map[string]any {
	out := make(map[string]any)
	for k, vs := range m {
		out[k] = vs
		if len(vs) == 1 {
			out[k] = vs[0]
		}
	}
	return out
}

func TestObjectsRoundTrip(t *testing.T) {
	t.Parallel()
	one := rapid.Custom(func(t *rapid.T) event.Object {
		return event.Object{
			AppID:     rapid.StringMatching(`[0-9]{9,10}`).Draw(t, "appid"),
			Bucket:    rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?`).Draw(t, "bucket"),
			Region:    rapid.SampledFrom([]string{"ap-guangzhou", "eu-frankfurt"}).Draw(t, "region"),
			Key:       rapid.StringOfN(rapid.RuneFrom([]rune("a/+% .镜é\\?#&=")), 1, 60, 850).Draw(t, "key"),
			Size:      rapid.Int64Range(0, 1<<53).Draw(t, "size"),
			Version:   rapid.StringMatching(`[A-Za-z0-9]{0,20}`).Draw(t, "version"),
			ETag:      rapid.StringMatching(`[0-9a-f]{32}(-[0-9]{1,5})?`).Draw(t, "etag"),
			Time:      time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 0).UTC(),
			EventName: rapid.SampledFrom([]string{"cos:ObjectCreated:*", "cos:ObjectCreated:Copy"}).Draw(t, "event"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		want := created(rapid.SliceOfN(one, 1, 10).Draw(t, "objects")...)
		var records []any
		for _, o := range want.Objects {
			records = append(records, cosRecord(o))
		}
		got := decode(t, map[string]any{"Records": records})
		if diff := cmp.Diff(event.Event(want), got); diff != "" {
			t.Fatalf("-want +got\n%s", diff)
		}
	})
}

func cosRecord(o event.Object) map[string]any {
	u := url.URL{Scheme: "http", Host: o.Bucket + "-" + o.AppID + ".cos." + o.Region + ".myqcloud.com", Path: "/" + o.Key}
	return map[string]any{
		"cos": map[string]any{
			"cosBucket": map[string]any{"name": o.Bucket, "appid": o.AppID, "region": "xx"},
			"cosObject": map[string]any{
				"key": "/" + o.AppID + "/" + o.Bucket + "/" + o.Key, "url": u.String(),
				"size": o.Size, "vid": o.Version, "meta": map[string]any{"ETag": `"` + o.ETag + `"`},
			},
		},
		"event": map[string]any{"eventName": o.EventName, "eventTime": o.Time.Unix()},
	}
}
