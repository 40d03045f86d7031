// Package ferry puts one deployment together: settings, plans, clients and the
// driver, made once for the life of a function instance.
//
// SCF gives a function its settings with each event, not when the process
// starts, so a deployment is opened at the first event. What fails is tried
// again at the next one, so that an error is told each time it matters.
package ferry

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/imageferry/imageferry/internal/config"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/tencent"
)

// parallel bounds the requests that one invocation has under way: enough to
// claim a hundred exports in a few round trips, and far below the 1,024 file
// descriptors of an instance.
const parallel = 32

// Ferry is a deployment, ready to work. It is safe for concurrent use.
type Ferry struct {
	Config config.Config
	Plans  plan.Set
	Driver *export.Driver
}

// Instance opens a deployment once, at its first use.
type Instance struct {
	mu    sync.Mutex
	ferry *Ferry
}

// Get returns the deployment of this process: settings from its environment and
// plans.json from beside its binary.
func (i *Instance) Get() (*Ferry, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.ferry != nil {
		return i.ferry, nil
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find plans.json beside the program: %w", err)
	}
	f, err := Open(os.Environ(), filepath.Join(filepath.Dir(program), "plans.json"))
	if err == nil {
		i.ferry = f
	}
	return f, err
}

// Open puts the deployment together that these settings and plans describe, with
// the keys that SCF gives. It sends no request.
func Open(environ []string, plansFile string) (*Ferry, error) {
	doc, err := readPlans(plansFile)
	if err != nil {
		return nil, err
	}
	c, err := config.Parse(environ, doc.Channels.Variables()...)
	if err != nil {
		return nil, err
	}
	return New(c, doc, tencent.FromEnv)
}

// New puts a deployment together from its parts. It sends no request.
func New(c config.Config, doc plan.Document, creds tencent.Credentials) (*Ferry, error) {
	rt := tencent.NewTransport()
	cvm, err := tencent.NewCVM(rt, creds, c.Region, tencent.BucketForm(c.ExportBucketForm))
	if err != nil {
		return nil, err
	}
	cos := tencent.NewCOS(rt, creds, c.Region)
	channels, err := Channels(c, doc.Channels, cos.Link)
	if err != nil {
		return nil, err
	}
	log := ledger.New(cos.Store(c.StateBucket), c.StatePrefix)
	return &Ferry{Config: c, Plans: doc.Plans, Driver: &export.Driver{
		Ledger: log, Cloud: cvm, Files: cos, Verify: inspector{cos}, Notify: channels, Keep: keeper{log, cos, c.Region, c.Manifest},
		Plans: doc.Plans, Bucket: c.ImageBucket, Region: c.Region, Settle: c.Settle, Quiet: c.Quiet, Now: time.Now, Sleep: sleep, Pool: pool, Log: slog.Default(),
	}}, nil
}

func readPlans(name string) (plan.Document, error) {
	file, err := os.Open(name)
	if err != nil {
		return plan.Document{}, fmt.Errorf("%w; build the functions with make package", err)
	}
	defer file.Close()
	return plan.Read(file)
}

// pool is export.Pool for production. All goroutines end before it returns: an
// instance that is frozen with one running would act when it thaws.
func pool(n int, f func(i int)) {
	var g errgroup.Group
	g.SetLimit(parallel)
	for i := range n {
		g.Go(func() error { f(i); return nil })
	}
	_ = g.Wait() // no function returns an error
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
