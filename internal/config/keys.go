package config

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/imageferry/imageferry/internal/secret"
)

var errKeys = errors.New("want whsec_ and 24 to 64 bytes in base64, or several of these with commas; make one with: echo whsec_$(openssl rand -base64 32)")

// SigningKeys reads the keys of a webhook, which Standard Webhooks give 24 to 64
// bytes: several, separated by commas, while one replaces another. The first one
// signs first. The error quotes none.
func SigningKeys(setting secret.Text) (keys [][]byte, err error) {
	for _, one := range split(setting) {
		text, ok := strings.CutPrefix(one.Reveal(), "whsec_")
		key, err := base64.StdEncoding.DecodeString(text)
		if !ok || err != nil || len(key) < 24 || len(key) > 64 {
			return nil, errKeys
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errKeys
	}
	return keys, nil
}
