package sim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// deliver gives an event to a function as asynchronous triggers do: after an error
// twice more, a minute apart, the same bytes.
func (w *world) deliver(f *lambda, name string, payload []byte, check func(*invocation)) {
	w.attempt(f, name, payload, 1, w.now+6*time.Hour, check)
}

func (w *world) attempt(f *lambda, name string, payload []byte, try int, expires time.Duration, check func(*invocation)) {
	again := func() { w.at(w.now+time.Minute, func() { w.attempt(f, name, payload, try, expires, check) }) }
	run := name
	if try > 1 {
		run += ", try " + strconv.Itoa(try)
	}
	switch {
	case w.now >= f.offFrom && w.now < f.offTo:
		w.met("an event for a function that is off")
		return
	case w.now > expires:
		return
	case w.hit(throttled, named(run, "throttled", int(w.now/time.Minute))):
		w.met("an invocation was throttled")
		again()
		return
	}
	ok := w.invoke(f, run, payload, func(v *invocation, _ []byte, err error) {
		if check != nil {
			check(v)
		}
		if err == nil {
			return
		}
		w.met("an asynchronous event failed")
		if try++; try <= 3 {
			again()
		} else {
			w.met("an asynchronous event failed for good")
		}
	})
	if !ok {
		w.met("no instance was free")
		again()
	}
}

// timerEvent is what SCF sends at a tick (583/9708).
func timerEvent(trigger string, at time.Time, message string) []byte {
	return fmt.Appendf(nil, `{"Type":"Timer","TriggerName":%q,"Time":%q,"Message":%q}`, trigger, at.UTC().Format(time.RFC3339), message)
}

// recordOf is one created object in an event (583/9707).
func recordOf(key string, size int64, etag string, at time.Time) string {
	return fmt.Sprintf(`{"cos":{"cosSchemaVersion":"1.0","cosObject":{"url":"http://%[1]s-%[2]s.cos.%[3]s.myqcloud.com/%[4]s",`+
		`"meta":{"ETag":"\"%[5]s\""},"vid":"","key":"/%[2]s/%[1]s/%[4]s","size":%[6]d},"cosBucket":{"region":"gz","name":"%[1]s","appid":"%[2]s","cosRegion":"%[3]s"},`+
		`"cosNotificationId":"unkown"},"event":{"eventName":"cos:ObjectCreated:CompleteMultipartUpload","eventVersion":"1.0","eventTime":%[7]d,`+
		`"eventSource":"qcs::cos","requestParameters":{"requestSourceIP":"127.0.0.1","requestHeaders":{"Authorization":"secret"}},"eventQueue":"q","reservedInfo":"","reqid":1}}`,
		imageBucket.Name, imageBucket.AppID, region, key, etag, size, at.Unix())
}

func objectsEvent(records ...string) []byte {
	event := []byte(`{"Records":[`)
	for i, r := range records {
		if i > 0 {
			event = append(event, ',')
		}
		event = append(event, r...)
	}
	return append(event, "]}"...)
}

// httpEvent is what a Function URL makes of a request (583/96099).
func httpEvent(method, path, key, body string) []byte {
	e, err := json.Marshal(map[string]any{
		"httpMethod": method, "path": path, "queryString": map[string]string{}, "body": body,
		"headers": map[string]string{"authorization": "Bearer " + token, "idempotency-key": key, "content-type": "application/json"},
	})
	if err != nil {
		panic(err) // nothing in it can fail
	}
	return e
}
