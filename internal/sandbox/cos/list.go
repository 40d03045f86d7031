package cos

import (
	"encoding/xml"
	"net/url"
	"strings"
	"time"
)

// maxPage is the most that one page of a listing shows (436/7734).
const maxPage = 1000

// xmlTime is how times are written in XML bodies.
func xmlTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// pageQuery reads the parameters that listings share.
func (c *call) pageQuery(limit string) (q pageQuery, err error) {
	q.prefix, q.delimiter = c.query.Get("prefix"), c.query.Get("delimiter")
	q.limit, err = c.number(limit, maxPage)
	return q, err
}

// encoding returns the encoding-type and what it does to names: url makes any name
// fit into XML.
func (c *call) encoding() (kind string, encode func(string) string, err error) {
	switch kind = c.query.Get("encoding-type"); kind {
	case "":
		return "", func(s string) string { return s }, nil
	case "url":
		return kind, urlEncode, nil
	}
	return "", nil, invalidArgument("The encoding-type %q is not url.", kind)
}

// urlEncode leaves slashes, and writes a space in the way that every decoder reads.
func urlEncode(s string) string {
	return strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(s))
}

type objectsResult struct {
	XMLName        xml.Name       `xml:"ListBucketResult"`
	Name           string         `xml:"Name"`
	EncodingType   string         `xml:"EncodingType,omitempty"`
	Prefix         string         `xml:"Prefix"`
	Marker         string         `xml:"Marker"`
	MaxKeys        int            `xml:"MaxKeys"`
	Delimiter      string         `xml:"Delimiter,omitempty"`
	IsTruncated    bool           `xml:"IsTruncated"`
	NextMarker     string         `xml:"NextMarker,omitempty"`
	CommonPrefixes []commonPrefix `xml:"CommonPrefixes"`
	Contents       []objectResult `xml:"Contents"`
}

type commonPrefix struct{ Prefix string }

type objectResult struct {
	Key          string
	LastModified string
	ETag         string
	Size         int64
	Owner        owner
	StorageClass string
}

// listObjects answers GET Bucket (436/7734).
func (c *call) listObjects() error {
	q, err := c.pageQuery("max-keys")
	if err != nil {
		return err
	}
	q.after = c.query.Get("marker")
	kind, encode, err := c.encoding()
	if err != nil {
		return err
	}
	p := c.bucket.listObjects(q)
	out := objectsResult{
		Name: c.bucket.name, EncodingType: kind, Prefix: encode(q.prefix), Marker: encode(q.after),
		MaxKeys: q.limit, Delimiter: encode(q.delimiter), IsTruncated: p.truncated,
	}
	if p.truncated {
		out.NextMarker = encode(p.last)
	}
	for _, prefix := range p.prefixes {
		out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{encode(prefix)})
	}
	for _, o := range p.items {
		out.Contents = append(out.Contents, objectResult{
			Key: encode(o.Key), LastModified: xmlTime(o.LastModified), ETag: o.ETag, Size: o.Size, Owner: c.owner(), StorageClass: o.StorageClass,
		})
	}
	return c.xml(out)
}

func (b *bucket) listObjects(q pageQuery) page[*entry] {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.objects.list(q)
}

type uploadsResult struct {
	XMLName            xml.Name       `xml:"ListMultipartUploadsResult"`
	Bucket             string         `xml:"Bucket"`
	EncodingType       string         `xml:"Encoding-Type,omitempty"`
	KeyMarker          string         `xml:"KeyMarker"`
	UploadIDMarker     string         `xml:"UploadIdMarker"`
	NextKeyMarker      string         `xml:"NextKeyMarker,omitempty"`
	NextUploadIDMarker string         `xml:"NextUploadIdMarker,omitempty"`
	MaxUploads         int            `xml:"MaxUploads"`
	IsTruncated        bool           `xml:"IsTruncated"`
	Prefix             string         `xml:"Prefix"`
	Delimiter          string         `xml:"Delimiter,omitempty"`
	Uploads            []uploadResult `xml:"Upload"`
	CommonPrefixes     []commonPrefix `xml:"CommonPrefixes"`
}

type uploadResult struct {
	Key          string
	UploadID     string `xml:"UploadId"`
	Initiator    owner
	Owner        owner
	StorageClass string
	Initiated    string
}

// listUploads answers List Multipart Uploads (436/7736).
func (c *call) listUploads() error {
	q, err := c.pageQuery("max-uploads")
	if err != nil {
		return err
	}
	kind, encode, err := c.encoding()
	if err != nil {
		return err
	}
	keyMarker, idMarker := c.query.Get("key-marker"), c.query.Get("upload-id-marker")
	q.after = uploadMarker(keyMarker, idMarker, q.delimiter)
	p := c.bucket.listUploads(q)
	out := uploadsResult{
		Bucket: c.bucket.name, EncodingType: kind, KeyMarker: encode(keyMarker), UploadIDMarker: idMarker,
		MaxUploads: q.limit, IsTruncated: p.truncated, Prefix: encode(q.prefix), Delimiter: encode(q.delimiter),
	}
	if p.truncated {
		key, id, _ := strings.Cut(p.last, "\x00")
		out.NextKeyMarker, out.NextUploadIDMarker = encode(key), id
	}
	for _, prefix := range p.prefixes {
		out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{encode(prefix)})
	}
	for _, u := range p.items {
		out.Uploads = append(out.Uploads, uploadResult{
			Key: encode(u.Key), UploadID: u.ID, Initiator: c.owner(), Owner: c.owner(), StorageClass: storageClass(u.Header), Initiated: xmlTime(u.Initiated),
		})
	}
	return c.xml(out)
}

// uploadMarker is the index position after which a listing goes on. A key alone
// stands for all its uploads, or is the common prefix that the page before ended with.
func uploadMarker(key, id, delimiter string) string {
	switch {
	case id != "":
		return key + "\x00" + id
	case key == "" || delimiter != "" && strings.HasSuffix(key, delimiter):
		return key
	}
	return key + "\x00\xff"
}

func (b *bucket) listUploads(q pageQuery) page[*upload] {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.uploads.list(q)
}
