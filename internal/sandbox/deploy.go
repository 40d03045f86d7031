package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/scf"
)

// functions are the names of what is deployed, of its binaries and zips.
var functions = []string{"export", "notify"}

// SweepTimer is the name of the trigger that looks for what events missed.
const SweepTimer = "sweep"

// deploy puts both functions and their triggers into the account, as
// serverless.yml does.
func (s *Sandbox) deploy() error {
	for _, name := range functions {
		if err := s.SCF.Deploy(s.function(name, 0)); err != nil {
			return fmt.Errorf("deploy %s: %w", name, err)
		}
	}
	for _, p := range s.Plans {
		message, _ := json.Marshal(map[string]string{"plan": p.Name}) // a string always marshals
		if err := s.SCF.AddTimer("export", scf.Timer{Name: p.Name, Cron: p.Schedule, Message: string(message)}); err != nil {
			return fmt.Errorf("timer of plan %s: %w", p.Name, err)
		}
	}
	if err := s.SCF.AddTimer("export", scf.Timer{Name: SweepTimer, Cron: "0 */5 * * * * *", Message: `{"sweep":true}`}); err != nil {
		return err
	}
	return s.SCF.AddCOSTrigger("notify", scf.COSTrigger{Bucket: ImageBucket, Event: "cos:ObjectCreated:*"})
}

func (s *Sandbox) function(name string, keysLast time.Duration) scf.Function {
	return scf.Function{
		Name: name, Handler: name, Zip: filepath.Join(s.cfg.Dist, name+".zip"), Role: "ferry-" + name,
		Timeout: cmp.Or(s.cfg.Timeout, time.Minute), MemoryMB: 128, Env: s.settings(), CredentialTTL: keysLast,
	}
}

// settings are the functions' environment. The settling time is short because
// this COS creates atomically.
func (s *Sandbox) settings() map[string]string {
	env := map[string]string{
		"FERRY_REGION":         Region,
		"FERRY_IMAGE_BUCKET":   ImageBucket,
		"FERRY_STATE_BUCKET":   StateBucket,
		"FERRY_SETTLE":         "100ms",
		"FERRY_TOKEN":          s.token,
		"FERRY_WEBHOOK_URL":    "https://" + webhookHost + "/hook",
		"FERRY_WEBHOOK_SECRET": s.secret,
	}
	maps.Copy(env, s.channels)
	maps.Copy(env, s.cfg.Settings)
	maps.DeleteFunc(env, func(_, value string) bool { return value == "" })
	return env
}

// rights are what the functions' roles may do on CVM, as docs/deploy.md gives it.
// The last three are of its optional policy, for plans with instances.
var rights = map[string][]string{
	"ferry-export": {
		"name/cvm:DescribeImages", "name/cvm:ExportImages",
		"name/cvm:DescribeInstances", "name/cvm:CreateImage", "name/cvm:DeleteImages",
	},
}

// allow holds the functions to their roles' rights. The account's own key may do
// everything.
func (s *Sandbox) allow(caller account.Credential, action string) bool {
	return caller.Role == "" || slices.Contains(rights[caller.Role], action)
}

// ExpireCredentials lets the functions' keys last so long from their issue on; a
// negative time gives them expired ones, zero the usual.
func (s *Sandbox) ExpireCredentials(last time.Duration) error {
	for _, name := range functions {
		if err := s.SCF.Deploy(s.function(name, last)); err != nil {
			return err
		}
	}
	return nil
}
