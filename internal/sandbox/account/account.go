// Package account is the sandbox's one Tencent Cloud account: its numbers, its
// long-lived key pair, and the temporary credentials that roles hand out.
//
// Services look the caller of a signed request up here; nothing else decides
// who somebody is.
package account

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"
)

// Account owns everything in one sandbox.
type Account struct {
	AppID  string // ten digits; the suffix of every bucket name
	UIN    string // owner's account number
	Region string // the one region that the sandbox simulates, such as ap-guangzhou

	mu   sync.Mutex
	keys map[string]Credential
}

// Credential is a key pair; Token and Expires are set only on temporary ones.
type Credential struct {
	SecretID  string
	SecretKey string
	Token     string
	Role      string    // role that the credential was issued for; empty for the account's own key
	Expires   time.Time // wall clock; zero means never
}

// Expired reports whether the credential was temporary and has run out.
func (c Credential) Expired(now time.Time) bool {
	return !c.Expires.IsZero() && !now.Before(c.Expires)
}

// New returns an account with one long-lived key pair.
func New(appID, uin, region string) *Account {
	return &Account{AppID: appID, UIN: uin, Region: region, keys: map[string]Credential{}}
}

// CreateKey makes a long-lived key pair, as the console does for a user.
func (a *Account) CreateKey() Credential {
	return a.add(Credential{SecretID: "AKID" + random(16), SecretKey: random(16)})
}

// AssumeRole issues temporary credentials for a role, as STS does. They stop
// working after ttl of real time; a ttl of zero or less gives expired ones.
func (a *Account) AssumeRole(role string, ttl time.Duration) Credential {
	return a.add(Credential{
		SecretID:  "AKID" + random(24),
		SecretKey: random(16),
		Token:     random(48),
		Role:      role,
		Expires:   time.Now().Add(ttl),
	})
}

// Find returns the credential with that id.
func (a *Account) Find(secretID string) (Credential, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, ok := a.keys[secretID]
	return c, ok
}

// Revoke forgets a credential: its next request is refused as unknown.
func (a *Account) Revoke(secretID string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.keys, secretID)
}

func (a *Account) add(c Credential) Credential {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, old := range a.keys { // a long run must not collect every invocation's keys
		if old.Expired(time.Now().Add(-time.Hour)) {
			delete(a.keys, id)
		}
	}
	a.keys[c.SecretID] = c
	return c
}

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}
