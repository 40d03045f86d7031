package cos

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/sparse"
)

// minPartSize is the least size of every part but the last (436/7742).
const minPartSize = 1 << 20

// chosenPart is a part as the one who completes an upload names it.
type chosenPart struct {
	PartNumber int
	ETag       string
}

// choose finds the parts that the object is made of.
func (u *upload) choose(chosen []chosenPart) ([]*part, error) {
	for i := range len(chosen) - 1 {
		if chosen[i].PartNumber >= chosen[i+1].PartNumber {
			return nil, errInvalidPartOrder
		}
	}
	var parts []*part
	for i, c := range chosen {
		p := u.parts[c.PartNumber]
		switch {
		case p == nil || strings.Trim(p.ETag, `"`) != strings.Trim(c.ETag, `"`):
			return nil, errInvalidPart
		case i < len(chosen)-1 && p.Size < minPartSize:
			return nil, errEntityTooSmall
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// complete makes the chosen parts an object and ends the upload; refused, the
// upload stays open. If the process dies between the two, the object is there and
// the upload is still listed, like after an answer that got lost.
func (b *bucket) complete(u *upload, chosen []chosenPart, forbid bool, now time.Time) (*record, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended {
		return nil, errNoSuchUpload
	}
	parts, err := u.choose(chosen)
	if err != nil {
		return nil, err
	}
	c, etag, err := b.join(u, parts)
	if err != nil {
		return nil, err
	}
	rec := newRecord(u.Key, c, u.Header, now)
	rec.ETag = etag
	if err := b.commit(rec, forbid); err != nil {
		c.discard()
		return nil, err
	}
	return rec, b.endLocked(u)
}

// join concatenates parts; holes stay holes. The ETag of the result is a digest
// of the parts' ETags and their number, and no checksum of the content.
func (b *bucket) join(u *upload, parts []*part) (c content, etag string, err error) {
	dst, err := b.createData()
	if err != nil {
		return c, "", err
	}
	defer dst.Close()
	c.path = dst.Name()
	sum := md5.New()
	for _, p := range parts {
		if err := u.appendPart(dst, c.size, p); err != nil {
			c.discard()
			return c, "", err
		}
		c.crc = sparse.Combine(c.crc, p.CRC64, p.Size)
		c.size += p.Size
		sum.Write([]byte(p.ETag))
	}
	return c, fmt.Sprintf(`"%s-%d"`, hex.EncodeToString(sum.Sum(nil)), len(parts)), nil
}

func (u *upload) appendPart(dst *os.File, off int64, p *part) error {
	src, err := os.Open(filepath.Join(u.dir, p.File))
	if err != nil {
		return err
	}
	defer src.Close()
	crc, err := sparse.Copy(dst, off, src, 0, p.Size)
	if err == nil && crc != p.CRC64 {
		err = fmt.Errorf("part %d of upload %q changed on disk", p.Number, u.ID)
	}
	return err
}
