package soak

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
	"github.com/imageferry/imageferry/internal/tencent"
	"github.com/imageferry/imageferry/stories/zips"
)

// machine is an image of the plan fleet.
type machine struct {
	id     image.ID
	disks  int
	broken bool // the cloud writes something else in the place of the last disk
}

var fleet = []machine{{"img-soak0001", 1, false}, {"img-soak0002", 1, false}, {"img-soak0003", 1, false}, {"img-soak0004", 2, true}, {"img-soak0005", 3, false}}

// Both plans export in every slot, and a slot is the minute of its event. The waits
// after a refusal are parts of the deadline; this one makes them short. Two receivers
// are told, each with troubles of its own.
const plans = `channels:
  program: {service: webhook, url: FERRY_PROGRAM_URL, secret: FERRY_PROGRAM_SECRET}
plans:
  fleet:
    unchanged: export
    deadline: 4h
    images:
      - id: img-soak0001
      - id: img-soak0002
      - id: img-soak0003
      - id: img-soak0004
      - id: img-soak0005
  single:
    unchanged: export
    images:
      - id: img-soak0001
    notify:
      program: [failed]
`

// speed is that of the cloud's own clock: an event is tried again after a second,
// and the sweep comes every five.
const speed = 120

// cloud is a sandbox with the fleet in it.
type cloud struct {
	*sandbox.Sandbox
	state *tencent.Store // the ledger's bucket, by requests
}

// start deploys the zips into a new cloud, in which no timer fires by itself.
func start(t *testing.T, cfg sandbox.Config) *cloud {
	t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the functions are programs for linux/amd64, as the platform wants them")
	}
	cfg.Speed, cfg.Dir = speed, t.TempDir()
	var err error
	if cfg.Dist, err = zips.Build(t).Pack(plans); err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, timer := range s.SCF.Timers("export") {
		if err := s.SCF.EnableTimer("export", timer.Name, false); err != nil {
			t.Fatal(err)
		}
	}
	addFleet(t, s)
	return &cloud{Sandbox: s, state: stateBucket(t, s)}
}

// addFleet puts the images into the account.
func addFleet(t *testing.T, s *sandbox.Sandbox) {
	t.Helper()
	good, bad := filepath.Join(t.TempDir(), "disk.raw"), filepath.Join(t.TempDir(), "letter.raw")
	smallDisk(t, good)
	if err := os.WriteFile(bad, []byte("This is no disk.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for n, m := range fleet {
		var disks []cvm.Disk
		for d := range m.disks {
			one := cvm.Disk{SnapshotID: fmt.Sprintf("snap-soak%02d%02d", n, d), Usage: disk.Data, SizeGiB: 1, File: good}
			if d == 0 {
				one.Usage = disk.System
			}
			if m.broken && d == m.disks-1 {
				one.File = bad
			}
			disks = append(disks, one)
		}
		s.CVM.AddImage(cvm.Image{ID: string(m.id), Name: fmt.Sprintf("machine-%d", n), OsName: "Debian 12.0 64bit", Platform: "Debian", Disks: disks})
	}
}

const diskSize = disk.GiB // bytes of every good disk

// smallDisk makes a disk of which little is no hole, since it is stored more than a
// thousand times: of a generated one the partition table and the file system's own
// structures, without the noise behind.
func smallDisk(t *testing.T, name string) {
	t.Helper()
	const head = 2 << 20
	if err := disk.Generate(name, 1, disk.System, "soak"); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	structures := make([]byte, head)
	if _, err := io.ReadFull(f, structures); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(0), f.Truncate(diskSize)); err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for off := 0; off < head; off += page {
		if block := structures[off : off+page]; len(bytes.Trim(block, "\x00")) > 0 {
			if _, err := f.WriteAt(block, int64(off)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// stateBucket reads the ledger as anybody can who has the account's keys.
func stateBucket(t *testing.T, s *sandbox.Sandbox) *tencent.Store {
	t.Helper()
	env := map[string]string{}
	for _, v := range s.Env() {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	proxy, err := url.Parse(env["HTTPS_PROXY"])
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := os.ReadFile(env["SSL_CERT_FILE"])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}, MaxIdleConnsPerHost: readers}
	t.Cleanup(transport.CloseIdleConnections)
	keys := func() (id, key, token string) {
		return env["TENCENTCLOUD_SECRET_ID"], env["TENCENTCLOUD_SECRET_KEY"], ""
	}
	name, err := image.ParseBucket(sandbox.StateBucket)
	if err != nil {
		t.Fatal(err)
	}
	return tencent.NewCOS(transport, keys, sandbox.Region).Store(name)
}

// until waits until ok holds. What it waits for comes, or something is wrong: so
// it gives up only shortly before the test binary would.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	const lastWords = 30 * time.Second
	end := time.Now().Add(10 * time.Minute)
	if deadline, set := t.Deadline(); set {
		end = deadline.Add(-lastWords)
	}
	for !ok() {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Where the ledger lies, as FERRY_STATE_PREFIX is not set.
const (
	statePrefix = "imageferry/"
	root        = statePrefix + "v1/"
)

// readers is how many requests read the ledger at once.
const readers = 8
