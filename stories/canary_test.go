package stories

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/cos"
)

// A canary is a secret that the functions were given, and that nobody else may see.
// In the sandbox every secret is made up anew, so each is a canary of its own: what
// is found of it anywhere was let out.

// keys collects the ids of the temporary keys that the functions signed with.
type keys struct {
	mu  sync.Mutex
	ids map[string]bool
}

var keyID = regexp.MustCompile(`q-ak=([^&]+)`)

// note is told of every object that is written.
func (k *keys) note(e cos.Event) {
	m := keyID.FindStringSubmatch(e.SignedHeaders["authorization"])
	if m == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ids == nil {
		k.ids = map[string]bool{}
	}
	k.ids[m[1]] = true
}

// token is what in an address nobody can guess. Hosts and the words of a path are
// shorter, or have dots.
var token = regexp.MustCompile(`[A-Za-z0-9_-]{15,}`)

// canaries returns all secrets that the functions had so far, by what they are.
func (s *story) canaries() map[string]map[string]bool {
	if s.secrets == nil {
		s.secrets = map[string]map[string]bool{}
	}
	add := func(name string, values ...string) {
		if s.secrets[name] == nil {
			s.secrets[name] = map[string]bool{}
		}
		for _, v := range values {
			s.secrets[name][v] = true
		}
	}
	for name, value := range s.Settings() {
		switch {
		case strings.HasSuffix(name, "_URL"):
			add(name, append(token.FindAllString(value, -1), value)...)
		case strings.HasSuffix(name, "_SECRET"), name == "FERRY_TOKEN":
			add(name, value, strings.TrimPrefix(value, "whsec_"))
		}
	}
	s.signers.mu.Lock()
	defer s.signers.mu.Unlock()
	for id := range s.signers.ids {
		if c, ok := s.Account.Find(id); ok && c.Role != "" {
			add("key id", c.SecretID)
			add("key", c.SecretKey)
			add("session token", c.Token)
		}
	}
	return s.secrets
}

// forms are the ways in which a secret could be written, by how they are printed.
func forms(secret string) map[string]string {
	quoted, _ := json.Marshal(secret)
	all := map[string]string{
		" in hex": hex.EncodeToString([]byte(secret)), " in HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
		" as in a query": url.QueryEscape(secret), " as in a path": url.PathEscape(secret), " as in JSON": strings.Trim(string(quoted), `"`),
	}
	for shift := range 3 { // inside of something longer the groups of three begin anywhere
		for name, e := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			text := e.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
			all[fmt.Sprintf(" in %s, %d", name, shift)] = text[(shift*8+5)/6 : len(text)-1]
		}
	}
	maps.DeleteFunc(all, func(_, form string) bool { return form == secret })
	all[""] = secret
	return all
}

// outlets are all places at which bytes left the functions.
func (s *story) outlets(ts *testscript.TestScript) map[string]string {
	out := map[string]string{"log": s.log(), "answers": s.answers.String()}
	for _, m := range s.Inbox.Messages() {
		where := "message to " + string(m.Channel)
		for name, values := range m.Header {
			out[where+", header"] += name + ": " + strings.Join(values, ", ") + "\n"
		}
		out[where] += string(m.Body) + m.Text + m.HTML
	}
	for _, b := range []string{sandbox.StateBucket, sandbox.ImageBucket} {
		for _, o := range s.COS.List(b, "") {
			if b == sandbox.ImageBucket && !strings.HasSuffix(o.Key, ".json") {
				continue // a disk
			}
			f, _, err := s.COS.Open(b, o.Key)
			ts.Check(err)
			body, err := io.ReadAll(io.LimitReader(f, o.Size))
			ts.Check(err)
			f.Close()
			out["object of "+b] += o.Key + "\n" + string(body) + "\n"
		}
	}
	return out
}

// search returns which secrets stand where.
func search(canaries map[string]map[string]bool, outlets map[string]string) []string {
	found := map[string]bool{}
	for name, secrets := range canaries {
		for secret := range secrets {
			for form, text := range forms(secret) {
				for where, bytes := range outlets {
					if strings.Contains(bytes, text) {
						found[fmt.Sprintf("%s: %s%s", where, name, form)] = true
					}
				}
			}
		}
	}
	return slices.Collect(maps.Keys(found))
}

var leaks = command{"", 0, 0, func(s *story, ts *testscript.TestScript, _ []string) {
	canaries, outlets := s.canaries(), s.outlets(ts)
	ts.Logf("looked for %d kinds of secrets in %d places", len(canaries), len(outlets))
	for _, needed := range []string{"key", "session token", "FERRY_TOKEN", "FERRY_WEBHOOK_SECRET"} {
		if len(canaries[needed]) == 0 {
			ts.Fatalf("there is no %s that could be looked for", needed)
		}
	}
	printSorted(ts, search(canaries, outlets))
}}
