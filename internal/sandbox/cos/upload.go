package cos

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"
)

// maxParts bounds part numbers (436/7750).
const maxParts = 10000

// upload is a multipart upload that is neither completed nor aborted.
type upload struct {
	uploadState
	dir string

	mu    sync.Mutex // held while the upload is completed
	ended bool
	parts map[int]*part
}

// uploadState is upload.json.
type uploadState struct {
	ID, Key   string
	Initiated time.Time
	Header    map[string]string // becomes the object's
}

// part is <n>.json.
type part struct {
	Number   int
	Size     int64
	ETag     string
	CRC64    uint64
	Modified time.Time
	File     string // beside it
}

// name is the key of the upload in its bucket's index: by object key, then by id.
func (u *upload) name() string { return u.Key + "\x00" + u.ID }

func (u *upload) partPath(n int) string { return filepath.Join(u.dir, strconv.Itoa(n)+".json") }

// startUpload opens an upload. Its id sorts by the time it was made, also among
// those of one moment.
func (b *bucket) startUpload(key string, header map[string]string, now time.Time) (*upload, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lastUpload = max(now.UnixNano(), b.lastUpload+1)
	u := &upload{parts: map[int]*part{}}
	u.uploadState = uploadState{ID: fmt.Sprintf("%x%s", b.lastUpload, randomHex(8)), Key: key, Initiated: now, Header: header}
	u.dir = filepath.Join(b.dir, "uploads", u.ID)
	if b.deleted {
		return nil, errNoSuchBucket
	}
	if err := os.Mkdir(u.dir, 0o700); err != nil {
		return nil, err
	}
	if err := writeJSON(b.temp(), filepath.Join(u.dir, "upload.json"), u.uploadState); err != nil {
		return nil, err
	}
	b.uploads.set(u.name(), u)
	return u, nil
}

func (b *bucket) findUpload(key, id string) (*upload, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if u, ok := b.uploads.get(key + "\x00" + id); ok {
		return u, nil
	}
	return nil, errNoSuchUpload
}

// createPart makes an empty file for a part's content.
func (u *upload) createPart() (*os.File, error) {
	f, err := os.Create(filepath.Join(u.dir, randomHex(12)+".part"))
	if os.IsNotExist(err) { // ended meanwhile
		return nil, errNoSuchUpload
	}
	return f, err
}

// putPart makes c part n, in the place of an earlier part n.
func (b *bucket) putPart(u *upload, n int, c content, etag string, now time.Time) (*part, error) {
	p := &part{Number: n, Size: c.size, ETag: etag, CRC64: c.crc, Modified: now, File: filepath.Base(c.path)}
	u.mu.Lock()
	defer u.mu.Unlock()
	err := error(errNoSuchUpload)
	if !u.ended {
		err = writeJSON(b.temp(), u.partPath(n), p)
	}
	if err != nil {
		c.discard()
		return nil, err
	}
	if old := u.parts[n]; old != nil {
		os.Remove(filepath.Join(u.dir, old.File))
	}
	u.parts[n] = p
	return p, nil
}

func checkPartNumber(n int) error {
	if n < 1 || n > maxParts {
		return invalidArgument("The part number %d is not between 1 and %d.", n, maxParts)
	}
	return nil
}

// list returns the parts in order.
func (u *upload) list() []*part {
	u.mu.Lock()
	defer u.mu.Unlock()
	parts := slices.Collect(maps.Values(u.parts))
	slices.SortFunc(parts, func(a, b *part) int { return a.Number - b.Number })
	return parts
}

// abort throws an upload away.
func (b *bucket) abort(u *upload) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended {
		return errNoSuchUpload
	}
	return b.endLocked(u)
}

// endLocked removes an upload whose lock is held.
func (b *bucket) endLocked(u *upload) error {
	u.ended = true
	b.mu.Lock()
	b.uploads.delete(u.name())
	b.mu.Unlock()
	return os.RemoveAll(u.dir)
}

// loadUploads reads the uploads that an earlier process left open.
func (b *bucket) loadUploads() error {
	dirs, err := os.ReadDir(filepath.Join(b.dir, "uploads"))
	if err != nil {
		return err
	}
	for _, d := range dirs {
		u := &upload{dir: filepath.Join(b.dir, "uploads", d.Name()), parts: map[int]*part{}}
		if err := readJSON(filepath.Join(u.dir, "upload.json"), &u.uploadState); err != nil {
			if err := os.RemoveAll(u.dir); err != nil { // being started or removed when the process died
				return err
			}
			continue
		}
		if err := u.loadParts(); err != nil {
			return err
		}
		b.uploads.set(u.name(), u)
	}
	return nil
}

func (u *upload) loadParts() error {
	paths, err := filepath.Glob(filepath.Join(u.dir, "[0-9]*.json"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		p := new(part)
		if err := readJSON(path, p); err != nil {
			return err
		}
		u.parts[p.Number] = p
	}
	return nil
}
