package config_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/config"
	"github.com/imageferry/imageferry/internal/image"
)

const (
	token  = "canary-token-0123456789"
	spare  = "canary-spare-0123456789"
	hook   = "https://hooks.example.com/canary-path?key=canary-key"
	secret = "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LTE=" // canary-canary-canary-canary-1
)

// environ is a good environment, changed; an empty value is set, "-" is not.
func environ(change map[string]string) []string {
	all := map[string]string{
		"FERRY_REGION": "ap-guangzhou", "FERRY_IMAGE_BUCKET": "images-1250000000", "FERRY_STATE_BUCKET": "state-1250000000",
		"FERRY_TOKEN": token, "FERRY_WEBHOOK_URL": hook, "FERRY_WEBHOOK_SECRET": secret, "PATH": "/bin", "TENCENTCLOUD_SECRETKEY": "canary-sk",
	}
	maps.Copy(all, change)
	var list []string
	for name, value := range all {
		if value != "-" {
			list = append(list, name+"="+value)
		}
	}
	return list
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Parse([]string{"FERRY_REGION=ap-guangzhou", "FERRY_IMAGE_BUCKET=images-1250000000", "FERRY_STATE_BUCKET=state-1250000000"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Region != "ap-guangzhou" || c.ImageBucket != (image.Bucket{Name: "images", AppID: "1250000000"}) || c.StateBucket.String() != "state-1250000000" {
		t.Errorf("required settings: %+v", c)
	}
	if c.StatePrefix != "imageferry/" || c.ExportBucketForm != "name" || c.Settle != 5*time.Second || !c.NotifyUnmanaged || !c.Manifest {
		t.Errorf("defaults: %+v", c)
	}
	if !c.Token.IsZero() || len(c.Tokens()) != 0 || !c.WebhookURL.IsZero() || !c.WebhookSecret.IsZero() {
		t.Error("secrets that nobody set")
	}
}

func TestEveryVariable(t *testing.T) {
	t.Parallel()
	c, err := config.Parse(environ(map[string]string{
		"FERRY_STATE_PREFIX": "a/b.c/", "FERRY_EXPORT_BUCKET_FORM": "name-appid", "FERRY_SETTLE": "0", "FERRY_QUIET": "45m", "FERRY_NOTIFY_UNMANAGED": "false", "FERRY_MANIFEST": "false",
		"FERRY_TOKEN": token + " , " + spare + ",",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if c.StatePrefix != "a/b.c/" || c.ExportBucketForm != "name-appid" || c.Settle != 0 || c.Quiet != 45*time.Minute || c.NotifyUnmanaged || c.Manifest {
		t.Errorf("not as set: %+v", c)
	}
	if c.WebhookURL.Reveal() != hook || c.WebhookSecret.Reveal() != secret {
		t.Error("the webhook is not as set")
	}
	if got := c.Tokens(); len(got) != 2 || got[0].Reveal() != token || got[1].Reveal() != spare {
		t.Errorf("%d tokens, want the two without spaces", len(got))
	}
}

func TestWrongValues(t *testing.T) {
	t.Parallel()
	short := "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 23))
	long := "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 65))
	tests := map[string][]string{ // an empty value is as wrong as a missing one
		"FERRY_REGION":             {"-", "", "guangzhou", "AP-guangzhou", "ap-guang zhou", "ap-guangzhou.evil.com", "ap-guangzhou\n"},
		"FERRY_IMAGE_BUCKET":       {"-", "", "images", "images-x", "https://images-1250000000.cos"},
		"FERRY_STATE_BUCKET":       {"-", "", "state", "images-1250000000"},
		"FERRY_STATE_PREFIX":       {"imageferry", "/", "/a/", "a//", "../", "a/../b/", "./", "a b/"},
		"FERRY_EXPORT_BUCKET_FORM": {"appid", "NAME"},
		"FERRY_SETTLE":             {"5", "-1s", "61s", "soon"},
		"FERRY_QUIET":              {"10", "29s", "soon"},
		"FERRY_TOKEN":              {"short", token + ",short"},
		"FERRY_WEBHOOK_URL":        {"http://example.com", "https://", "https://:443/x", "https:example.com", "https://me:canary@example.com", "example.com", "https://a b", ":"},
		"FERRY_WEBHOOK_SECRET":     {"-", "", "whsec_", "whsec_canary!", short, long, strings.TrimPrefix(secret, "whsec_"), ",", secret + "," + short, "canary," + secret},
		"FERRY_NOTIFY_UNMANAGED":   {"maybe"},
		"FERRY_MANIFEST":           {"maybe"},
	}
	for name, values := range tests {
		for _, value := range values {
			_, err := config.Parse(environ(map[string]string{name: value}))
			if err == nil {
				t.Errorf("%s=%q is taken", name, value)
				continue
			}
			if !strings.HasPrefix(err.Error(), name+": ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s=%q: want one line that starts with the variable, got: %v", name, value, err)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: the error tells a secret: %v", name, err)
			}
		}
	}
}

func TestLimitsAreInclusive(t *testing.T) {
	t.Parallel()
	for _, n := range []int{24, 64} {
		key := "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, n))
		if _, err := config.Parse(environ(map[string]string{"FERRY_WEBHOOK_SECRET": key, "FERRY_TOKEN": strings.Repeat("t", 16), "FERRY_SETTLE": "20s"})); err != nil {
			t.Error(err)
		}
	}
	if _, err := config.Parse(environ(map[string]string{"FERRY_WEBHOOK_SECRET": secret + ", " + secret + ","})); err != nil {
		t.Errorf("two keys: %v", err)
	}
	if _, err := config.Parse(environ(map[string]string{"FERRY_WEBHOOK_URL": "-", "FERRY_WEBHOOK_SECRET": "whatever"})); err != nil {
		t.Errorf("a key that signs nothing: %v", err)
	}
}

func TestMisspeltSetting(t *testing.T) {
	t.Parallel()
	_, err := config.Parse(environ(map[string]string{"FERRY_WEBHOK_URL": "https://canary.example"}))
	if err == nil || !strings.Contains(err.Error(), "FERRY_WEBHOK_URL: no such setting") || strings.Contains(err.Error(), "canary") {
		t.Errorf("error %v", err)
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	t.Parallel()
	c, err := config.Parse([]string{
		"FERRY_REGION=here", "FERRY_IMAGE_BUCKET=images", "FERRY_STATE_PREFIX=x", "FERRY_EXPORT_BUCKET_FORM=x", "FERRY_SETTLE=x", "FERRY_QUIET=x",
		"FERRY_TOKEN=canary", "FERRY_WEBHOOK_URL=http://canary", "FERRY_WEBHOOK_SECRET=canary", "FERRY_NOTIFY_UNMANAGED=x", "FERRY_MANIFEST=x",
	})
	if err == nil {
		t.Fatal("taken")
	}
	var got []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		name, _, _ := strings.Cut(line, ":")
		got = append(got, name)
	}
	slices.Sort(got)
	want := variables(t)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("complaints about\n%q\nwant each variable once\n%q\n%v", got, want, err)
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("the error tells a secret: %v", err)
	}
	if c.Region != "" {
		t.Error("a Config comes with the error")
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c, err := config.Parse(environ(map[string]string{"FERRY_TOKEN": token + "," + spare, "FERRY_A_URL": hook}), config.Variable{Name: "FERRY_A_URL"})
	if err != nil {
		t.Fatal(err)
	}
	printed := map[string]string{}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		printed[format] = fmt.Sprintf(format, c) + fmt.Sprintf(format, &c) + fmt.Sprintf(format, c.Tokens())
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("m", "config", c, "tokens", c.Tokens())
	slog.New(slog.NewTextHandler(&logged, nil)).Info("m", "config", c, "tokens", c.Tokens())
	printed["slog"] = logged.String()
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	printed["json"] = string(encoded)
	for how, text := range printed {
		if strings.Contains(text, "canary") || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", "canary")) || strings.Contains(text, secret[6:]) {
			t.Errorf("%s tells a secret: %s", how, text)
		}
	}
	if !strings.Contains(printed["%+v"], "Region:ap-guangzhou") {
		t.Errorf("the rest cannot be read: %s", printed["%+v"])
	}
}
