package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/cos"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
	"github.com/imageferry/imageferry/internal/sandbox/inbox"
	"github.com/imageferry/imageferry/internal/sandbox/proxy"
)

const (
	appID       = "1250000000"
	region      = "ap-guangzhou"
	imageBucket = "images-" + appID
	stateBucket = "state-" + appID
	webhookHost = "hooks.imageferry.test"
	token       = "only-for-the-benchmark"
	oneImage    = "img-bench001"

	roundTrip = 2 * time.Millisecond
)

// cloud is the services that functions talk to, as the sandbox plays them: with
// every signature checked, behind a proxy, over TLS, a round trip away. Export
// tasks write nothing; the benchmark puts the files there itself, when it has use
// for them.
type cloud struct {
	account *account.Account
	cos     *cos.Server
	cvm     *cvm.Server
	inbox   *inbox.Inbox
	proxy   *proxy.Proxy
	disk    *os.File // what every exported disk holds
	roots   string   // trust store for Go
	ca      string   // the sandbox's CA alone, for Node
	address string
	secret  string
	temp    string // for the functions
}

func newCloud(dir string) (*cloud, error) {
	c := &cloud{
		account: account.New(appID, "100000000001", region), temp: dir,
		secret: "whsec_" + base64.StdEncoding.EncodeToString([]byte("thirty-two bytes for a benchmark")),
	}
	ca, err := proxy.NewCA(filepath.Join(dir, "ca"))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(c.services(dir), c.trust(dir, ca)); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c.address = "http://" + l.Addr().String()
	c.proxy = proxy.New(ca, c.route)
	c.proxy.ErrorLog = log.New(io.Discard, "", 0) // killed processes break connections
	go c.proxy.Serve(distant{l, roundTrip})       // ends with close
	return c, nil
}

// services makes COS, CVM and the webhook's receiver.
func (c *cloud) services(dir string) (err error) {
	now := clock.New(1)
	if c.cos, err = cos.New(cos.Config{Dir: filepath.Join(dir, "cos"), Account: c.account, Clock: now}); err != nil {
		return err
	}
	if err := errors.Join(c.cos.CreateBucket(imageBucket), c.cos.CreateBucket(stateBucket)); err != nil {
		return err
	}
	if c.inbox, err = inbox.New(inbox.Config{Clock: now, WebhookSecret: c.secret}); err != nil {
		return err
	}
	if c.disk, err = newDisk(dir); err != nil {
		return err
	}
	const plenty = 1 << 20 // the account's own limits are not what is measured
	c.cvm = cvm.New(cvm.Config{
		Account: c.account, Clock: now, Storage: nowhere{}, Dir: dir, Rate: 1 << 50, MaxTasks: plenty,
		Limits: map[string]int{"DescribeImages": plenty, "ExportImages": plenty},
	})
	c.addImage(oneImage, "Ubuntu")
	for _, id := range refusedImages() {
		c.addImage(id, "Windows")
	}
	return nil
}

func (c *cloud) addImage(id, platform string) {
	c.cvm.AddImage(cvm.Image{ID: id, Name: id, OsName: platform, Platform: platform, Disks: []cvm.Disk{
		{SnapshotID: "snap-" + id[len("img-"):], Usage: disk.System, SizeGiB: 1, File: c.disk.Name()},
	}})
}

// trust writes the trust store that Go programs are given: this machine's own
// roots and the sandbox's CA. To read some hundred roots is part of a real cold
// start, so they must be there.
func (c *cloud) trust(dir string, ca *proxy.CA) error {
	own, err := os.ReadFile(ca.PEMFile())
	if err != nil {
		return err
	}
	for _, file := range []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"} {
		if roots, err := os.ReadFile(file); err == nil {
			own = append(own, roots...)
			break
		}
	}
	c.ca, c.roots = ca.PEMFile(), filepath.Join(dir, "roots.pem")
	return os.WriteFile(c.roots, own, 0o644)
}

func (c *cloud) route(host string) http.Handler {
	switch {
	case host == "cvm.tencentcloudapi.com":
		return c.cvm
	case strings.Contains(host, ".cos."+region+"."): // the Node SDK uses another domain than the Go SDK
		return c.cos
	case host == webhookHost:
		return c.inbox.Handler(host)
	}
	return nil
}

func (c *cloud) close() error {
	c.cvm.Close()
	c.disk.Close()
	return c.proxy.Shutdown(context.Background())
}

// traffic is what reached the services.
type traffic struct{ requests, connections int64 }

func (t traffic) String() string { return fmt.Sprintf("%d/%d", t.requests, t.connections) }

func (c *cloud) traffic() (t traffic) {
	for _, n := range c.proxy.Counts() {
		t.requests += n.Requests
		t.connections += n.Connections
	}
	return t
}

func (t traffic) since(before traffic) traffic {
	return traffic{t.requests - before.requests, t.connections - before.connections}
}

// environment is what SCF would set for one invocation: the function's settings,
// and new keys of its role.
func (c *cloud) environment(prefix string) map[string]string {
	keys := c.account.AssumeRole("ferry", time.Hour)
	return map[string]string{
		"FERRY_REGION": region, "FERRY_IMAGE_BUCKET": imageBucket, "FERRY_STATE_BUCKET": stateBucket,
		"FERRY_STATE_PREFIX": prefix, "FERRY_SETTLE": "0s", "FERRY_TOKEN": token,
		"FERRY_WEBHOOK_URL": "https://" + webhookHost + "/hook", "FERRY_WEBHOOK_SECRET": c.secret,
		"TENCENTCLOUD_SECRETID": keys.SecretID, "TENCENTCLOUD_SECRETKEY": keys.SecretKey, "TENCENTCLOUD_SESSIONTOKEN": keys.Token,
	}
}

// process is what a process finds in its environment when it starts.
func (c *cloud) process() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "TMPDIR=" + c.temp, "TZ=UTC",
		"HTTPS_PROXY=" + c.address, "http_proxy=" + c.address, // the Node SDK reads no other spelling
		"SSL_CERT_FILE=" + c.roots, "NODE_EXTRA_CA_CERTS=" + c.ca,
	}
}

// land puts an exported file into its bucket, as an export task does.
func (c *cloud) land(key string) error {
	up, err := c.cos.StartUpload(imageBucket, key)
	if err != nil {
		return err
	}
	if err := up.WritePart(1, c.disk, 0, diskSize); err != nil {
		return err
	}
	return up.Complete()
}

// refusedImages are a hundred that cannot be exported.
func refusedImages() []string {
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = fmt.Sprintf("img-win%05d", i)
	}
	return ids
}

// nowhere is the storage of export tasks: it takes everything and keeps nothing.
type nowhere struct{}

func (nowhere) BucketExists(bucket string) bool             { return bucket == imageBucket }
func (nowhere) StartUpload(_, _ string) (cvm.Upload, error) { return nowhere{}, nil }
func (nowhere) WritePart(int, *os.File, int64, int64) error { return nil }
func (nowhere) Complete() error                             { return nil }
func (nowhere) Abort()                                      {}
