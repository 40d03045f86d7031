package cos

import (
	"encoding/xml"
	"errors"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/imageferry/imageferry/internal/sandbox/sparse"
)

type copyResult struct {
	XMLName      xml.Name `xml:"CopyObjectResult"`
	ETag         string
	LastModified string
	CRC64        string
	VersionID    string `xml:"VersionId,omitempty"`
}

// copyObject answers PUT Object - Copy (436/10881).
func (c *call) copyObject() error {
	src, err := c.openSource()
	if err != nil {
		return err
	}
	defer src.Close()
	switch {
	case src.Appendable: // 436/7741 says no, but not how
		return invalidArgument("An appendable object cannot be copied.")
	case src.Size > maxPut:
		return errEntityTooLarge
	}
	body, err := src.copyRange(byteRange{0, src.Size}, inlineSize, c.bucket.createData)
	if err != nil {
		return err
	}
	rec := newRecord(c.key, body, c.copiedHeaders(src.record), c.s.now())
	rec.ETag = src.ETag
	if err := c.bucket.commit(rec, c.forbid()); err != nil {
		body.discard()
		return err
	}
	identify(c.w.Header(), rec)
	c.created(createdCopy, rec)
	return c.xml(copyResult{
		ETag: rec.ETag, LastModified: xmlTime(rec.LastModified), CRC64: strconv.FormatUint(rec.CRC64, 10), VersionID: rec.VersionID,
	})
}

// openSource finds what x-cos-copy-source names, <host>/<key>?versionId=<id>, and
// checks the conditions on it.
func (c *call) openSource() (*object, error) {
	source, query, _ := strings.Cut(c.r.Header.Get("x-cos-copy-source"), "?")
	host, escaped, _ := strings.Cut(strings.TrimPrefix(source, "/"), "/")
	e, ok := parseHost(host)
	key, err := url.PathUnescape(escaped)
	version, errQuery := url.ParseQuery(query)
	if !ok || err != nil || errQuery != nil || key == "" {
		return nil, invalidArgument("The header x-cos-copy-source is malformed.")
	}
	if e.region != c.s.account.Region {
		return nil, errNoSuchBucket
	}
	b, err := c.s.bucket(e.bucket)
	if err != nil {
		return nil, err
	}
	o, err := b.open(key, version.Get("versionId"))
	if err != nil {
		return nil, err
	}
	if checkConditions(c.r.Header, "x-cos-copy-source-", o.ObjectInfo) != nil {
		o.Close()
		return nil, errPrecondition
	}
	return o, nil
}

// copiedHeaders are the source's, or with the directive Replaced the request's.
func (c *call) copiedHeaders(src *record) map[string]string {
	asked := keptHeaders(c.r.Header)
	if strings.EqualFold(c.r.Header.Get("x-cos-metadata-directive"), "Replaced") {
		return asked
	}
	kept := map[string]string{}
	for name, value := range src.Header {
		kept[name] = value
	}
	delete(kept, "X-Cos-Storage-Class") // a copy is STANDARD unless asked otherwise
	if class := asked["X-Cos-Storage-Class"]; class != "" {
		kept["X-Cos-Storage-Class"] = class
	}
	return kept
}

// copyRange makes new content of a part of an object; what is in a file is copied
// sparsely, without an MD5.
func (o *object) copyRange(r byteRange, inline int64, create func() (*os.File, error)) (c content, err error) {
	if o.file == nil || r.length <= inline {
		body, err := o.section(r.start, r.length)
		if err != nil {
			return c, err
		}
		return receive(body, inline, create)
	}
	return copyFile(o.file, r.start, r.length, create)
}

// copyFile makes content of a part of a file.
func copyFile(src *os.File, off, size int64, create func() (*os.File, error)) (c content, err error) {
	dst, err := create()
	if err != nil {
		return c, err
	}
	c = content{size: size, path: dst.Name()}
	c.crc, err = sparse.Copy(dst, 0, src, off, size)
	if err = errors.Join(err, dst.Close()); err != nil {
		c.discard()
		return content{}, err
	}
	return c, nil
}
