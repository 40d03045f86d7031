package cos

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash/crc64"
	"io"
	"os"
)

// maxPut is the most that one request may carry (436/7749).
const maxPut = 5 << 30

var ecma = crc64.MakeTable(crc64.ECMA)

// content is the bytes of an object or part on their way to a name.
type content struct {
	size int64
	crc  uint64
	md5  [md5.Size]byte
	body []byte // the bytes, if they are few
	path string // else the file that holds them
}

// receive stores what r yields: up to inline bytes in memory, else in a file that
// create makes. On an error nothing stays behind.
func receive(r io.Reader, inline int64, create func() (*os.File, error)) (c content, err error) {
	sum, crc := md5.New(), crc64.New(ecma)
	r = io.TeeReader(io.LimitReader(r, maxPut+1), io.MultiWriter(sum, crc))
	var head bytes.Buffer
	c.size, err = io.CopyN(&head, r, inline+1)
	switch {
	case errors.Is(err, io.EOF) && inline > 0: // all of it
		c.body, err = head.Bytes(), nil
	case err == nil || errors.Is(err, io.EOF):
		err = c.spill(io.MultiReader(&head, r), create)
	}
	if err == nil && c.size > maxPut {
		err = errEntityTooLarge
	}
	if err != nil {
		c.discard()
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = errIncompleteBody
		}
		return content{}, err
	}
	c.crc = crc.Sum64()
	sum.Sum(c.md5[:0])
	return c, nil
}

// spill writes r to a new file.
func (c *content) spill(r io.Reader, create func() (*os.File, error)) error {
	f, err := create()
	if err != nil {
		return err
	}
	c.path = f.Name()
	c.size, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// discard removes content that got no name.
func (c *content) discard() {
	if c.path != "" {
		os.Remove(c.path)
	}
}

func (c *content) etag() string { return `"` + hex.EncodeToString(c.md5[:]) + `"` }

// checkMD5 compares with a Content-MD5 header, if there is one.
func checkMD5(header string, sum [md5.Size]byte) error {
	if header == "" {
		return nil
	}
	want, err := base64.StdEncoding.DecodeString(header)
	switch {
	case err != nil || len(want) != md5.Size:
		return errInvalidDigest
	case !bytes.Equal(want, sum[:]):
		return errBadDigest
	}
	return nil
}
