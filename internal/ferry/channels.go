package ferry

import (
	"context"
	"time"

	"github.com/imageferry/imageferry/internal/channel"
	"github.com/imageferry/imageferry/internal/config"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/secret"
)

// Linker makes an address from which whoever has it can download an object until a
// moment.
type Linker func(ctx context.Context, bucket image.Bucket, key string) (url string, until time.Time, err error)

// Channels makes the channels of a deployment: those of plans.yaml, and the webhook
// of the settings if there is one.
func Channels(c config.Config, defined plan.Channels, link Linker) (*channel.Set, error) {
	list := defined.List()
	if !c.WebhookURL.IsZero() {
		list = append(list, plan.BuiltIn)
	}
	value := func(name string) (secret.Text, bool) {
		switch name {
		case plan.BuiltIn.URL:
			return c.WebhookURL, !c.WebhookURL.IsZero()
		case plan.BuiltIn.Secret:
			return c.WebhookSecret, !c.WebhookSecret.IsZero()
		}
		v, ok := c.Named[name]
		return v, ok
	}
	return channel.New(list, value, channel.Options{Region: c.Region, Timeout: export.LongestRequest, Now: time.Now, Link: link})
}
