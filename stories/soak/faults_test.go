package soak

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/fault"
)

// Hosts that requests go to; any, where none is named.
const (
	cvmHost   = "cvm.tencentcloudapi.com"
	stateHost = sandbox.StateBucket + ".cos.*"
	imageHost = sandbox.ImageBucket + ".cos.*"
	hookHost  = "hooks.imageferry.test"
)

// weather is what goes wrong; program is the path of the second receiver. Of the requests with an effect that people pay for
// or hear, about a tenth goes wrong, mostly so that nobody knows the outcome. What
// an invocation reads of the work list are hundreds of requests, and each death
// leaves all that it had claimed to wait for the end of the claims: there small
// rates do much. Each of the two receivers of notices has troubles of its own, and
// the other must not suffer from them. A notice whose answer is lost is sent again after a minute, and if
// that goes wrong after ten, so only the first few meet this; of the others, deaths
// alone leave some in doubt.
func weather(program string) []fault.Rule {
	on := func(host, action string, kind fault.Kind, share float64) fault.Rule {
		return fault.Rule{Host: host, Action: action, Kind: kind, Probability: share}
	}
	event := func(key string, kind fault.Kind, share float64) fault.Rule {
		return fault.Rule{Key: key, Kind: kind, Probability: share}
	}
	times := func(n int, r fault.Rule) fault.Rule { r.Count = n; return r }
	to := func(key string, r fault.Rule) fault.Rule { r.Key = key; return r }
	after := func(d time.Duration, r fault.Rule) fault.Rule { r.Delay = d; return r }
	return []fault.Rule{
		after(150*time.Millisecond, on("", "", fault.Latency, 0.01)),

		on(cvmHost, "ExportImages", fault.LostAnswer, 0.02),
		on(cvmHost, "ExportImages", fault.Lost500, 0.02),
		on(cvmHost, "ExportImages", fault.Error500, 0.02),
		on(cvmHost, "ExportImages", fault.Reset, 0.01),
		on(cvmHost, "ExportImages", fault.Throttle, 0.02),
		on(cvmHost, "ExportImages", fault.CrashBefore, 0.005),
		after(time.Second, on(cvmHost, "ExportImages", fault.CrashAfter, 0.005)),
		on(cvmHost, "DescribeImages", fault.Error500, 0.03),

		times(5, to("hook", on(hookHost, "POST", fault.LostAnswer, 0.5))),
		times(5, to("hook", on(hookHost, "POST", fault.Lost500, 0.5))),
		times(5, to("hook", on(hookHost, "POST", fault.Error503, 0.5))),
		times(5, to(program, on(hookHost, "POST", fault.LostAnswer, 0.3))),
		times(5, to(program, on(hookHost, "POST", fault.Reset, 0.3))),
		on(hookHost, "POST", fault.CrashAfter, 0.02),
		on(hookHost, "POST", fault.CrashBefore, 0.01),

		on(stateHost, "PUT", fault.LostAnswer, 0.01),
		on(stateHost, "PUT", fault.Error503, 0.005),
		on(stateHost, "PUT", fault.CrashBefore, 0.001),
		after(2*time.Second, on(stateHost, "PUT", fault.CrashAfter, 0.001)), // lands when others may be at it
		on(stateHost, "DELETE", fault.LostAnswer, 0.02),
		on(stateHost, "DELETE", fault.CrashBefore, 0.01),
		on(stateHost, "", fault.Error500, 0.0002),
		on(stateHost, "", fault.Reset, 0.0002),
		on(imageHost, "HEAD", fault.Error503, 0.005),
		on(imageHost, "LIST*", fault.Reset, 0.005),
		on(imageHost, "GET", fault.Error503, 0.01), // looking into a file
		on(imageHost, "GET", fault.CrashAfter, 0.001),
		on(imageHost, "PUT", fault.LostAnswer, 0.01), // a manifest
		on(imageHost, "PUT", fault.Error500, 0.01),

		event("timer:fleet", fault.EventLost, 0.05),
		event("timer:fleet", fault.EventDoubled, 0.15), // at the same instant: two instances at once
		after(3*time.Minute, event("timer:fleet", fault.EventLate, 0.05)),
		event("timer:"+sandbox.SweepTimer, fault.EventLost, 0.1),
		event("timer:"+sandbox.SweepTimer, fault.EventDoubled, 0.1),
		event("fleet-*", fault.EventLost, 0.1),
		event("fleet-*", fault.EventDoubled, 0.1),
		after(5*time.Minute, event("fleet-*", fault.EventLate, 0.1)),
	}
}

// brew puts the weather in force. A rule's id, which its choices depend on, says
// what the rule is about.
func (s *soak) brew(t *testing.T) {
	t.Helper()
	program, err := url.Parse(s.Settings()["FERRY_PROGRAM_URL"])
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(program.Path, "/")
	for _, r := range weather(path) {
		about := strings.Replace(r.Host+r.Key, path, " program", 1) // the path differs from run to run
		r.Seed, r.ID = s.seed, fmt.Sprintf("%s %s %s", r.Kind, cmp.Or(about, "anything"), r.Action)
		if _, err := s.Faults.Add(r); err != nil {
			t.Fatal(err)
		}
	}
}
