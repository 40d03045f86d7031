package fault

import (
	"crypto/rand"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// service is whose manner a failing server has.
type service int

const (
	other    service = iota
	cloudAPI         // JSON, errors inside the body
	cos              // XML
)

func serviceOf(r *http.Request) service {
	host := strings.ToLower(r.Host)
	switch {
	case strings.Contains(host, ".tencentcloudapi.com"):
		return cloudAPI
	case strings.Contains(host, ".myqcloud.com"), strings.Contains(host, ".tencentcos.cn"):
		return cos
	}
	return other
}

// fail answers a server error. The Cloud API reports its own errors with status
// 200; a 5xx there comes from a gateway in front of it, which keeps the form.
func fail(w http.ResponseWriter, r *http.Request, status int) {
	switch serviceOf(r) {
	case cloudAPI:
		answerJSON(w, status, "InternalError", "An internal error has occurred. Retry your request, but if the problem persists, contact us with details.")
	case cos:
		code := "InternalError"
		if status == http.StatusServiceUnavailable {
			code = "ServiceUnavailable"
		}
		answerXML(w, r, status, code, "We encountered an internal error. Please try again.")
	default:
		http.Error(w, http.StatusText(status), status)
	}
}

// throttle answers that requests come too fast. COS's code is S3's: its own
// documents do not name one.
func throttle(w http.ResponseWriter, r *http.Request, retryAfter time.Duration) {
	switch serviceOf(r) {
	case cloudAPI:
		answerJSON(w, http.StatusOK, "RequestLimitExceeded", "Your current request times equals to `21` in a second, which exceeds the frequency limit `20` for a second. Please reduce the frequency of calls.")
	case cos:
		answerXML(w, r, http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	default:
		seconds := max(1, int((retryAfter+time.Second-1)/time.Second))
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		http.Error(w, "too many requests", http.StatusTooManyRequests)
	}
}

func answerJSON(w http.ResponseWriter, status int, code, message string) {
	type failure struct{ Code, Message string }
	type response struct {
		Error     failure
		RequestID string `json:"RequestId"`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]response{"Response": {failure{code, message}, rand.Text()}})
}

func answerXML(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	type failure struct {
		XMLName                 xml.Name `xml:"Error"`
		Code, Message, Resource string
		RequestID               string `xml:"RequestId"`
		TraceID                 string `xml:"TraceId"`
	}
	id := rand.Text()
	w.Header().Set("x-cos-request-id", id)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return // net/http would drop the body, but COS sends no length either
	}
	io.WriteString(w, xml.Header)
	xml.NewEncoder(w).Encode(failure{Code: code, Message: message, Resource: r.Host + r.URL.Path, RequestID: id})
}
