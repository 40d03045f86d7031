package ledgertest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/imageferry/imageferry/internal/outcome"
)

// race: somebody wins, and what stands is what a winner wrote, whole. Two winners are
// within the contract; how often they occur says what FERRY_SETTLE is worth.
func (s suite) race() {
	const rounds = 8
	several := 0
	for round := range rounds {
		winners := s.contest(fmt.Sprintf("fresh-%d", round))
		if len(winners) > 1 {
			several++
		}
	}
	if several > 0 {
		s.Logf("%d of %d races had more than one winner: FERRY_SETTLE must not be 0 here", several, rounds)
	}
}

// contest has many create one key at once, and returns who was told that he won.
func (s suite) contest(key string) (winners []int) {
	const writers = 16
	errs := make([]error, writers)
	body := func(w int) string { return strings.Repeat(fmt.Sprint(w, ","), 500) }
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() { errs[w] = s.store.Create(s.Context(), s.prefix+key, []byte(body(w))) })
	}
	group.Wait()
	var bodies []string
	for w, err := range errs {
		switch {
		case err == nil:
			winners = append(winners, w)
			bodies = append(bodies, body(w))
		case outcome.Is(err, outcome.Unknown):
			bodies = append(bodies, body(w)) // it may have won
		default:
			s.wantKind(err, outcome.Exists)
		}
	}
	got, err := s.store.Get(s.Context(), s.prefix+key)
	if err != nil || len(winners) == 0 || !slices.Contains(bodies, string(got)) {
		s.Errorf("%q: %d winners (%v), and %.40q stands, %v", key, len(winners), errs, got, err)
	}
	return winners
}

// concurrent: what one does to a key is not felt at another.
func (s suite) concurrent() {
	const workers = 12
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			key := fmt.Sprintf("k%02d", w)
			for round := range 5 {
				s.put(key, fmt.Sprint(w, round))
				s.want(key, fmt.Sprint(w, round))
				if _, _, err := s.store.List(s.Context(), s.prefix, "", 10); err != nil {
					s.Error(err)
				}
				if err := s.store.Delete(s.Context(), s.prefix+key); err != nil {
					s.Error(err)
				}
			}
			s.put(key, "last")
		})
	}
	group.Wait()
	for w := range workers {
		s.want(fmt.Sprintf("k%02d", w), "last")
	}
}
