package tencent

import (
	"errors"
	"net/http"

	"github.com/tencentyun/cos-go-sdk-v5"

	"github.com/imageferry/imageferry/internal/outcome"
)

// classifyCOS turns an error of the COS SDK into one of ours; nil stays nil. The
// status decides first: errors of HEAD have no body and so no code. The SDK's
// own error text holds the whole address and is never passed on.
func classifyCOS(op string, err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*cos.ErrorResponse](err)
	if !ok || e.Response == nil {
		return &outcome.Error{Kind: outcome.Unknown, Op: op, Code: "ClientError", Message: "no answer could be read"}
	}
	out := &outcome.Error{Op: op, Code: e.Code, Message: e.Message, RequestID: e.RequestID}
	if out.RequestID == "" {
		out.RequestID = e.Response.Header.Get("X-Cos-Request-Id")
	}
	if out.Code == "" {
		out.Code = http.StatusText(e.Response.StatusCode)
	}
	out.Kind, out.Hint = cosMeaning(e.Response.StatusCode, e.Code)
	return out
}

func cosMeaning(status int, code string) (outcome.Kind, string) {
	switch {
	case code == "NoSuchBucket":
		return outcome.Config, "create the bucket in the function's region, or correct FERRY_IMAGE_BUCKET or FERRY_STATE_BUCKET"
	case status == http.StatusNotFound:
		return outcome.NotFound, ""
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return outcome.Exists, ""
	case status == http.StatusForbidden, status == http.StatusUnauthorized:
		return outcome.Config, "let the function's role read and write this bucket; an expired key heals with the next invocation"
	case status == http.StatusTooManyRequests, code == "SlowDown":
		return outcome.Later, ""
	case status >= 500:
		return outcome.Unknown, "" // it may have been written
	}
	return outcome.Bug, ""
}
