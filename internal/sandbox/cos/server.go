package cos

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/signature"
)

// Config says what a Server serves.
type Config struct {
	Dir     string           // where everything is kept; made if absent
	Account *account.Account // owner of all buckets, and who may sign
	Clock   *clock.Clock     // for Last-Modified and other times that COS itself sets
}

// Server is the object storage of one account in one region.
type Server struct {
	dir     string
	account *account.Account
	clock   *clock.Clock

	mu          sync.RWMutex
	buckets     map[string]*bucket
	subscribers []func(Event)
}

// New returns a server with all that an earlier one left in the directory. Only
// one server may use a directory at a time.
func New(cfg Config) (*Server, error) {
	s := &Server{dir: cfg.Dir, account: cfg.Account, clock: cfg.Clock, buckets: map[string]*bucket{}}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, fmt.Errorf("cos: %w", err)
	}
	found, err := filepath.Glob(filepath.Join(s.dir, "*", "bucket.json"))
	if err != nil {
		return nil, fmt.Errorf("cos: %w", err)
	}
	for _, path := range found {
		b, err := openBucket(s.dir, filepath.Base(filepath.Dir(path)))
		if err != nil {
			return nil, err
		}
		s.buckets[b.name] = b
	}
	return s, nil
}

// now is when something happens in the cloud.
func (s *Server) now() time.Time { return s.clock.Now().Truncate(time.Millisecond) }

func (s *Server) bucket(name string) (*bucket, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if b := s.buckets[name]; b != nil {
		return b, nil
	}
	return nil, errNoSuchBucket
}

// CreateBucket makes an empty bucket; name ends with the account's appid.
func (s *Server) CreateBucket(name string) error {
	if !validBucket(name, s.account.AppID, s.account.Region) {
		return errInvalidBucket
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[name] != nil {
		return errBucketOwned
	}
	b, err := createBucket(s.dir, name, s.now())
	if err != nil {
		return fmt.Errorf("cos: create bucket %q: %w", name, err)
	}
	s.buckets[name] = b
	return nil
}

func (s *Server) removeBucket(b *bucket) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := b.remove(); err != nil {
		return err
	}
	delete(s.buckets, b.name)
	return nil
}

// sortedBuckets returns all buckets by name.
func (s *Server) sortedBuckets() []*bucket {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*bucket
	for _, b := range s.buckets {
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b *bucket) int { return strings.Compare(a.name, b.name) })
	return out
}

// ServeHTTP answers a request to any COS host name. Signatures are checked
// against the wall clock.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{s: s, w: w, r: r, id: randomHex(16), query: r.URL.Query()}
	w.Header().Set("Server", "tencent-cos")
	w.Header().Set("x-cos-request-id", c.id)
	err := c.authorize()
	if err == nil {
		err = c.route()
	}
	if err != nil {
		c.fail(asError(err))
	}
}

func (c *call) authorize() error {
	_, err := signature.QSign(c.r, c.s.account, time.Now())
	return err
}

// endpoint is what a host name means: a bucket, or with an empty bucket the
// listing of buckets, of one region or of all.
type endpoint struct{ bucket, region string }

// parseHost understands <bucket>.cos.<region>.<domain>, cos.<region>.<domain> and
// service.cos.<domain>.
func parseHost(host string) (e endpoint, ok bool) {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(host)
	rest, ok := strings.CutSuffix(host, ".myqcloud.com")
	if !ok {
		rest, ok = strings.CutSuffix(host, ".tencentcos.cn")
	}
	labels := strings.Split(rest, ".")
	switch {
	case !ok:
		return e, false
	case len(labels) == 3 && labels[1] == "cos":
		return endpoint{labels[0], labels[2]}, true
	case len(labels) == 2 && labels[0] == "cos":
		return endpoint{region: labels[1]}, true
	}
	return e, rest == "service.cos"
}
