package channel

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// sign returns base64(HMAC-SHA256(key, message)), with which every service signs
// that does; they differ in what is the key and what the message.
func sign(key, message []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
