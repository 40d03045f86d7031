package channel

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/imageferry/imageferry/internal/outcome"
)

// refusal is what a service's code means for us.
type refusal struct {
	kind    outcome.Kind
	message string
	hint    string        // see route.fail
	after   time.Duration // 0: as the ledger's own schedule says
}

// code is one of a service's codes. Tables of them are data, not code that runs at
// every start.
type code struct {
	number int
	means  *refusal
}

// What many services refuse for.
var (
	noRobot = refusal{kind: outcome.Config, message: "the robot does not exist or is switched off", hint: "create a new one and put its address into {url}"}
	ourForm = refusal{kind: outcome.Bug, message: "the service does not take the form of the message", hint: "please report it"}
	busy    = refusal{kind: outcome.Later, message: "the service is busy"}

	unknownCode = refusal{kind: outcome.Config, message: "the service refused the message", hint: "look the code up in the service's documents"}
)

// fastPause is how long a service is left alone that says "too fast" and not for
// how long: the limits of all of them count by the minute.
const fastPause = time.Minute

// judgeCode judges an answer that says in a field of its body what became of the
// message: zero is success. No such number means that something else answered.
func (r *route) judgeCode(a answer, field string, table []code) error {
	if a.status < 200 || a.status >= 300 {
		return r.judgeStatus(a)
	}
	var body map[string]any
	_ = json.Unmarshal(a.body, &body) // what is no JSON has no number
	number, ok := body[field].(float64)
	if !ok || number != math.Trunc(number) || math.Abs(number) > 1e9 {
		return r.unreadable()
	}
	if number == 0 {
		return nil
	}
	known := &unknownCode
	for _, c := range table {
		if float64(c.number) == number {
			known = c.means
		}
	}
	e := r.fail(known.kind, strconv.FormatFloat(number, 'f', -1, 64), known.message, known.hint)
	e.After = known.after
	return e
}

func (r *route) unreadable() error {
	return r.fail(outcome.Unknown, "Unreadable", "the answer is not in the service's form", "check that {url} is the service's own address")
}

// judgeStatus judges an answer by its status alone, as chat services mean it: a
// client error is final, because the same message would meet it again.
func (r *route) judgeStatus(a answer) error {
	code := strconv.Itoa(a.status)
	switch {
	case a.status >= 200 && a.status < 300:
		return nil
	case a.status >= 300 && a.status < 400:
		return r.fail(outcome.Config, code, "the receiver answered with a redirect, which is not followed", "give the final address in {url}")
	case a.status == http.StatusTooManyRequests:
		return r.tooFast(a.after)
	case a.status == http.StatusRequestTimeout, a.status == http.StatusTooEarly:
		return r.fail(outcome.Later, code, busy.message, "")
	case a.status == http.StatusGone:
		return r.fail(outcome.Gone, code, noRobot.message, noRobot.hint)
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.status == http.StatusNotFound:
		return r.fail(outcome.Config, code, noRobot.message, noRobot.hint)
	case a.status >= 400 && a.status < 500:
		return r.fail(outcome.Bug, code, ourForm.message, ourForm.hint)
	}
	// After a 5xx nobody knows whether the message was taken.
	e := r.fail(outcome.Unknown, code, "the receiver failed", "")
	e.After = a.after
	return e
}

// tooFast is the answer 429; after may be 0.
func (r *route) tooFast(after time.Duration) error {
	e := r.fail(outcome.Later, "429", "the service takes no more messages for now", "")
	if e.After = after; after == 0 {
		e.After = fastPause
	}
	return e
}
