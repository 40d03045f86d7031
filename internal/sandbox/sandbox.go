// Package sandbox is a Tencent Cloud for one machine: one account, with images,
// buckets and the two functions of Image Ferry deployed in it, behind a forward
// proxy on loopback.
//
// Programs do not know that they are in it. They talk to the real host names
// through HTTPS_PROXY and believe the sandbox's CA; `imageferry sandbox env`
// prints what they need. The functions that run are the zips that would be
// deployed. Everything stands on one loopback address: it is the proxy, the
// Function URL, and under /_sandbox/ the control panel of whoever holds the
// strings (see control.go).
package sandbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/cos"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/fault"
	"github.com/imageferry/imageferry/internal/sandbox/inbox"
	"github.com/imageferry/imageferry/internal/sandbox/mail"
	"github.com/imageferry/imageferry/internal/sandbox/proxy"
	"github.com/imageferry/imageferry/internal/sandbox/scf"
)

// The account in every sandbox. Bucket names carry the appid.
const (
	AppID       = "1250000000"
	UIN         = "100000000001"
	Region      = "ap-guangzhou"
	ImageBucket = "images-" + AppID
	StateBucket = "state-" + AppID
)

// webhookHost is where the functions' notices go: to the inbox.
const webhookHost = "hooks.imageferry.test"

// Config says what a sandbox is made of. Dir and Dist are required.
type Config struct {
	Dir      string            // for everything it keeps; made if absent
	Dist     string            // folder with export.zip and notify.zip
	Listen   string            // loopback address; empty means any free port
	Speed    float64           // sandbox seconds in a real one; 0 means 1
	Rate     int64             // bytes that an export writes in a sandbox second; 0 means 160 MiB
	MaxTasks int               // exports that CVM runs at once; 0 means 5
	Timeout  time.Duration     // of both functions; 0 means 60 s
	Disks    map[string]string // raw disk files by image id, instead of generated system disks
	Settings map[string]string // FERRY_ settings of both functions, beside the sandbox's own; an empty value removes one
}

// Sandbox is a running cloud. Its parts are there to be looked at and disturbed.
type Sandbox struct {
	Account *account.Account
	Clock   *clock.Clock
	COS     *cos.Server
	CVM     *cvm.Server
	SCF     *scf.Runtime
	Inbox   *inbox.Inbox
	Faults  *fault.Set
	Plans   []Plan // as compiled into the deployed zips

	cfg      Config
	proxy    *proxy.Proxy
	ca       *proxy.CA
	requests requestLog
	key      account.Credential
	token    string
	secret   string
	addr     string
	channels map[string]string // variables that the plans' channels name
	mail     *mail.Server
	password string // of mailUser

	mailTLS, mailStartTLS string // addresses of the mail server

	log    *os.File // of the proxy: failed handshakes and the like are worth keeping, not worth showing
	served chan error
}

// New starts a sandbox and serves it until Close.
func New(cfg Config) (*Sandbox, error) {
	var err error
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil { // other programs, elsewhere, are told of files in it
		return nil, err
	}
	s := &Sandbox{
		cfg: cfg, Account: account.New(AppID, UIN, Region), Clock: clock.New(cfg.Speed), Faults: fault.New(1),
		token: rand.Text() + rand.Text(), secret: webhookSecret(), password: rand.Text(), served: make(chan error, 1),
	}
	s.key = s.Account.CreateKey()
	listener, err := listen(cfg.Listen)
	if err != nil {
		return nil, err
	}
	s.addr = listener.Addr().String()
	if err := s.build(); err != nil {
		listener.Close()
		s.stop()
		s.log.Close()
		return nil, err
	}
	s.proxy = proxy.New(s.ca, s.route)
	s.proxy.Direct = s.direct()
	s.proxy.ErrorLog = log.New(s.log, "", log.LstdFlags)
	go func() { s.served <- s.proxy.Serve(listener) }()
	if err := s.deploy(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// build makes the services, lowest first.
func (s *Sandbox) build() (err error) {
	dirs := map[string]string{}
	for _, name := range []string{"ca", "cos", "cvm", "scf"} {
		dirs[name] = filepath.Join(s.cfg.Dir, name)
		if err := os.MkdirAll(dirs[name], 0o755); err != nil {
			return err
		}
	}
	if s.log, err = os.OpenFile(filepath.Join(s.cfg.Dir, "proxy.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return err
	}
	if s.ca, err = proxy.NewCA(dirs["ca"]); err != nil {
		return err
	}
	if err := s.people(); err != nil {
		return err
	}
	if s.COS, err = cos.New(cos.Config{Dir: dirs["cos"], Account: s.Account, Clock: s.Clock}); err != nil {
		return err
	}
	s.CVM = cvm.New(cvm.Config{
		Account: s.Account, Clock: s.Clock, Allow: s.allow, Storage: storage{s.COS}, Dir: dirs["cvm"], Rate: s.cfg.Rate, MaxTasks: s.cfg.MaxTasks,
	})
	s.SCF = scf.New(scf.Config{
		Account: s.Account, Clock: s.Clock, Dir: dirs["scf"], Deliver: s.Faults.Deliver,
		ProcessEnv: func(instance string) []string {
			door := "http://" + instance + "@" + s.addr // so that faults find who asks
			return []string{"HTTPS_PROXY=" + door, "HTTP_PROXY=" + door, "SSL_CERT_FILE=" + s.ca.BundleFile()}
		},
	})
	s.Faults.Kill = func(r *http.Request) { s.SCF.KillInstance(proxy.User(r)) }
	s.COS.Subscribe(func(e cos.Event) {
		s.SCF.ObjectEvent(scf.ObjectEvent{
			Name: e.Name, Bucket: e.Bucket, Key: e.Key, ETag: e.ETag, StorageClass: e.StorageClass, ContentType: e.ContentType,
			RequestID: e.RequestID, SourceIP: e.SourceIP, Size: e.Size, Time: e.Time,
		})
	})
	return s.seed()
}

// URL returns the address of proxy, Function URL and control panel.
func (s *Sandbox) URL() string { return "http://" + s.addr }

// Token returns the token that opens the function's API.
func (s *Sandbox) Token() string { return s.token }

// lastWords is how long Close lets requests in progress go on.
const lastWords = 5 * time.Second

// Close ends the sandbox and every process in it; a request that hangs is cut.
// What the sandbox kept in Dir stays.
func (s *Sandbox) Close() error {
	s.stop()
	ctx, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	err := s.proxy.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, s.log.Close())
}

func (s *Sandbox) stop() {
	if s.SCF != nil {
		s.SCF.Close()
	}
	if s.CVM != nil {
		s.CVM.Close()
	}
	if s.mail != nil {
		s.mail.Close() // its ports have no errors that matter any more
	}
}

func listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen address %q: want host:port, such as 127.0.0.1:8080", addr)
	}
	if host == "localhost" { // the name may stand for ::1 as well, and the sandbox has one address
		host, addr = "127.0.0.1", net.JoinHostPort("127.0.0.1", port)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listen address %q: the sandbox holds keys and runs code, so it binds loopback only, such as 127.0.0.1:8080", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%w; is another sandbox running? choose another port, such as --listen 127.0.0.1:8090", err)
	}
	return l, nil
}

// storage lets export tasks write to the buckets.
type storage struct{ *cos.Server }

func (s storage) BucketExists(bucket string) bool {
	_, err := s.Head(bucket, "?")
	e, refused := errors.AsType[*cos.Error](err)
	return !refused || e.Code != "NoSuchBucket"
}

func (s storage) StartUpload(bucket, key string) (cvm.Upload, error) {
	return s.Server.StartUpload(bucket, key)
}
