package cos

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"os"
)

// The rest of the sandbox uses the store directly, without a request: the same
// objects, the same events. Errors are *Error.

// Head returns what an object is.
func (s *Server) Head(bucket, key string) (ObjectInfo, error) {
	b, err := s.bucket(bucket)
	if err != nil {
		return ObjectInfo{}, err
	}
	rec, err := b.stat(key, "")
	if err != nil {
		return ObjectInfo{}, err
	}
	return rec.ObjectInfo, nil
}

// Open opens an object for reading; the caller closes the file. The file stays
// what it was when the object is replaced or deleted. Only the first Size bytes
// belong to an appendable object.
func (s *Server) Open(bucket, key string) (*os.File, ObjectInfo, error) {
	b, err := s.bucket(bucket)
	if err != nil {
		return nil, ObjectInfo{}, err
	}
	o, err := b.open(key, "")
	if err != nil {
		return nil, ObjectInfo{}, err
	}
	f, err := o.asFile()
	return f, o.ObjectInfo, err
}

// List returns all objects whose key begins with prefix, in binary order; none
// if there is no such bucket.
func (s *Server) List(bucket, prefix string) []ObjectInfo {
	b, err := s.bucket(bucket)
	if err != nil {
		return nil
	}
	var out []ObjectInfo
	for q := (pageQuery{prefix: prefix, limit: maxPage}); ; {
		p := b.listObjects(q)
		for _, e := range p.items {
			out = append(out, e.ObjectInfo)
		}
		if !p.truncated {
			return out
		}
		q.after = p.last
	}
}

// SetVersioning enables ("Enabled") or suspends ("Suspended") versioning.
func (s *Server) SetVersioning(bucket, status string) error {
	b, err := s.bucket(bucket)
	if err != nil {
		return err
	}
	return b.setVersioning(status)
}

// Upload is a multipart upload made inside of the cloud. Until it is completed or
// aborted, it shows in listings as any other.
type Upload struct {
	s *Server
	b *bucket
	u *upload
}

// StartUpload begins a multipart upload, which will replace an object of that key.
func (s *Server) StartUpload(bucket, key string) (*Upload, error) {
	b, err := s.bucket(bucket)
	if err != nil {
		return nil, err
	}
	if err := checkKey(key); err != nil {
		return nil, err
	}
	u, err := b.startUpload(key, map[string]string{"Content-Type": "application/octet-stream"}, s.now())
	if err != nil {
		return nil, err
	}
	return &Upload{s, b, u}, nil
}

// WritePart makes size bytes of src at off the part n (1 to 10000). Holes of src
// cost nothing. Parts other than the last must be 1 MiB or more. May be called
// concurrently.
func (u *Upload) WritePart(n int, src *os.File, off, size int64) error {
	if err := checkPartNumber(n); err != nil {
		return err
	}
	c, err := copyFile(src, off, size, u.u.createPart)
	if err != nil {
		return fmt.Errorf("cos: write part %d of %q: %w", n, u.u.Key, err)
	}
	_, err = u.b.putPart(u.u, n, c, sparseETag(c), u.s.now())
	return err
}

// sparseETag stands in for the MD5 where content was copied by its extents: to
// know the MD5 of a hole one would have to read it.
func sparseETag(c content) string {
	sum := md5.Sum(fmt.Appendf(nil, "%d %x", c.size, c.crc))
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// Complete makes all parts written so far the object, in the order of their numbers.
func (u *Upload) Complete() error {
	var all []chosenPart
	for _, p := range u.u.list() {
		all = append(all, chosenPart{p.Number, p.ETag})
	}
	if len(all) == 0 {
		return errMalformedXML
	}
	rec, err := u.b.complete(u.u, all, false, u.s.now())
	if err != nil {
		return err
	}
	u.s.emit(newEvent(createdMultipart, u.b.name, randomHex(16), rec.ObjectInfo, rec.Header["Content-Type"], rec.LastModified))
	return nil
}

// Abort throws the upload away; after Complete it does nothing.
func (u *Upload) Abort() {
	_ = u.b.abort(u.u) // gone already is what was wanted
}
