package cvm_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	sdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"
	"go.uber.org/goleak"

	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long tests wait for what happens in the background.
const patience = 30 * time.Second

const region = "ap-guangzhou"

// cloud is a CVM service with one bucket, and the real SDK as its client.
type cloud struct {
	*cvm.Server
	cfg    cvm.Config
	bucket *bucket
	client *sdk.Client
	url    string
	key    account.Credential
}

// newCloud starts a service by the clock's speed; change may alter its
// configuration.
func newCloud(t *testing.T, speed float64, change func(*cvm.Config)) *cloud {
	t.Helper()
	c := &cloud{bucket: &bucket{name: "images-1250000000"}}
	c.cfg = cvm.Config{
		Account: account.New("1250000000", "100000000001", region),
		Clock:   clock.New(speed),
		Storage: c.bucket,
		Dir:     t.TempDir(),
		Limits: map[string]int{
			"DescribeImages": 1e6, "DescribeInstances": 1e6, "ExportImages": 1e6, "CreateImage": 1e6, "DeleteImages": 1e6,
		},
	}
	if change != nil {
		change(&c.cfg)
	}
	c.Server = cvm.New(c.cfg)
	web := httptest.NewServer(c.Server)
	t.Cleanup(func() {
		web.Close()
		c.Close()
	})
	c.url, c.key = web.URL, c.cfg.Account.CreateKey()
	c.client = c.connect(t, c.key, region, "POST")
	return c
}

// connect returns the SDK's client for a key, region and method.
func (c *cloud) connect(t *testing.T, key account.Credential, region, method string) *sdk.Client {
	t.Helper()
	p := profile.NewClientProfile()
	p.HttpProfile.Endpoint = strings.TrimPrefix(c.url, "http://")
	p.HttpProfile.Scheme = "HTTP"
	p.HttpProfile.ReqMethod = method
	p.Language = "en-US"
	client, err := sdk.NewClient(common.NewTokenCredential(key.SecretID, key.SecretKey, key.Token), region, p)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// export calls ExportImages for the bucket of the cloud, after change.
func (c *cloud) export(change func(*sdk.ExportImagesRequest), ids ...string) (*sdk.ExportImagesResponseParams, error) {
	r := sdk.NewExportImagesRequest()
	r.BucketName = common.StringPtr("images")
	r.ImageIds = common.StringPtrs(ids)
	if change != nil {
		change(r)
	}
	resp, err := c.client.ExportImages(r)
	if err != nil {
		return nil, err
	}
	return resp.Response, nil
}

// task returns the only task.
func (c *cloud) task(t *testing.T) cvm.Task {
	t.Helper()
	tasks := c.Tasks()
	if len(tasks) != 1 {
		t.Fatalf("%d tasks, want 1", len(tasks))
	}
	return tasks[0]
}

// wait waits for all tasks.
func (c *cloud) wait(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.Wait(ctx); err != nil {
		t.Fatalf("tasks did not end: %v", err)
	}
}

// eventually polls until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in %v: %s", patience, what)
		}
	}
}

// wantCode fails the test unless err is a refusal with that code.
func wantCode(t *testing.T, err error, want cvm.Code) {
	t.Helper()
	var e *sdkerrors.TencentCloudSDKError
	if !errors.As(err, &e) {
		t.Errorf("got %v, want %s", err, want)
	} else if e.GetCode() != string(want) {
		t.Errorf("got %s (%s), want %s", e.GetCode(), e.GetMessage(), want)
	} else if e.GetRequestId() == "" || e.GetMessage() == "" {
		t.Errorf("%s without request id or message", want)
	}
}

// linux returns an exportable image with one system disk of 1 GiB and data
// disks of the same size.
func linux(id string, dataDisks int) cvm.Image {
	name := strings.TrimPrefix(id, "img-")
	m := cvm.Image{
		ID: id, Name: "web-" + name, Platform: "Ubuntu", OsName: "Ubuntu Server 22.04 LTS 64bit",
		Disks: []cvm.Disk{{SnapshotID: "snap-" + name, Usage: disk.System, SizeGiB: 1}},
	}
	for i := range dataDisks {
		m.Disks = append(m.Disks, cvm.Disk{SnapshotID: fmt.Sprintf("snap-data%03d%s", i, name[:1]), Usage: disk.Data, SizeGiB: 1})
	}
	return m
}

// file writes a small RAW disk and returns its path.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.raw")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// bucket is a Storage in memory that keeps the first bytes of every object.
type bucket struct {
	name string

	mu      sync.Mutex
	fail    error // of the next part
	uploads []*upload
}

type upload struct {
	b        *bucket
	key      string
	parts    []int64 // sizes
	head     []byte
	complete bool
	aborted  bool
}

func (b *bucket) BucketExists(name string) bool { return name == b.name }

func (b *bucket) StartUpload(name, key string) (cvm.Upload, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if name != b.name {
		return nil, fmt.Errorf("upload to %q", name)
	}
	u := &upload{b: b, key: key}
	b.uploads = append(b.uploads, u)
	return u, nil
}

func (u *upload) WritePart(n int, src *os.File, off, size int64) error {
	u.b.mu.Lock()
	defer u.b.mu.Unlock()
	if err := u.b.fail; err != nil {
		return err
	}
	if n != len(u.parts)+1 {
		return fmt.Errorf("part %d after %d parts", n, len(u.parts))
	}
	if n == 1 {
		head, err := io.ReadAll(io.NewSectionReader(src, off, min(size, 512)))
		if err != nil {
			return err
		}
		u.head = head
	}
	u.parts = append(u.parts, size)
	return nil
}

func (u *upload) Complete() error {
	u.b.mu.Lock()
	defer u.b.mu.Unlock()
	u.complete = true
	return nil
}

func (u *upload) Abort() {
	u.b.mu.Lock()
	defer u.b.mu.Unlock()
	u.aborted = true
}

// all returns a copy of all uploads so far.
func (b *bucket) all() []upload {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []upload
	for _, u := range b.uploads {
		all = append(all, *u)
	}
	return all
}

func (u upload) size() (sum int64) {
	for _, p := range u.parts {
		sum += p
	}
	return sum
}
