package sim

import (
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
)

// What is wrong with a file shows to who asks for it: who forgets to say what a file
// should hold finds nothing.
func TestReport(t *testing.T) {
	t.Parallel()
	system := diskimage.Want{Format: image.RAW, Bytes: 50 << 30, System: true}
	data := diskimage.Want{Format: image.RAW, Bytes: 50 << 30}
	lenient := data
	lenient.AnyData = true
	for _, test := range []struct {
		holds        content
		should, want diskimage.Want
		found        diskimage.Verdict
		flawed       bool
	}{
		{healthyDisk, system, system, diskimage.Verified, false},
		{healthyDisk, system, diskimage.Want{Format: image.QCOW2}, diskimage.NotADisk, false},
		{truncated, data, diskimage.Want{}, diskimage.Suspicious, true},
		{noDisk, data, diskimage.Want{}, diskimage.NotADisk, true},
		{otherSize, system, system, diskimage.Suspicious, true},
		{otherSize, system, diskimage.Want{Format: image.RAW}, diskimage.Verified, true},
		{unbootable, system, system, diskimage.Suspicious, true},
		{unbootable, system, data, diskimage.Verified, true},
		{unformatted, data, data, diskimage.Suspicious, true},
		{unformatted, lenient, lenient, diskimage.Verified, false},
		{unformatted, system, lenient, diskimage.Verified, true},
	} {
		o := &object{holds: test.holds, should: test.should}
		if r := o.report(test.want); r.Verdict != test.found || o.flawed() != test.flawed {
			t.Errorf("%d that should hold %+v, asked for %+v: %s, flawed: %t", test.holds, test.should, test.want, r.Verdict, o.flawed())
		}
	}
}

// An upload shows while it runs, and when it was left, where COS shows any.
func TestUploads(t *testing.T) {
	t.Parallel()
	w := newWorld(1, Options{Days: 1, Faultless: true})
	w.uploadsShow = true
	w.uploads = []*upload{
		{key: "a_1.raw", from: time.Hour, to: 2 * time.Hour},
		{key: "a_2.raw", from: 3 * time.Hour, left: true},
		{key: "b_1.raw", to: 9 * time.Hour},
	}
	for _, test := range []struct {
		at   time.Duration
		want int
	}{{0, 0}, {time.Hour, 1}, {2 * time.Hour, 0}, {4 * time.Hour, 1}, {40 * time.Hour, 1}} {
		w.now = test.at
		if keys, since := w.opened("a_"); len(keys) != test.want || test.want > 0 && since > test.at {
			t.Errorf("after %s: %q since %s", test.at, keys, since)
		}
	}
	if w.uploadsShow = false; len(w.uploads) > 0 {
		if keys, _ := w.opened("a_"); keys != nil {
			t.Errorf("%q show", keys)
		}
	}
}
