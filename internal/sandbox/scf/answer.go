package scf

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
)

// httpAnswer is what a function returns to an HTTP trigger (583/96099,
// 583/12513). A header is a string or an array of strings.
type httpAnswer struct {
	Status  *int                       `json:"statusCode"`
	Headers map[string]json.RawMessage `json:"headers"`
	Body    string                     `json:"body"`
	Base64  bool                       `json:"isBase64Encoded"`
}

// writeAnswer turns a handler's return value into the response. Where bare is
// set, JSON without statusCode is itself the body of a 200. An answer of any
// other wrong shape is an *Error, and nothing has been written.
func writeAnswer(w http.ResponseWriter, payload []byte, bare bool) error {
	if bare && !hasStatus(payload) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(payload)
		return nil
	}
	var a httpAnswer
	if err := json.Unmarshal(payload, &a); err != nil {
		return errShape("%v", err)
	}
	if a.Status == nil || *a.Status < 200 || *a.Status > 599 {
		return errShape("statusCode is not a number from 200 to 599")
	}
	headers, err := a.headers()
	if err != nil {
		return err
	}
	body := []byte(a.Body)
	if a.Base64 {
		if body, err = base64.StdEncoding.DecodeString(a.Body); err != nil {
			return errShape("body: %v", err)
		}
	}
	for name, values := range headers {
		for _, v := range values {
			w.Header().Add(name, v)
		}
	}
	w.WriteHeader(*a.Status)
	w.Write(body)
	return nil
}

func hasStatus(payload []byte) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(payload, &object) == nil && object["statusCode"] != nil
}

func (a httpAnswer) headers() (map[string][]string, error) {
	headers := map[string][]string{}
	for name, raw := range a.Headers {
		var one string
		if json.Unmarshal(raw, &one) == nil {
			headers[name] = []string{one}
			continue
		}
		var many []string
		if err := json.Unmarshal(raw, &many); err != nil {
			return nil, errShape("header %q is neither a string nor an array of strings", name)
		}
		headers[name] = many
	}
	return headers, nil
}

// errShape says that a handler's return value is not an HTTP answer.
func errShape(format string, args ...any) *Error {
	return &Error{Code: CodeUserError, Type: "InvalidResponse", Message: "invalid scf response format: " + fmt.Sprintf(format, args...)}
}
