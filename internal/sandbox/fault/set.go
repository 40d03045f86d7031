package fault

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Set is the rules in force. It is safe for concurrent use.
type Set struct {
	// Kill ends the program that sent a request, for the kinds that crash it, and
	// returns when it is dead. Set it before the first request; nil kills nothing,
	// and a program that it does not know merely loses its connection.
	Kill func(*http.Request)

	seed uint64

	mu    sync.Mutex
	next  int
	rules []*active
}

// Status is a rule in force and what it has done.
type Status struct {
	Rule    Rule `json:"rule"`
	Matched int  `json:"matched"` // requests or events that it is about
	Hits    int  `json:"hits"`    // those that it acted upon
}

// active is a rule with its patterns compiled.
type active struct {
	Status
	host, action, key *regexp.Regexp
	// rand belongs to the rule, so that the fate of its nth match depends on
	// the seed and the rule's ID alone, not on the traffic of other rules.
	rand *rand.Rand
}

// New returns an empty set. Equal seeds make equal choices where a rule has a
// probability.
func New(seed uint64) *Set { return &Set{seed: seed} }

// Add puts a rule in force behind all others and returns its ID. It refuses a
// rule that makes no sense, and an ID that is taken.
func (s *Set) Add(r Rule) (id string, err error) {
	if err := r.validate(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index(r.ID) >= 0 {
		return "", fmt.Errorf("fault: id %q is taken", r.ID)
	}
	for r.ID == "" || s.index(r.ID) >= 0 {
		s.next++
		r.ID = fmt.Sprintf("fault-%d", s.next)
	}
	h := fnv.New64a()
	h.Write([]byte(r.ID))
	s.rules = append(s.rules, &active{
		Status: Status{Rule: r},
		host:   glob(r.Host),
		action: glob(r.Action),
		key:    glob(strings.TrimPrefix(r.Key, "/")),
		rand:   rand.New(rand.NewPCG(cmp.Or(r.Seed, s.seed), h.Sum64())),
	})
	return r.ID, nil
}

// Remove takes a rule out of force and reports whether there was one.
func (s *Set) Remove(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.index(id)
	if i < 0 {
		return false
	}
	s.rules = slices.Delete(s.rules, i, i+1)
	return true
}

// Clear takes all rules out of force.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// Rules returns the rules in force, spent ones included, in the order in which
// they are asked.
func (s *Set) Rules() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Status, len(s.rules))
	for i, a := range s.rules {
		out[i] = a.Status
	}
	return out
}

// Deliver decides the fate of an event with that name, for example
// "timer:export/nightly" or "cos:images-1250000000/nightly_xvda.raw". It returns
// when, in sandbox time from now, the event shall be delivered: once at 0 if
// nothing is wrong with it, never if it is lost.
func (s *Set) Deliver(key string) []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.rules {
		if !a.Rule.Kind.event() || !a.key.MatchString(strings.TrimPrefix(key, "/")) || !a.acts() {
			continue
		}
		switch a.Rule.Kind {
		case EventLost:
			return nil
		case EventDoubled:
			return []time.Duration{0, a.Rule.Delay}
		default:
			return []time.Duration{a.Rule.Delay}
		}
	}
	return []time.Duration{0}
}

// Fate decides about something that is not an HTTP request, such as a command of
// a mail session, as Wrap does for those: how long it is held up, and what
// happens to it then, which is "" if nothing does.
func (s *Set) Fate(host, action, key string) (wait time.Duration, kind Kind) {
	wait, fate := s.decide(question{host: host, action: action, key: key})
	return wait, fate.Kind
}

// decide returns how long a request is held up and what happens to it then: a
// zero Rule if nothing does.
func (s *Set) decide(q question) (wait time.Duration, fate Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.rules {
		r := a.Rule
		if r.Kind.event() || !a.matches(q) || !a.acts() {
			continue
		}
		if r.Kind != Throttle {
			wait += r.Delay
		}
		if r.Kind != Latency {
			return wait, r
		}
	}
	return wait, Rule{}
}

func (s *Set) index(id string) int {
	return slices.IndexFunc(s.rules, func(a *active) bool { return a.Rule.ID == id })
}

// question is what rules ask about a request.
type question struct{ host, action, key string }

func (a *active) matches(q question) bool {
	return a.host.MatchString(q.host) && a.action.MatchString(q.action) && a.key.MatchString(q.key)
}

// acts counts a match and decides by Probability and Count whether the rule
// does something about it.
func (a *active) acts() bool {
	a.Matched++
	if p := a.Rule.Probability; p > 0 && a.rand.Float64() >= p {
		return false
	}
	if a.Rule.Count > 0 && a.Hits >= a.Rule.Count {
		return false
	}
	a.Hits++
	return true
}

var wildcards = strings.NewReplacer(`\*`, `.*`, `\?`, `.`)

// glob compiles a pattern; path.Match is not used as its * ends at slashes.
func glob(pattern string) *regexp.Regexp {
	if pattern == "" {
		pattern = "*"
	}
	return regexp.MustCompile(`(?is)^` + wildcards.Replace(regexp.QuoteMeta(pattern)) + `$`)
}
