// Package cvm is the sandbox's Cloud Virtual Machine service: custom images,
// the instances that they are made of, and the tasks that export them.
//
// A [Server] answers the CVM API, version 2017-03-12, as an http.Handler behind
// the host name cvm.tencentcloudapi.com. It believes nothing: the signature, the
// types and names of all parameters, the request rate and every documented
// constraint of an action are checked, and refusals carry the codes of the
// service (the constants of type [Code]). It knows one region, the account's;
// in the others there is nothing.
//
// An accepted ExportImages becomes a [Task], which then lives by the sandbox
// clock and cannot be seen through the API, just as in the real service: it
// makes the disks one after another, writes each to the bucket by a multipart
// upload in parts that grow, and may die without a word. The Go methods of
// Server are what the console and the platform's operators have instead: look
// at tasks, export as the console does, break things.
//
// What no document tells is decided here and marked "undocumented" where it is.
package cvm

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// Storage is the bucket store as an export task sees it. Buckets are named in
// full, with the appid.
type Storage interface {
	BucketExists(bucket string) bool
	StartUpload(bucket, key string) (Upload, error)
}

// Upload is one multipart upload. A task that dies calls neither Complete nor
// Abort.
type Upload interface {
	// WritePart stores size bytes of src from off as part n, counted from 1.
	WritePart(n int, src *os.File, off, size int64) error
	Complete() error
	Abort()
}

// Config says what a Server stands on. Account, Clock, Storage and Dir are
// required.
type Config struct {
	Account *account.Account
	Clock   *clock.Clock
	Storage Storage
	Dir     string // for the disks of running tasks; must exist

	Rate       int64          // bytes that a task writes in a sandbox second; 0 means 160 MiB
	MaxTasks   int            // export tasks running at once; 0 means 5
	ImageQuota int            // custom images in the region; 0 means 500
	Roles      []string       // roles that CVM may assume; nil means CVM_QcsRole alone
	Limits     map[string]int // requests per real second, by action, instead of the documented ones

	// Allow is the account's access management: may this caller do the action,
	// such as "name/cvm:ExportImages"? Nil allows everything.
	Allow func(caller account.Credential, action string) bool

	// OnChange, if set, is told when a task starts, has written a disk, and
	// ends. Calls for different tasks may overlap.
	OnChange func(Task)
}

// DefaultRole is the role by which CVM writes to COS unless a request names
// another (213/47668).
const DefaultRole = "CVM_QcsRole"

// Server is the CVM service of one account. Use New.
type Server struct {
	cfg    Config
	limits *limits
	ctx    context.Context // ends with Close
	cancel context.CancelCauseFunc
	tasks  sync.WaitGroup

	mu       sync.Mutex
	home     *store
	started  []*task // oldest first
	lastTask uint64
	idle     chan struct{} // closed and replaced whenever a task ends
	switches switches
}

// New returns a service without images and instances.
func New(cfg Config) *Server {
	if cfg.Rate <= 0 {
		cfg.Rate = 160 << 20
	}
	if cfg.MaxTasks <= 0 {
		cfg.MaxTasks = 5
	}
	if cfg.ImageQuota <= 0 {
		cfg.ImageQuota = 500
	}
	if cfg.Roles == nil {
		cfg.Roles = []string{DefaultRole}
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	return &Server{
		cfg:      cfg,
		limits:   newLimits(cfg.Limits),
		ctx:      ctx,
		cancel:   cancel,
		home:     newStore(),
		lastTask: uint64(cfg.Clock.Now().Unix()), // so that ids of an earlier run do not come back
		idle:     make(chan struct{}),
		switches: newSwitches(),
	}
}

// Close stops the running tasks, which abort their uploads, and waits for them.
// The API answers InternalError to exports from here on.
func (s *Server) Close() {
	s.mu.Lock()
	s.cancel(errClosed)
	s.mu.Unlock() // no task is started any more
	s.tasks.Wait()
}

// AddImage puts an image into the account, replacing one of the same id. Empty
// fields get the values of an ordinary custom image that was created now.
func (s *Server) AddImage(m Image) {
	m.setDefaults(s.cfg.Clock.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.home.addImage(&image{Image: m})
}

// AddInstance puts an instance into the account, replacing one of the same id.
func (s *Server) AddInstance(i Instance) {
	i.setDefaults(s.cfg.Clock.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.home.addInstance(i)
}

// SetDisk makes the file at path the system disk of an image. Its bytes are
// exported as they are, whatever they are; the disk's size becomes that of the
// file, rounded up to GiB.
func (s *Server) SetDisk(imageID, path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.home.images[imageID]
	if m == nil {
		return fmt.Errorf("no image %q, there are %s", imageID, strings.Join(slices.Sorted(maps.Keys(s.home.images)), ", "))
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("disk of image %q: %w", imageID, err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("disk of image %q: %q is not a regular file", imageID, path)
	}
	for i := range m.Disks {
		if d := &m.Disks[i]; d.Usage == disk.System {
			d.File, d.SizeGiB = path, max(1, int((info.Size()+disk.GiB-1)/disk.GiB))
			s.home.snapshots[d.SnapshotID] = *d
			return nil
		}
	}
	return fmt.Errorf("disk of image %q: the image has no system disk", imageID)
}
