package event_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/event"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	good := recordBody(nil)
	repeat := func(s string, n int) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }
	nest := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}" }
	pad := func(n int) string { return `{"a":"` + strings.Repeat("x", n-len(`{"a":""}`)) + `"}` }
	tests := []struct{ name, raw, want string }{
		{"256 KiB", pad(event.MaxSize), ""},
		{"a byte more", pad(event.MaxSize + 1), "262145 bytes, at most 262144"},
		{"300 KiB", pad(300 << 10), "307200 bytes, at most 262144"},
		{"a million records", recordsOf(repeat("{}", 1e6)), "3000013 bytes, at most 262144"},
		{"100 records", recordsOf(repeat(good, 100)), ""},
		{"101 records", recordsOf(repeat(good, 101)), "more than 100 elements at level 2"},
		{"80,000 records", recordsOf(repeat("{}", 80_000)), "more than 100 elements at level 2"},
		{"101 fields", "{" + repeat(`"a":1`, 101) + "}", "more than 100 elements at level 1"},
		{"101 headers", `{"httpMethod":"GET","path":"/","headers":{` + repeat(`"a":"b"`, 101) + `}}`, "more than 100 elements at level 2"},
		{"32 levels", nest(32), ""},
		{"33 levels", nest(33), "nested deeper than 32 levels"},
		{"100,000 levels", strings.Repeat("[", 100_000), "nested deeper than 32 levels"},
		{"brackets in a string", `{"a":"` + strings.Repeat(`[{\",`, 200) + `"}`, ""},
		{"siblings do not add up", `{"a":[` + repeat("1", 100) + `],"b":[` + repeat("1", 100) + `]}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, err := event.Decode([]byte(tt.raw))
			if tt.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if e != nil || !errors.Is(err, event.ErrTooLarge) || err.Error() != "event too large: "+tt.want {
				t.Errorf("got %v, %v; want %q", e, err, tt.want)
			}
		})
	}
}

// TestAllocations bounds what an event may cost, whatever somebody sends. The
// counts are those of the whole process, so it is not parallel and the ceilings
// leave room for the runtime.
func TestAllocations(t *testing.T) {
	fill := func(head, body, tail string) string {
		n := (event.MaxSize - len(head) - len(tail)) / len(body)
		return head + strings.Repeat(body, n) + tail
	}
	member := `{"m":{` + strings.TrimSuffix(strings.Repeat(`"a":0,`, 100), ",") + `}}`
	full := recordBody(map[string]string{"meta": "{" + strings.TrimSuffix(strings.Repeat(`"k":"aaaaaaaaaaaa",`, 100), ",") + "}"})
	tests := []struct {
		name   string
		raw    string
		allocs float64
		bytes  uint64
	}{
		{"too long", strings.Repeat("[", 300<<10), 100, 16 << 10},
		{"brackets", strings.Repeat("[", event.MaxSize), 100, 16 << 10},
		{"records", fill(`{"Records":[`, `{},`, `{}]}`), 100, 16 << 10},
		{"commas", fill(``, `,`, ``), 100, 16 << 10},
		{"junk", fill(``, "\x00\xff{}", ``), 100, 16 << 10},
		{"one long string", fill(`{"Type":"`, `x`, `"}`), 100, 2 << 20},
		{"one long escaped string", fill(`{"Type":"`, `\u0041`, `"}`), 100, 2 << 20},
		{"one long number", fill(`{"Records":[{"cos":{"cosBucket":{"name":"b","appid":`, `1`, `}},"event":{"eventName":"cos:ObjectCreated:Put"}}]}`), 200, 4 << 20},
		{"100 records of 100 fields", `{"Records":[` + strings.TrimSuffix(strings.Repeat(member+",", 100), ",") + `]}`, 2000, 1 << 20},
		{"100 full records", recordsOf(strings.TrimSuffix(strings.Repeat(full+",", 100), ",")), 40_000, 4 << 20},
	}
	for _, tt := range tests {
		raw := []byte(tt.raw)
		const runs = 5
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		allocs := testing.AllocsPerRun(runs, func() { _, _ = event.Decode(raw) })
		runtime.ReadMemStats(&after)
		bytes := (after.TotalAlloc - before.TotalAlloc) / (runs + 1) // it runs once to warm up
		t.Logf("%s: %d bytes of input, %.0f allocations, %d bytes", tt.name, len(raw), allocs, bytes)
		if allocs > tt.allocs || bytes > tt.bytes {
			t.Errorf("%s: %.0f allocations of %d bytes, at most %.0f of %d", tt.name, allocs, bytes, tt.allocs, tt.bytes)
		}
	}
}
