package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/imageferry/imageferry/internal/config"
	"github.com/imageferry/imageferry/internal/ferry"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/tencent"
)

// cloudHelp says what openCloud reads.
const cloudHelp = `Where to look is said by the functions' own settings, and keys come from the environment:

    FERRY_IMAGE_BUCKET, FERRY_STATE_BUCKET    name-appid
    FERRY_STATE_PREFIX                        default imageferry/
    FERRY_REGION                              or TENCENTCLOUD_REGION
    TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY, and TENCENTCLOUD_TOKEN for temporary keys

With a sandbox running: eval "$(imageferry sandbox env)"`

// openCloud puts a deployment together as its functions do, with the keys of the
// person who calls. Its error names everything that is missing.
func openCloud(environ []string, doc plan.Document) (*ferry.Ferry, error) {
	creds, missing := keys(environ)
	c, err := config.Parse(settings(environ, doc.Channels))
	if err := errors.Join(missing, err); err != nil {
		return nil, fmt.Errorf("%w\nsee --help", err)
	}
	return ferry.New(c, plan.Document{Plans: doc.Plans}, creds)
}

// keys returns the caller's own keys. SCF gives its functions theirs under other
// names.
func keys(environ []string) (tencent.Credentials, error) {
	var errs []error
	need := func(name string) string {
		value := lookup(environ, name)
		if value == "" {
			errs = append(errs, fmt.Errorf("%s: is required", name))
		}
		return value
	}
	id, key, token := need("TENCENTCLOUD_SECRET_ID"), need("TENCENTCLOUD_SECRET_KEY"), lookup(environ, "TENCENTCLOUD_TOKEN")
	return func() (string, string, string) { return id, key, token }, errors.Join(errs...)
}

// settings returns the functions' settings in an environment. FERRY_URL is for
// callers of the API, and the channels' variables for those who are told; the region
// may be named as Tencent's own tools do.
func settings(environ []string, channels plan.Channels) []string {
	others := []string{"FERRY_URL"}
	for _, v := range channels.Variables() {
		if !config.IsSetting(v.Name) {
			others = append(others, v.Name)
		}
	}
	list := slices.DeleteFunc(slices.Clone(environ), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(others, name)
	})
	if lookup(environ, "FERRY_REGION") == "" {
		list = append(list, "FERRY_REGION="+regionOf(environ))
	}
	return list
}

// regionOf returns the deployment's region.
func regionOf(environ []string) string {
	return cmp.Or(lookup(environ, "FERRY_REGION"), lookup(environ, "TENCENTCLOUD_REGION"))
}

// lookup returns the value of a variable, empty if it is not there.
func lookup(environ []string, name string) (value string) {
	for _, v := range environ {
		if text, ok := strings.CutPrefix(v, name+"="); ok {
			value = text // of several, the last counts
		}
	}
	return value
}
