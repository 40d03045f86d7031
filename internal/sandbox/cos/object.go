package cos

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"
	"unicode/utf8"
)

// checkKey refuses keys that COS does not take (436/13324).
func checkKey(key string) error {
	switch {
	case len(key) > 850:
		return errKeyTooLong
	case key == "" || !utf8.ValidString(key):
		return invalidArgument("The key is empty or not UTF-8.")
	}
	for _, c := range key {
		if c < ' ' || c == 0x7f {
			return invalidArgument("The key contains the control character %U.", c)
		}
	}
	return nil
}

// newRecord describes content that is about to be committed.
func newRecord(key string, c content, header map[string]string, now time.Time) *record {
	rec := &record{Header: header, Body: c.body}
	rec.ObjectInfo = ObjectInfo{Key: key, Size: c.size, ETag: c.etag(), CRC64: c.crc, LastModified: now}
	rec.StorageClass = storageClass(header)
	if c.path != "" {
		rec.File = filepath.Base(c.path)
	}
	return rec
}

func storageClass(header map[string]string) string {
	if class := header["X-Cos-Storage-Class"]; class != "" {
		return class
	}
	return "STANDARD"
}

// commit gives content its name: from here on the object is rec. With forbid, an
// object that is there already wins, unless the bucket ever had versioning
// (436/7749). Whoever loses must discard the content.
func (b *bucket) commit(rec *record, forbid bool) error {
	if b.versioning() == "Enabled" {
		rec.VersionID = randomHex(16)
	}
	temp, err := writeTemp(b.temp(), rec)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	old, exists := b.objects.get(rec.Key)
	switch {
	case b.deleted:
		return errNoSuchBucket
	case forbid && exists && b.state.Versioning == "":
		os.Remove(temp)
		return errFileExists
	}
	if err := b.place(temp, rec.Key); err != nil {
		return err
	}
	e := rec.entry
	b.objects.set(rec.Key, &e)
	if exists {
		b.removeData(old) // who reads it has it open
	}
	return nil
}

// refuseExisting is the early answer of an upload's start to forbid.
func (b *bucket) refuseExisting(key string) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if _, exists := b.objects.get(key); exists && b.state.Versioning == "" {
		return errFileExists
	}
	return nil
}

// removeObject deletes an object and returns what it was; nil if there was none.
func (b *bucket) removeObject(key, version string) (*entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.objects.get(key)
	switch {
	case ok && !e.isVersion(version):
		return nil, errNoSuchVersion
	case !ok:
		return nil, nil
	}
	if err := os.Remove(b.recordPath(key)); err != nil {
		return nil, err
	}
	b.objects.delete(key)
	b.removeData(e)
	return e, nil
}

// isVersion reports whether a versionId parameter names this version; objects
// from before versioning are version "null".
func (e *entry) isVersion(id string) bool {
	return id == "" || id == e.VersionID || id == "null" && e.VersionID == ""
}

func (b *bucket) removeData(e *entry) {
	if e.File != "" {
		os.Remove(b.dataPath(e.File))
	}
}

// stat reads the record of an object.
func (b *bucket) stat(key, version string) (*record, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.load(key, version)
}

// load is stat for who holds the lock.
func (b *bucket) load(key, version string) (*record, error) {
	e, ok := b.objects.get(key)
	switch {
	case !ok:
		return nil, errNoSuchKey
	case !e.isVersion(version):
		return nil, errNoSuchVersion
	}
	rec := new(record)
	return rec, readJSON(b.recordPath(key), rec)
}

// object is an object that is open for reading. It stays what it was, whatever
// happens to its key meanwhile.
type object struct {
	*record
	file *os.File // nil if the record holds the content
}

func (b *bucket) open(key, version string) (*object, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	rec, err := b.load(key, version)
	if err != nil || rec.File == "" {
		return &object{record: rec}, err
	}
	f, err := os.Open(b.dataPath(rec.File))
	return &object{rec, f}, err
}

func (o *object) Close() error {
	if o.file == nil {
		return nil
	}
	return o.file.Close()
}

// section returns n bytes from off on. A file is given as such, so that the
// kernel can send it.
func (o *object) section(off, n int64) (io.Reader, error) {
	if o.file == nil {
		return bytes.NewReader(o.Body[off : off+n]), nil
	}
	_, err := o.file.Seek(off, io.SeekStart)
	return io.LimitReader(o.file, n), err
}

// asFile returns the content as an open file in any case.
func (o *object) asFile() (*os.File, error) {
	if o.file != nil {
		return o.file, nil
	}
	f, err := os.CreateTemp("", "cos-object-*")
	if err != nil {
		return nil, err
	}
	_, err = f.WriteAt(o.Body, 0)
	if err = errors.Join(err, os.Remove(f.Name())); err != nil { // the open file lives on without a name
		f.Close()
		return nil, err
	}
	return f, nil
}
