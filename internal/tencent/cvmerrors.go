package tencent

import (
	"errors"
	"strings"

	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"

	"github.com/imageferry/imageferry/internal/outcome"
)

// meaning is what an error code of CVM is for us.
type meaning struct {
	kind outcome.Kind
	hint string
}

// meanings is what the error codes of one call are for us. A code that ends in
// "*" covers all that start so.
type meanings map[string]meaning

// of returns the meaning of a code: its own, or that of the pattern that it fits.
func (ms meanings) of(code string) (meaning, bool) {
	if m, ok := ms[code]; ok {
		return m, true
	}
	for pattern, m := range ms {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok && strings.HasPrefix(code, prefix) {
			return m, true
		}
	}
	return meaning{}, false
}

// everyCall has the codes that any call may give (213/30435).
var everyCall = meanings{
	"RequestLimitExceeded*":  {outcome.Full, "nothing to do: it is tried again more slowly"},
	"UnauthorizedOperation*": {outcome.Config, "the function's role lacks the permission for this call; docs/deploy.md has what each role needs"},
	"AuthFailure*":           {outcome.Config, "the function's credentials were refused; check its run role"},

	"InternalError*":       {outcome.Unknown, ""},
	"InternalServerError*": {outcome.Unknown, ""},
	"ClientError.*":        {outcome.Unknown, ""}, // the SDK could not read an answer; there may be an effect
}

// classifyCVM turns an error of the Cloud API SDK into one of ours; err is not
// nil. The text of an error that is not the service's own is dropped: it can hold
// an address.
func classifyCVM(op string, err error) error {
	e, ok := errors.AsType[*sdkerrors.TencentCloudSDKError](err)
	if !ok {
		return &outcome.Error{Kind: outcome.Unknown, Op: op, Code: "ClientError", Message: "no answer could be read"}
	}
	m := meaningOf(op, e.Code)
	out := &outcome.Error{Kind: m.kind, Op: op, Code: e.Code, Message: e.Message, Hint: m.hint, RequestID: e.RequestId}
	if strings.HasPrefix(e.Code, "ClientError.") {
		out.Message = "no answer could be read"
	}
	return out
}

// meaningOf looks a code up for a call. What no table has is refused for the
// image, loudly, and never repeated blindly.
func meaningOf(op, code string) meaning {
	for _, table := range []meanings{byCall[op], everyCall} {
		if m, ok := table.of(code); ok {
			return m
		}
	}
	return meaning{outcome.Image, "this answer is new to us; read its message, and look the code up in the documents of " + op}
}
