package cos

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/sparse"
)

// errPosition has a documented status (436/7741); the code is an assumption.
var errPosition = &Error{http.StatusConflict, "PositionNotEqualToLength", "The position is not the length of the object."}

// appendObject answers APPEND Object (436/7741).
func (c *call) appendObject() error {
	position, err := strconv.ParseInt(c.query.Get("position"), 10, 64)
	if err != nil || position < 0 {
		return invalidArgument("The parameter position is not a length.")
	}
	body, err := c.receive(inlineSize, c.bucket.createData)
	if err != nil {
		return err
	}
	defer body.discard() // its bytes are copied
	rec, err := c.bucket.appendTo(c.key, position, body, keptHeaders(c.r.Header), c.s.now())
	if err != nil {
		return err
	}
	identify(c.w.Header(), rec)
	c.w.Header().Set("x-cos-next-append-position", strconv.FormatInt(rec.Size, 10))
	// The header says SHA-1, the service sends the MD5 of the body, and the SDK
	// compares the two.
	c.w.Header().Set("x-cos-content-sha1", hex.EncodeToString(body.md5[:]))
	return nil
}

// appendTo writes more behind an appendable object, or begins one. If the process
// dies before the new record is stored, the file is longer than its record says,
// and the next append writes over what is too much.
func (b *bucket) appendTo(key string, position int64, c content, header map[string]string, now time.Time) (*record, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rec, err := b.load(key, "")
	switch {
	case errors.Is(err, errNoSuchKey):
		rec = newRecord(key, content{}, header, now)
		rec.Appendable = true
	case err != nil:
		return nil, err
	case !rec.Appendable:
		return nil, errNotAppendable
	}
	switch {
	case position != rec.Size:
		return nil, errPosition
	case rec.Size+c.size > maxPut:
		return nil, errEntityTooLarge
	}
	if err := b.extend(rec, c); err != nil {
		return nil, err
	}
	sum := md5.Sum([]byte(rec.ETag + c.etag()))
	rec.ETag = `"` + hex.EncodeToString(sum[:]) + `"`
	rec.CRC64 = sparse.Combine(rec.CRC64, c.crc, c.size)
	rec.Size += c.size
	rec.LastModified = now
	temp, err := writeTemp(b.temp(), rec)
	if err != nil {
		return nil, err
	}
	if err := b.place(temp, key); err != nil {
		return nil, err
	}
	e := rec.entry
	b.objects.set(key, &e)
	return rec, nil
}

// extend writes content at the end of an object's file, which it makes if there is none.
func (b *bucket) extend(rec *record, c content) error {
	if rec.File == "" {
		f, err := b.createData()
		if err != nil {
			return err
		}
		rec.File = filepath.Base(f.Name())
		f.Close()
	}
	dst, err := os.OpenFile(b.dataPath(rec.File), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer dst.Close()
	if c.path == "" {
		_, err = dst.WriteAt(c.body, rec.Size)
		return err
	}
	src, err := os.Open(c.path)
	if err != nil {
		return err
	}
	defer src.Close()
	_, err = io.Copy(io.NewOffsetWriter(dst, rec.Size), src)
	return err
}
