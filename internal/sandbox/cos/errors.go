package cos

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"

	"github.com/imageferry/imageferry/internal/sandbox/signature"
)

// Error is a refusal as COS words it (436/7730): an HTTP status, a code for
// programs, and a message for people. Methods of [Server] that are called
// directly return it too.
type Error struct {
	Status        int
	Code, Message string
}

func (e *Error) Error() string { return "cos: " + e.Code + ": " + e.Message }

var (
	errBadDigest        = &Error{http.StatusBadRequest, "BadDigest", "The Content-MD5 you specified did not match what we received."}
	errBucketNotEmpty   = &Error{http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty."}
	errBucketOwned      = &Error{http.StatusConflict, "BucketAlreadyOwnedByYou", "The bucket exists and is yours already."}
	errEntityTooLarge   = &Error{http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size of 5 GB."}
	errEntityTooSmall   = &Error{http.StatusBadRequest, "EntityTooSmall", "A part other than the last is smaller than 1 MB."}
	errFileExists       = &Error{http.StatusConflict, "FileAlreadyExists", "The object already exists and x-cos-forbid-overwrite is true."}
	errIncompleteBody   = &Error{http.StatusBadRequest, "IncompleteBody", "The body ended before Content-Length."}
	errInvalidBucket    = &Error{http.StatusBadRequest, "InvalidBucketName", "The specified bucket name is not valid."}
	errInvalidDigest    = &Error{http.StatusBadRequest, "InvalidDigest", "The Content-MD5 you specified is not valid."}
	errInvalidPart      = &Error{http.StatusBadRequest, "InvalidPart", "One or more of the specified parts could not be found or has another ETag."}
	errInvalidPartOrder = &Error{http.StatusBadRequest, "InvalidPartOrder", "The list of parts was not in ascending order."}
	errInvalidRange     = &Error{http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable."}
	errKeyTooLong       = &Error{http.StatusBadRequest, "KeyTooLong", "Your key is longer than 850 bytes."}
	errMalformedXML     = &Error{http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not fit our schema."}
	errMethod           = &Error{http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource."}
	errNoSuchBucket     = &Error{http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist."}
	errNoSuchKey        = &Error{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
	errNoSuchUpload     = &Error{http.StatusNotFound, "NoSuchUpload", "The specified multipart upload does not exist."}
	errNoSuchVersion    = &Error{http.StatusNotFound, "NoSuchVersion", "The specified version does not exist. The sandbox keeps current versions only."}
	errNotAppendable    = &Error{http.StatusConflict, "ObjectNotAppendable", "The object is not appendable."}
	errNotModified      = &Error{http.StatusNotModified, "NotModified", "Not Modified"}
	errPrecondition     = &Error{http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the preconditions you specified did not hold."}
)

func invalidArgument(format string, args ...any) *Error {
	return &Error{http.StatusBadRequest, "InvalidArgument", fmt.Sprintf(format, args...)}
}

func notImplemented(what string) *Error {
	return &Error{http.StatusNotImplemented, "NotImplemented", "The sandbox does not simulate " + what + "."}
}

// asError finds the answer to any error: a signature's refusal is 403, and what
// nobody foresaw is 500.
func asError(err error) *Error {
	var known *Error
	var refused *signature.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &refused):
		return &Error{http.StatusForbidden, refused.Code, refused.Message}
	}
	return &Error{http.StatusInternalServerError, "InternalError", err.Error()}
}

// errorBody is the XML of an error.
type errorBody struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	Resource  string
	RequestID string `xml:"RequestId"`
	TraceID   string `xml:"TraceId"`
}
