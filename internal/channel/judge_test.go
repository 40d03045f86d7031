package channel_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/outcome"
)

// never stands for success.
const never = outcome.Kind(-1)

func TestAnswers(t *testing.T) {
	t.Parallel()
	const (
		later, config, bug, unknown, gone = outcome.Later, outcome.Config, outcome.Bug, outcome.Unknown, outcome.Gone
		minute                            = time.Minute
	)
	type row struct {
		status int
		body   string
		kind   outcome.Kind
		code   string
		after  time.Duration
	}
	codes := map[string][]row{
		"wecom": {
			{200, `{"errcode":0,"errmsg":"ok"}`, never, "", 0}, {200, `{"errcode":45009,"errmsg":"api freq"}`, later, "45009", minute},
			{200, `{"errcode":93000}`, config, "93000", 0}, {200, `{"errcode":40058}`, bug, "40058", 0}, {200, `{"errcode":-1}`, later, "-1", 0},
			{200, `{"errcode":99}`, config, "99", 0}, {200, `{}`, unknown, "Unreadable", 0}, {200, `<html>`, unknown, "Unreadable", 0}, {200, ``, unknown, "Unreadable", 0},
			{200, `{"errcode":"0"}`, unknown, "Unreadable", 0}, {200, `{"errcode":null}`, unknown, "Unreadable", 0},
		},
		"dingtalk": {
			{200, `{"errcode":0,"errmsg":"ok"}`, never, "", 0}, {200, `{"errcode":130101}`, later, "130101", 10 * minute}, {200, `{"errcode":410100}`, later, "410100", 10 * minute},
			{200, `{"errcode":310000,"errmsg":"sign not match"}`, config, "310000", 0}, {200, `{"errcode":300005}`, config, "300005", 0},
			{200, `{"errcode":40035}`, bug, "40035", 0}, {200, `[]`, unknown, "Unreadable", 0},
		},
		"feishu": {
			{200, `{"code":0,"msg":"success","data":{}}`, never, "", 0}, {200, `{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`, never, "", 0},
			{200, `{"code":11232}`, later, "11232", minute}, {200, `{"code":19021}`, config, "19021", 0}, {200, `{"code":19022}`, config, "19022", 0},
			{200, `{"code":19024}`, config, "19024", 0}, {200, `{"code":9499}`, bug, "9499", 0}, {200, `ok`, unknown, "Unreadable", 0},
		},
		"slack": {
			{200, "ok", never, "", 0}, {200, "<html>", unknown, "Unreadable", 0}, {400, "invalid_payload", bug, "400", 0}, {403, "invalid_token", config, "403", 0},
			{404, "no_service", config, "404", 0}, {410, "channel_is_archived", gone, "410", 0}, {500, "rollup_error", unknown, "500", 0},
		},
		"teams": {{202, "", never, "", 0}, {200, "1", never, "", 0}, {401, `{"error":{}}`, config, "401", 0}, {413, "", bug, "413", 0}},
		"telegram": {
			{200, `{"ok":true,"result":{}}`, never, "", 0}, {200, `{"ok":false}`, unknown, "Unreadable", 0}, {200, `x`, unknown, "Unreadable", 0},
			{429, `{"ok":false,"error_code":429,"parameters":{"retry_after":35}}`, later, "429", 35 * time.Second}, {429, ``, later, "429", minute},
			{400, `{"ok":false,"error_code":400,"description":"Bad Request: can't parse entities"}`, bug, "400", 0},
			{400, `{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}`, config, "400", 0},
			{400, `{"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-1009}}`, config, "400", 0},
			{401, `{"ok":false}`, config, "401", 0}, {403, `{"ok":false}`, config, "403", 0},
		},
		"webhook": {
			{200, "", never, "", 0}, {201, "", never, "", 0}, {204, "", never, "", 0}, {299, "", never, "", 0}, {301, "", later, "301", 0}, {304, "", later, "304", 0},
			{400, "", later, "400", 0}, {401, "", later, "401", 0}, {404, "", later, "404", 0}, {410, "", gone, "410", 0}, {500, "", unknown, "500", 0}, {599, "", unknown, "599", 0},
		},
	}
	for _, name := range []string{"wecom", "dingtalk", "feishu", "slack", "teams", "telegram"} { // all chats alike
		codes[name] = append(codes[name], row{502, "", unknown, "502", 0}, row{301, "", config, "301", 0}, row{404, "", config, "404", 0},
			row{408, "", later, "408", 0}, row{422, "", bug, "422", 0}, row{429, "", later, "429", minute})
	}
	for name, rows := range codes {
		for _, tt := range rows {
			set := newSet(t, internet(t, status(tt.status, tt.body)))
			err := set.Deliver(t.Context(), name, delivery(english))
			if tt.kind == never {
				if err != nil {
					t.Errorf("%s %d %s: %v", name, tt.status, tt.body, err)
				}
				continue
			}
			e, ok := errors.AsType[*outcome.Error](err)
			if !ok || e.Kind != tt.kind || e.Code != tt.code || e.After != tt.after {
				t.Errorf("%s %d %s: %#v", name, tt.status, tt.body, err)
			} else if e.Message == "" || !strings.HasSuffix(e.Op, " "+name) || strings.ContainsAny(e.Hint, "{}") {
				t.Errorf("%s %d %s: %v", name, tt.status, tt.body, err)
			}
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0": time.Minute, "": time.Minute, "x": time.Minute, "-5": time.Minute, "99999999999": time.Minute, "999999999": 24 * time.Hour,
		"Sat, 21 Nov 2026 19:02:00 GMT": 2 * time.Minute, "Sat, 21 Nov 2020 19:00:00 GMT": time.Minute, "Sun, 21 Nov 2027 19:00:00 GMT": 24 * time.Hour,
	} {
		for _, name := range []string{"slack", "teams", "webhook"} {
			o := internet(t, status(429, "", "Retry-After: "+header))
			o.Now = func() time.Time { return slot }
			set := newSet(t, o)
			err := set.Test(t.Context(), name)
			e, ok := errors.AsType[*outcome.Error](err)
			if !ok || e.Kind != outcome.Later || e.After != want {
				t.Errorf("%s: %q: %#v", name, header, err)
			}
			if room := set.Room(name, slot); room != slot.Add(want) {
				t.Errorf("%s: %q: room at %s", name, header, room)
			}
		}
	}
	o := internet(t, status(http.StatusServiceUnavailable, "", "Retry-After: 9"))
	e, _ := errors.AsType[*outcome.Error](newSet(t, o).Test(t.Context(), "webhook"))
	if e == nil || e.Kind != outcome.Unknown || e.After != 9*time.Second {
		t.Errorf("%#v", e)
	}
}

// The names of the variables lead to what must be changed.
func TestHints(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"feishu": "feishu feishu: 19021: the robot refused the signature, or its time (set FERRY_FEISHU_SECRET to the robot's own signing key)",
	} {
		err := newSet(t, internet(t, status(200, `{"code":19021}`))).Test(t.Context(), name)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
