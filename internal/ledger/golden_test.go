package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

var update = flag.Bool("update", false, "write the golden files anew; a change of one is a change of the bucket format")

const id = image.ExportID("nightly-20261122t030000z-72n9mi0y")

// story is the longest way of an export: every state, every field.
func story() []ledger.Entry {
	r := ledger.Request{
		ID: id, Origin: ledger.Scheduled, Plan: "nightly", Slot: slot,
		Image: image.Image{
			ID: "img-72n9mi0y", Name: "web 镜像", Type: "PRIVATE_IMAGE", State: "NORMAL", OS: "Ubuntu", Platform: "Ubuntu", Architecture: "x86_64",
			Created: slot.AddDate(0, -1, 0), Disks: []image.Disk{{Snapshot: "snap-aaaaaaaa", System: true, GiB: 50}, {Snapshot: "snap-bbbbbbbb", GiB: 100}},
		},
		Bucket: image.Bucket{Name: "images", AppID: "1250000000"}, Prefix: "team_" + string(id), Format: image.QCOW2, Role: "CVM_QcsRole", Deadline: slot.Add(24 * time.Hour),
	}
	e := ledger.Entry{Request: r}
	var all []ledger.Entry
	step := func(s ledger.State, change func(*ledger.Entry)) {
		e = e.Next(s, slot.Add(time.Duration(e.Seq+1)*time.Minute))
		change(&e)
		all = append(all, e)
	}
	claim := func() { e.Until = e.At.Add(10 * time.Minute) }
	step(ledger.Intent, func(e *ledger.Entry) { claim(); e.Attempt = 1 })
	step(ledger.Retry, func(e *ledger.Entry) {
		e.Attempt, e.Refused, e.NotBefore = 0, 1, e.At.Add(time.Minute)
		e.Reason, e.Detail, e.Hint, e.RequestID = "LimitExceeded.ExportImageTaskLimitExceeded", "too many", "wait", "req-1"
	})
	step(ledger.Intent, func(e *ledger.Entry) {
		claim()
		e.Attempt, e.NotBefore, e.Reason, e.Detail, e.Hint = 1, time.Time{}, "", "", ""
	})
	step(ledger.Accepted, func(e *ledger.Entry) { e.TaskID, e.Expected, e.Started = 4711, r.Files(), e.At })
	step(ledger.Partial, func(e *ledger.Entry) {
		claim()
		e.Verdict, e.Ended, e.Reason, e.Detail, e.Hint = ledger.Partial, e.At, "files-missing", "1 of 2", "again"
		e.Landed = []ledger.File{{Key: r.Files()[0], Size: 1 << 30, CRC64: "18446744073709551615", ETag: "abc-12", Time: e.At}}
		e.Deliveries = map[string]ledger.Delivery{"webhook": {ID: string(id) + ".partial", State: ledger.Sending, Attempt: 1}}
	})
	step(ledger.Partial, func(e *ledger.Entry) {
		e.Deliveries = map[string]ledger.Delivery{"webhook": {ID: string(id) + ".partial", State: ledger.SendLater, Attempt: 1, NotBefore: e.At, Detail: "503"}}
	})
	step(ledger.Closed, func(e *ledger.Entry) {
		e.Deliveries = map[string]ledger.Delivery{"webhook": {ID: string(id) + ".partial", State: ledger.Sent, Attempt: 2}}
	})
	return all
}

var nonce = regexp.MustCompile(`"nonce":"[A-Z2-7]{26}"`)

// TestGolden pins every stored form and the key of each. What lies in people's
// buckets is read by versions to come.
func TestGolden(t *testing.T) { // not parallel: -update writes what others read
	store := ledger.NewMemory()
	l := ledger.New(store, "imageferry/")
	ctx := t.Context()
	all := story()
	last := all[len(all)-1]
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := l.Open(ctx, last.Request)
	must(err)
	must(l.FillSlot(ctx, "nightly", slot, []image.ExportID{id}))
	for _, e := range all {
		_, err := l.Append(ctx, e)
		must(err)
	}
	before, _, err := store.List(ctx, "", "", 1000)
	must(err)
	must(l.Close(ctx, ledger.OpenName(last.Request), last))
	after, _, err := store.List(ctx, "", "", 1000)
	must(err)
	golden(t, "keys.txt", []byte("open:\n"+strings.Join(before, "\n")+"\n\nclosed:\n"+strings.Join(after, "\n")+"\n"))

	_, err = l.Open(ctx, last.Request) // once more, to read it
	must(err)
	keys, _, err := store.List(ctx, "", "", 1000)
	must(err)
	for _, key := range keys {
		body, err := store.Get(ctx, key)
		must(err)
		body = nonce.ReplaceAll(body, []byte(`"nonce":"ABCDEFGHIJKLMNOPQRSTUVWXYZ"`))
		var pretty bytes.Buffer
		must(json.Indent(&pretty, body, "", "  "))
		pretty.WriteByte('\n')
		parts := strings.Split(strings.TrimPrefix(key, "imageferry/v1/"), "/")
		name := strings.TrimSuffix(parts[len(parts)-1], ".json")
		golden(t, "v1/"+parts[0]+"-"+name+".json", pretty.Bytes())
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s changed (-want +got):\n%s", name, diff)
	}
}

// TestReadGolden reads what version 1 wrote.
func TestReadGolden(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for i, want := range story() {
		store := ledger.NewMemory()
		l := ledger.New(store, "imageferry/")
		put(t, store, entryKeys[i], file(t, "exports-"+strings.TrimSuffix(filepath.Base(entryKeys[i]), ".json")+".json"))
		got, err := l.Load(ctx, id)
		want.Schema, want.Nonce = 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("entry %d: %v (-want +got):\n%s", i+1, err, diff)
		}
	}
	store := ledger.NewMemory()
	name := ledger.OpenName(story()[0].Request)
	put(t, store, "imageferry/v1/open/"+name, file(t, "open-"+name+".json"))
	r, err := ledger.New(store, "imageferry/").ReadOpen(ctx, name)
	if diff := cmp.Diff(story()[0].Request, r); err != nil || diff != "" {
		t.Errorf("marker: %v (-want +got):\n%s", err, diff)
	}
}

// entryKeys are the keys of the story's entries, as keys.txt has them.
var entryKeys = func() (keys []string) {
	store := ledger.NewMemory()
	l := ledger.New(store, "imageferry/")
	for _, e := range story() {
		if _, err := l.Append(context.Background(), e); err != nil {
			panic(err)
		}
	}
	keys, _, _ = store.List(context.Background(), "", "", 100)
	return keys
}()

func file(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "v1", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func put(t *testing.T, s ledger.Store, key string, body []byte) {
	t.Helper()
	if err := s.Create(t.Context(), key, body); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedAndForeign(t *testing.T) {
	t.Parallel()
	good := string(file(t, "exports-000001.json"))
	for name, body := range map[string]string{
		"empty":           "",
		"cut off":         good[:len(good)/2],
		"not JSON":        "<html>",
		"other type":      `{"schema":"1"}`,
		"array":           "[]",
		"bad time":        strings.Replace(good, `"at": "2026`, `"at": "never`, 1),
		"other sequence":  strings.Replace(good, `"seq": 1`, `"seq": 2`, 1),
		"another export":  strings.Replace(good, `"id": "nightly`, `"id": "daily`, 1),
		"an empty object": "{}",
	} {
		store := ledger.NewMemory()
		put(t, store, entryKeys[0], []byte(body))
		e, err := ledger.New(store, "imageferry/").Load(t.Context(), id)
		if err == nil || !strings.Contains(err.Error(), entryKeys[0]) || e.Seq != 0 || outcome.Is(err, outcome.NotFound) {
			t.Errorf("%s: entry %d, %v; want an error with the key", name, e.Seq, err)
		}
	}
}

// A newer version's objects are left alone, whatever else is in them.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	newer := []byte(`{"schema":2,"seq":"two","request":[]}`)
	store := ledger.NewMemory()
	l := ledger.New(store, "imageferry/")
	name := ledger.OpenName(story()[0].Request)
	put(t, store, entryKeys[0], newer)
	put(t, store, "imageferry/v1/open/"+name, newer)
	_, loadErr := l.Load(t.Context(), id)
	_, openErr := l.ReadOpen(t.Context(), name)
	_, appendErr := l.Append(t.Context(), story()[0])
	for _, err := range []error{loadErr, openErr, appendErr} {
		e, ok := errors.AsType[*ledger.SchemaError](err)
		if !ok || e.Schema != 2 || !strings.Contains(err.Error(), e.Key) || errors.Is(err, ledger.ErrLost) {
			t.Errorf("%v", err)
		}
	}
}

// Another's marker under the name of ours would have us export something else.
func TestMarkerUnderAnotherName(t *testing.T) {
	t.Parallel()
	store := ledger.NewMemory()
	put(t, store, "imageferry/v1/open/20261122t030000z-other", file(t, "open-"+ledger.OpenName(story()[0].Request)+".json"))
	if _, err := ledger.New(store, "imageferry/").ReadOpen(t.Context(), "20261122t030000z-other"); err == nil || !strings.Contains(err.Error(), "v1/open/20261122t030000z-other") {
		t.Error(err)
	}
}
