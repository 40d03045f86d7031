package scf

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// gatewayEvent is what an API Gateway event has beside a Function URL's
// (583/12513).
type gatewayEvent struct {
	Context         gatewayContext    `json:"requestContext"`
	Base64          bool              `json:"isBase64Encoded"`
	HeaderParams    map[string]string `json:"headerParameters"`
	PathParams      map[string]string `json:"pathParameters"`
	QueryParams     map[string]string `json:"queryStringParameters"`
	StageParameters map[string]string `json:"stageVariables"`
}

type gatewayContext struct {
	ServiceID string            `json:"serviceId"`
	Path      string            `json:"path"`
	Method    string            `json:"httpMethod"`
	RequestID string            `json:"requestId"`
	Identity  map[string]string `json:"identity"`
	SourceIP  string            `json:"sourceIp"`
	Stage     string            `json:"stage"`
}

// LegacyAPIGateway serves the function as an API Gateway trigger did (583/12513)
// before the product was closed; such events are still in the field. Repeated
// query keys are arrays, a bare ?x is true, and a body that is not text is
// base64. A function that fails gives 200 with the error's text; an answer of
// the wrong shape gives errno 403, here with status 502, which is unverified.
func (r *Runtime) LegacyAPIGateway(function string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		e, err := readHTTP(req)
		if err != nil {
			writeFailure(w, err)
			return
		}
		e.QueryString = gatewayQuery(req.URL.RawQuery)
		e.gatewayEvent = gatewayFields(req)
		if !utf8.ValidString(e.Body) {
			e.Body, e.Base64 = base64.StdEncoding.EncodeToString([]byte(e.Body)), true
		}
		result, err := r.serve(req, function, "apigw", e)
		if failure := (*Error)(nil); errors.As(err, &failure) && failure.Code == CodeUserError {
			w.Write([]byte(failure.Message))
			return
		}
		if err != nil {
			writeFailure(w, err)
			return
		}
		if err := writeAnswer(w, result.Payload, false); err != nil {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadGateway)
			json.NewEncoder(w).Encode(map[string]any{"errno": 403, "error": err.Error()})
		}
	})
}

func gatewayFields(req *http.Request) *gatewayEvent {
	return &gatewayEvent{
		Context: gatewayContext{
			ServiceID: "service-sandbox", Path: "/", Method: "ANY", RequestID: requestID(),
			Identity: map[string]string{}, SourceIP: remoteAddress(req), Stage: "release",
		},
		HeaderParams:    map[string]string{},
		PathParams:      map[string]string{},
		QueryParams:     map[string]string{},
		StageParameters: map[string]string{"stage": "release"},
	}
}

// gatewayQuery keeps what url.Values cannot: that a key came without "=".
func gatewayQuery(raw string) map[string]any {
	query := map[string]any{}
	for pair := range strings.SplitSeq(raw, "&") {
		rawKey, rawValue, valued := strings.Cut(pair, "=")
		key, err1 := url.QueryUnescape(rawKey)
		value, err2 := url.QueryUnescape(rawValue)
		if pair == "" || err1 != nil || err2 != nil {
			continue
		}
		switch old := query[key].(type) {
		case string:
			query[key] = []string{old, value}
		case []string:
			query[key] = append(old, value)
		default:
			query[key] = value
			if !valued {
				query[key] = true
			}
		}
	}
	return query
}
