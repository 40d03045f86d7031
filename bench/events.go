package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// call is one invocation: what is sent, and how to see that it did its work. A
// fast failure is not a good result.
type call struct {
	event       []byte
	environment map[string]string
	check       func(answer []byte) error
}

// startByID asks the export function for one image, through its Function URL.
// The keys of the files that the export will write go to landing.
func (c *cloud) startByID(prefix, key string, landing *[]string) call {
	return call{
		event: encode(map[string]any{
			"httpMethod": "POST", "path": "/v1/exports", "queryString": map[string]string{},
			"headers": map[string]string{"authorization": "Bearer " + token, "idempotency-key": key, "content-type": "application/json"},
			"body":    `{"image":"` + oneImage + `"}`,
		}),
		environment: c.environment(prefix),
		check: func(answer []byte) error {
			keys, err := accepted(answer)
			*landing = append(*landing, keys...)
			return err
		},
	}
}

// accepted reads the answer of POST /v1/exports.
func accepted(answer []byte) (keys []string, err error) {
	var response struct {
		StatusCode int
		Body       string
	}
	if err := json.Unmarshal(answer, &response); err != nil {
		return nil, err
	}
	var body struct{ Exports []struct{ Expected []string } }
	if err := json.Unmarshal([]byte(response.Body), &body); err != nil || response.StatusCode != 202 || len(body.Exports) != 1 {
		return nil, fmt.Errorf("the export function answered %d: %s", response.StatusCode, response.Body)
	}
	return body.Exports[0].Expected, nil
}

// tick is a timer event n minutes from now: another slot of the plan for each n.
func (c *cloud) tick(prefix, message string, n int) call {
	at := time.Now().Add(time.Duration(n) * time.Minute)
	return call{
		event:       encode(map[string]string{"Type": "Timer", "TriggerName": "bench", "Time": at.UTC().Format(time.RFC3339), "Message": message}),
		environment: c.environment(prefix),
		check:       nothing,
	}
}

// landed is the event of COS for a file that is there.
func (c *cloud) landed(prefix, key string) call {
	bucket := strings.TrimSuffix(imageBucket, "-"+appID)
	record := map[string]any{
		"cos": map[string]any{
			"cosBucket": map[string]string{"appid": appID, "name": bucket, "region": "gz", "cosRegion": region},
			"cosObject": map[string]any{
				"key": "/" + appID + "/" + bucket + "/" + key, "size": 64 << 10, "vid": "",
				"url": "http://" + imageBucket + ".cos." + region + ".myqcloud.com/" + key,
			},
		},
		"event": map[string]any{"eventName": "cos:ObjectCreated:CompleteMultipartUpload", "eventSource": "qcs::cos", "eventTime": time.Now().Unix()},
	}
	return call{event: encode(map[string]any{"Records": []any{record}}), environment: c.environment(prefix), check: nothing}
}

// five asks for the five requests of bench/naive and bench/node.
func (c *cloud) five(export string) call {
	return call{
		event: encode(map[string]string{"export": export, "image": oneImage}), environment: c.environment("unused/"),
		check: func(answer []byte) error {
			return want(string(answer) == `"started"`, "the handler answered %s", answer)
		},
	}
}

// hello asks for nothing.
func (c *cloud) hello() call {
	return call{event: []byte("{}"), check: func(answer []byte) error { return want(string(answer) == `"hello"`, "the floor answered %s", answer) }}
}

// nothing is the answer of functions that only report errors.
func nothing(answer []byte) error {
	return want(len(answer) == 0 || string(answer) == "null", "an answer where none was due: %s", answer)
}

func want(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(errors.New("an event of the benchmark has no JSON form: " + err.Error()))
	}
	return text
}
