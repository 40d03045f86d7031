// Package signature checks request signatures as Tencent Cloud's services do.
//
// Two algorithms are in use: TC3-HMAC-SHA256 for the Cloud API ([TC3]) and the
// older q-sign of COS ([QSign]). Both start at the secret id that the request
// names, build the text that the client should have signed from the request as
// it arrived, and compare. What is checked besides is the time, and, for a
// temporary key, its token and its life.
//
// Times are the wall clock's: a program that signs has no other clock.
package signature

import (
	"crypto/subtle"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/account"
)

// Error is a refused signature, with the code that the service answers.
type Error struct{ Code, Message string }

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// tokenFits reports whether the session token that came with a request is the
// one of the credential: equal on a temporary key, absent on a long-lived one.
func tokenFits(c account.Credential, token string) bool {
	return subtle.ConstantTimeCompare([]byte(c.Token), []byte(token)) == 1
}

// seconds reads unix seconds as a time.
func seconds(unix int64) time.Time { return time.Unix(unix, 0) }
