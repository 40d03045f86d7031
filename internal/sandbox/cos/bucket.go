package cos

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// bucket holds the objects and open uploads of one bucket. Requests take mu to
// look something up and to give content its name, never while content flows.
type bucket struct {
	name, dir string

	mu      sync.RWMutex
	state   bucketState
	deleted bool
	objects index[*entry]
	uploads index[*upload] // key, NUL, upload id

	lastUpload int64 // start of the newest upload of this process, in unix nanoseconds
}

// bucketState is bucket.json.
type bucketState struct {
	Created    time.Time
	Versioning string // Enabled, Suspended, or empty: never enabled
}

// bucketName is <name>-<appid> (436/13312).
var bucketName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?-[0-9]+$`)

// maxHost is the longest host name of a bucket (436/13312).
const maxHost = 60

func validBucket(name, appID, region string) bool {
	return bucketName.MatchString(name) && strings.HasSuffix(name, "-"+appID) &&
		len(name+".cos."+region+".myqcloud.com") <= maxHost
}

// createBucket lays out the directory of a bucket.
func createBucket(dir, name string, now time.Time) (*bucket, error) {
	b := &bucket{name: name, dir: filepath.Join(dir, name), state: bucketState{Created: now}}
	for _, sub := range []string{"data", "meta", "tmp", "uploads"} {
		if err := os.MkdirAll(filepath.Join(b.dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	return b, b.saveState() // last: a bucket without it was never created
}

// openBucket reads a bucket that an earlier process left.
func openBucket(dir, name string) (*bucket, error) {
	b := &bucket{name: name, dir: filepath.Join(dir, name)}
	if err := readJSON(filepath.Join(b.dir, "bucket.json"), &b.state); err != nil {
		return nil, err
	}
	if err := errors.Join(b.clearTemp(), b.loadObjects(), b.loadUploads()); err != nil {
		return nil, fmt.Errorf("cos: open bucket %q: %w", name, err)
	}
	return b, nil
}

func (b *bucket) saveState() error {
	return writeJSON(b.temp(), filepath.Join(b.dir, "bucket.json"), b.state)
}

func (b *bucket) temp() string { return filepath.Join(b.dir, "tmp") }

func (b *bucket) clearTemp() error {
	if err := os.RemoveAll(b.temp()); err != nil {
		return err
	}
	return os.Mkdir(b.temp(), 0o700)
}

// loadObjects fills the index and removes content that no record names.
func (b *bucket) loadObjects() error {
	named := map[string]bool{}
	err := eachFile(filepath.Join(b.dir, "meta"), func(path string) error {
		var rec record
		if err := readJSON(path, &rec); err != nil {
			return err
		}
		e := rec.entry
		b.objects.set(e.Key, &e)
		named[e.File] = true
		return nil
	})
	if err != nil {
		return err
	}
	return eachFile(filepath.Join(b.dir, "data"), func(path string) error {
		if named[filepath.Base(path)] {
			return nil
		}
		return os.Remove(path)
	})
}

func eachFile(dir string, do func(path string) error) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return do(path)
	})
}

// setVersioning enables or suspends versioning; it can never be switched off
// again (436/19889).
func (b *bucket) setVersioning(status string) error {
	if status != "Enabled" && status != "Suspended" {
		return errMalformedXML
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.deleted {
		return errNoSuchBucket
	}
	b.state.Versioning = status
	return b.saveState()
}

func (b *bucket) versioning() string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.state.Versioning
}

// remove deletes the bucket if nothing is in it.
func (b *bucket) remove() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.objects.count > 0 || b.uploads.count > 0 {
		return errBucketNotEmpty
	}
	b.deleted = true
	return os.RemoveAll(b.dir)
}
