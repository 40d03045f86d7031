package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

// Channel is what the sandbox needs to know of a compiled channel: who plays its
// service, and which variables the functions read its address and secret from.
type Channel struct {
	Name    string
	Service string
	URL     string // name of a variable
	Secret  string // name of a variable, or empty
}

// addresses make the receiver of a channel up, for each service: an address with a
// key that nobody knows.
var addresses = map[string]func(key string) string{
	"wecom":    func(key string) string { return "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + key },
	"dingtalk": func(key string) string { return "https://oapi.dingtalk.com/robot/send?access_token=" + key },
	"feishu":   func(key string) string { return "https://open.feishu.cn/open-apis/bot/v2/hook/" + key },
	"slack":    func(key string) string { return "https://hooks.slack.com/services/T00000000/B00000000/" + key },
	"teams": func(key string) string {
		return "https://prod-00.westeurope.logic.azure.com:443/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke" +
			"?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=" + key
	},
	"telegram": func(key string) string { return "https://api.telegram.org/bot" + key },
	"webhook":  func(key string) string { return "https://" + webhookHost + "/" + key },
}

// receivers are made for the channels of the deployed plans: the variables that the
// functions are given, and the robots that the inbox knows by their keys. Channels
// that name the same variable have the same receiver.
func (s *Sandbox) receivers(channels []Channel) (settings map[string]string, robots map[string]inbox.Robot, err error) {
	settings, robots = map[string]string{}, map[string]inbox.Robot{}
	for _, c := range channels {
		if c.Service == "mail" {
			settings[c.URL] = s.MailURL()
			continue
		}
		address := addresses[c.Service]
		if address == nil {
			return nil, nil, fmt.Errorf("channel %q: the sandbox plays no service %q, only mail, %s", c.Name, c.Service,
				strings.Join(slices.Sorted(maps.Keys(addresses)), ", "))
		}
		if settings[c.URL] != "" {
			continue
		}
		robot := inbox.Robot{Name: c.Name}
		if c.Secret != "" {
			if settings[c.Secret] == "" {
				settings[c.Secret] = signingSecret(c.Service)
			}
			robot.Secret = settings[c.Secret]
		}
		key := robotKey(c.Service)
		settings[c.URL], robots[key] = address(key), robot
	}
	return settings, robots, nil
}

// robotKey makes up the part of an address that is its password.
func robotKey(service string) string {
	if service == "telegram" { // the bot's number comes first
		return "7000000000:" + rand.Text()
	}
	return strings.ToLower(rand.Text())
}

// signingSecret makes up a secret in the form that a service gives out.
func signingSecret(service string) string {
	switch service {
	case "webhook":
		return webhookSecret()
	case "dingtalk":
		return "SEC" + strings.ToLower(rand.Text()+rand.Text())
	}
	return rand.Text()
}

func webhookSecret() string {
	key := make([]byte, 32)
	rand.Read(key)
	return "whsec_" + base64.StdEncoding.EncodeToString(key)
}
