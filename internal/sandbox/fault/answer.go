package fault

import (
	"crypto/rand"
	"encoding/json"
	"encoding/xml"
	"fmt"
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
		if body := tooFast(r.Host); body != "" {
			answer(w, http.StatusOK, body)
			return
		}
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		if hostname(r.Host) == "api.telegram.org" {
			answer(w, http.StatusTooManyRequests, fmt.Sprintf(`{"ok":false,"error_code":429,"description":"Too Many Requests: retry after %d","parameters":{"retry_after":%[1]d}}`, seconds))
			return
		}
		http.Error(w, "too many requests", http.StatusTooManyRequests)
	}
}

// tooFast is how those chat services say it that never say when to come again;
// see package inbox for where the codes are from.
func tooFast(host string) string {
	switch hostname(host) {
	case "qyapi.weixin.qq.com":
		return `{"errcode":45009,"errmsg":"api freq out of limit"}`
	case "oapi.dingtalk.com":
		return `{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}`
	case "open.feishu.cn", "open.larksuite.com":
		return `{"code":11232,"msg":"frequency limited","data":{}}`
	}
	return ""
}

// answer says a body as it is, which is JSON if it looks so.
func answer(w http.ResponseWriter, status int, body string) {
	kind := "text/plain; charset=utf-8"
	if strings.HasPrefix(body, "{") {
		kind = "application/json"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	io.WriteString(w, body)
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
