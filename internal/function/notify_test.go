package function

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/config"
	"github.com/imageferry/imageferry/internal/event"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ferry"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
)

const name = "nightly-20261121t190000z-a_img-a_system_snap-a.raw"

func opened(environ ...string) func(t *testing.T) *Notify {
	return func(t *testing.T) *Notify {
		file := filepath.Join(t.TempDir(), "plans.json")
		if err := os.WriteFile(file, []byte(`{"version":3,"plans":{}}`), 0o644); err != nil {
			t.Fatal(err)
		}
		return &Notify{Open: func() (*ferry.Ferry, error) { return ferry.Open(environ, file) }}
	}
}

var (
	good   = opened("FERRY_REGION=ap-guangzhou", "FERRY_IMAGE_BUCKET=images-1250000000", "FERRY_STATE_BUCKET=state-1250000000")
	broken = opened("FERRY_REGION=nowhere", "FERRY_IMAGE_BUCKET=images-1250000000", "FERRY_TOKEN=canary")
)

// created is the event of one object (583/9707).
func created(bucket, key string) string {
	return fmt.Sprintf(`{"Records":[{"cos":{"cosSchemaVersion":"1.0","cosObject":{"url":"http://%[1]s-1250000000.cos.ap-guangzhou.myqcloud.com/%[2]s",`+
		`"meta":{},"vid":"","key":"/1250000000/%[1]s/%[2]s","size":1024},"cosBucket":{"region":"gz","name":"%[1]s","appid":"1250000000"},"cosNotificationId":"u"},`+
		`"event":{"eventName":"cos:ObjectCreated:CompleteMultipartUpload","eventVersion":"1.0","eventTime":1795201200,"eventSource":"qcs::cos","requestParameters":{"requestHeaders":{"Authorization":"canary"}},`+
		`"eventQueue":"q","reservedInfo":"","reqid":1}}]}`, bucket, key)
}

// Nothing here may cost a request: these events name nothing of ours, and any
// request would fail, there being no credentials.
func TestEventsThatAreNotOurs(t *testing.T) {
	t.Parallel()
	for what, payload := range map[string]string{
		"no disk":             created("images", "readme.txt"),
		"ledger of somebody":  created("images", "imageferry/v1/open/x"),
		"other bucket":        created("theirs", name),
		"state bucket":        created("state", name),
		"climbing key":        created("images", "a/../"+name),
		"timer":               `{"Type":"Timer","TriggerName":"t","Time":"2026-11-21T19:00:00Z","Message":"nightly"}`,
		"request":             `{"httpMethod":"GET","path":"/","headers":{}}`,
		"test of the console": `{"key1":"test value 1"}`,
		"no JSON":             `{"Records":[`,
		"records that are no": `{"Records":1}`,
		"removal":             strings.Replace(created("images", name), "ObjectCreated:CompleteMultipartUpload", "ObjectRemove:Delete", 1),
	} {
		if out, err := good(t).Invoke(t.Context(), []byte(payload)); err != nil || out != nil {
			t.Errorf("%s: %s, %v", what, out, err)
		}
	}
}

func TestNotifyBrokenDeployment(t *testing.T) {
	t.Parallel()
	_, err := broken(t).Invoke(t.Context(), []byte(created("images", name)))
	if err == nil || !strings.Contains(err.Error(), "FERRY_REGION") || !strings.Contains(err.Error(), "FERRY_STATE_BUCKET") || strings.Contains(err.Error(), "canary") {
		t.Errorf("error %v; want it to name what to correct", err)
	}
	if _, err := broken(t).Invoke(t.Context(), []byte(`{"key1":"x"}`)); err != nil {
		t.Errorf("an event that is none of our business: %v", err)
	}
}

func TestOurs(t *testing.T) {
	t.Parallel()
	deployment, cold := image.Bucket{Name: "images", AppID: "1250000000"}, image.Bucket{Name: "cold", AppID: "1250000000"}
	f := &ferry.Ferry{Config: config.Config{ImageBucket: deployment}, Plans: plan.Set{"a": {}, "b": {Bucket: cold}}}
	got := ours(f, []event.Object{
		{Bucket: "images", AppID: "1250000000", Key: "k", Size: 1},
		{Bucket: "images", AppID: "1250000000", Key: "empty"},
		{Bucket: "cold", AppID: "1250000000", Key: "k+1", FallbackKey: "k 1", Size: -1}, // the event does not tell
		{Bucket: "images", AppID: "1259999999", Key: "other account", Size: 1},
		{Bucket: "theirs", AppID: "1250000000", Key: "other bucket", Size: 1},
		{Key: "no bucket", Size: 1},
	})
	want := []export.Object{{Bucket: deployment, Keys: []string{"k"}}, {Bucket: cold, Keys: []string{"k+1", "k 1"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
