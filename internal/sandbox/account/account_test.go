package account_test

import (
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/account"
)

func TestKeys(t *testing.T) {
	a := account.New("1250000000", "100000000001", "ap-guangzhou")
	long := a.CreateKey()
	short := a.AssumeRole("ferry-export", time.Minute)
	spent := a.AssumeRole("ferry-export", -time.Second)

	if long.Token != "" || long.Expired(time.Now().Add(1000*time.Hour)) {
		t.Errorf("the account's own key has a token or ends: %+v", long)
	}
	if short.Token == "" || short.Role != "ferry-export" || short.Expired(time.Now()) || !short.Expired(time.Now().Add(time.Hour)) {
		t.Errorf("a role's key: %+v", short)
	}
	if !spent.Expired(time.Now()) {
		t.Error("a role's key issued for a negative time works")
	}
	for _, c := range []account.Credential{long, short, spent} {
		if got, ok := a.Find(c.SecretID); !ok || got != c {
			t.Errorf("Find(%q) = %+v, %v", c.SecretID, got, ok)
		}
	}
	a.Revoke(short.SecretID)
	if _, ok := a.Find(short.SecretID); ok {
		t.Error("a revoked key is found")
	}
}

// A sandbox that runs for weeks must not keep the keys of every invocation.
func TestOldKeysAreForgotten(t *testing.T) {
	a := account.New("1250000000", "100000000001", "ap-guangzhou")
	old, recent := a.AssumeRole("r", -2*time.Hour), a.AssumeRole("r", -time.Minute)
	a.CreateKey()
	if _, ok := a.Find(old.SecretID); ok {
		t.Error("a key that ended two hours ago is kept")
	}
	if _, ok := a.Find(recent.SecretID); !ok {
		t.Error("a key that ended a minute ago is forgotten; its refusal would not say that it expired")
	}
}
