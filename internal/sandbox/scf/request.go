package scf

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"
)

const (
	namespace = "default"
	version   = "$LATEST"
)

// processEnv returns the variables that each process starts with (583/30228):
// little, so that a function cannot lean on this machine's.
func (r *Runtime) processEnv(instance, code string) []string {
	env := []string{
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"TZ=UTC",
		"LANG=en_US.UTF8",
		"LC_ALL=en_US.UTF8",
		"SCF_NAMESPACE=" + namespace,
		"TENCENTCLOUD_RUNENV=SCF",
		"USER_CODE_ROOT=" + code + "/",
		"_SCF_SERVER_PORT=28902",
	}
	if r.cfg.ProcessEnv != nil {
		env = append(env, r.cfg.ProcessEnv(instance)...)
	}
	return env
}

// request builds the message for one invocation.
func (r *Runtime) request(f Function, e event, deadline time.Time) *messages.InvokeRequest {
	return &messages.InvokeRequest{
		Payload:            e.payload,
		RequestId:          e.id,
		Deadline:           messages.InvokeRequest_Timestamp{Seconds: deadline.Unix(), Nanos: int64(deadline.Nanosecond())},
		Namespace:          namespace,
		FunctionName:       f.Name,
		FunctionVersion:    version,
		MemoryLimitInMb:    int32(f.MemoryMB),
		TimeLimitInMs:      int32(f.Timeout.Milliseconds()),
		Environment:        r.invocationEnv(f, e),
		TencentcloudRegion: r.cfg.Account.Region,
		TencentcloudAppID:  r.cfg.Account.AppID,
		TencentcloudUin:    r.cfg.Account.UIN,
	}
}

// invocationEnv returns the variables that the library sets before the handler
// runs, as a JSON map: the function's, the trigger's, and fresh credentials.
// What an earlier invocation set and this one does not stays set.
func (r *Runtime) invocationEnv(f Function, e event) string {
	env := map[string]string{}
	maps.Copy(env, f.Env)
	maps.Copy(env, e.env)
	if f.Role != "" { // no role, no keys (583/32389)
		c := r.cfg.Account.AssumeRole(f.Role, f.CredentialTTL)
		env["TENCENTCLOUD_SECRETID"] = c.SecretID
		env["TENCENTCLOUD_SECRETKEY"] = c.SecretKey
		env["TENCENTCLOUD_SESSIONTOKEN"] = c.Token
	}
	text, _ := json.Marshal(env) // a map of strings always has a JSON form
	return string(text)
}
