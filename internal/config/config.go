// Package config is the environment of a deployment: one struct, one sentence a
// setting, checked as a whole before anything is done, with all mistakes at once.
//
// Every variable starts with FERRY_; SCF reserves SCF_, QCLOUD_ and TENCENTCLOUD_
// (583/30228). A field added here needs a default that leaves existing
// deployments as they are.
package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/secret"
)

// Config is the settings of both functions.
type Config struct {
	// Region of images, buckets and functions alike, such as ap-guangzhou.
	Region string `env:"FERRY_REGION,notEmpty"`
	// ImageBucket receives the files; the full name with the appid.
	ImageBucket image.Bucket `env:"FERRY_IMAGE_BUCKET,notEmpty"`
	// StateBucket holds the ledger; never versioned, and not the image bucket.
	StateBucket image.Bucket `env:"FERRY_STATE_BUCKET,notEmpty"`
	// StatePrefix is where in the state bucket the ledger begins; ends with a slash.
	StatePrefix string `env:"FERRY_STATE_PREFIX" envDefault:"imageferry/"`
	// ExportBucketForm is how ExportImages wants the bucket named: name or name-appid.
	ExportBucketForm string `env:"FERRY_EXPORT_BUCKET_FORM" envDefault:"name"`
	// Settle is the wait between a claim and the effect it guards; 0 only where
	// both functions have a reserved concurrency that allows one instance in all.
	Settle time.Duration `env:"FERRY_SETTLE" envDefault:"5s"`
	// Quiet is how long an export whose start nobody could confirm is given to show
	// itself in the bucket before it is started again. Too short exports twice.
	Quiet time.Duration `env:"FERRY_QUIET" envDefault:"10m"`
	// Token opens the HTTP API; several, separated by commas, while one is
	// replaced. Without it the API answers 503.
	Token secret.Text `env:"FERRY_TOKEN"`
	// WebhookURL receives notices (CloudEvents 1.0, signed as Standard Webhooks).
	// It can itself be a secret and is never shown.
	WebhookURL secret.Text `env:"FERRY_WEBHOOK_URL"`
	// WebhookSecret signs them: whsec_ and 24 to 64 bytes in base64; several,
	// separated by commas, while one is replaced: the first signs first.
	WebhookSecret secret.Text `env:"FERRY_WEBHOOK_SECRET"`
	// NotifyUnmanaged also tells of image files that no export of ours announced,
	// such as those of the console.
	NotifyUnmanaged bool `env:"FERRY_NOTIFY_UNMANAGED" envDefault:"true"`
	// Manifest writes <export id>_manifest.json beside the files of each export.
	Manifest bool `env:"FERRY_MANIFEST" envDefault:"true"`
	// Named holds the values of the variables that Parse was told of, by name.
	Named map[string]secret.Text `env:"-"`
}

// Parse reads and checks the settings in environ, a list of NAME=value, and the
// variables that channels name. Its error has a line for each variable that is
// wrong, and quotes no secret.
func Parse(environ []string, named ...Variable) (Config, error) {
	var c Config
	found := mistakes{of: map[string]error{}}
	values := env.ToMap(environ)
	found.unread(env.ParseWithOptions(&c, env.Options{Environment: values}))
	c.check(&found)
	c.Named = found.named(values, named)
	found.unknown(environ, c.Named)
	if err := found.err(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// Tokens returns the API tokens in force.
func (c Config) Tokens() []secret.Text { return split(c.Token) }

// split returns the secrets in a list with commas.
func split(all secret.Text) []secret.Text {
	var list []secret.Text
	for t := range strings.SplitSeq(all.Reveal(), ",") {
		if t = strings.TrimSpace(t); t != "" {
			list = append(list, secret.New(t))
		}
	}
	return list
}

// mistakes collects what is wrong, the first of each variable.
type mistakes struct {
	of    map[string]error
	order []string
}

func (m *mistakes) note(name string, err error) {
	if m.of[name] == nil {
		m.of[name] = err
		m.order = append(m.order, name)
	}
}

// unread notes what the env library could not read. It names fields of the
// struct where people know variables.
func (m *mistakes) unread(err error) {
	if err == nil {
		return
	}
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		all.Errors = []error{err}
	}
	for _, err := range all.Errors {
		switch e := err.(type) {
		case env.EmptyVarError:
			m.note(e.Key, errors.New("is required"))
		case env.ParseError:
			m.note(variable(e.Name), e.Err)
		default:
			m.note("settings", err)
		}
	}
}

// unknown notes names that neither a setting nor a channel has: one that is
// misspelt would go unheard, and so might every notice.
func (m *mistakes) unknown(environ []string, named map[string]secret.Text) {
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		if _, ok := named[name]; strings.HasPrefix(name, "FERRY_") && !ok && !IsSetting(name) {
			m.note(name, errors.New("no such setting, and no channel in plans.yaml names it; docs/settings.md lists the settings"))
		}
	}
}

func (m *mistakes) err() error {
	var errs []error
	for _, name := range m.order {
		errs = append(errs, fmt.Errorf("%s: %w", name, m.of[name]))
	}
	return errors.Join(errs...)
}

// variable returns the name of the variable that sets a field of Config.
func variable(field string) string {
	f, _ := reflect.TypeFor[Config]().FieldByName(field)
	name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
	return name
}
