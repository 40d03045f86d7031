package cos

import (
	"encoding/xml"
	"net/http"
	"strconv"
)

type initiateResult struct {
	XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
	Bucket   string
	Key      string
	UploadID string `xml:"UploadId"`
}

// initiateUpload answers Initiate Multipart Upload (436/7746).
func (c *call) initiateUpload() error {
	if c.forbid() {
		if err := c.bucket.refuseExisting(c.key); err != nil {
			return err
		}
	}
	u, err := c.bucket.startUpload(c.key, keptHeaders(c.r.Header), c.s.now())
	if err != nil {
		return err
	}
	return c.xml(initiateResult{Bucket: c.bucket.name, Key: c.key, UploadID: u.ID})
}

// target finds the upload and the part number that the request is about.
func (c *call) target() (u *upload, n int, err error) {
	if u, err = c.upload(); err != nil {
		return nil, 0, err
	}
	n, err = strconv.Atoi(c.query.Get("partNumber"))
	if err != nil {
		return nil, 0, invalidArgument("The parameter partNumber is not a number.")
	}
	return u, n, checkPartNumber(n)
}

func (c *call) upload() (*upload, error) {
	return c.bucket.findUpload(c.key, c.query.Get("uploadId"))
}

// uploadPart answers Upload Part (436/7750).
func (c *call) uploadPart() error {
	u, n, err := c.target()
	if err != nil {
		return err
	}
	body, err := c.receive(0, u.createPart)
	if err != nil {
		return err
	}
	p, err := c.bucket.putPart(u, n, body, body.etag(), c.s.now())
	if err != nil {
		return err
	}
	c.w.Header().Set("ETag", p.ETag)
	c.w.Header().Set("x-cos-hash-crc64ecma", strconv.FormatUint(p.CRC64, 10))
	return nil
}

type copyPartResult struct {
	XMLName      xml.Name `xml:"CopyPartResult"`
	ETag         string
	LastModified string
	CRC64        string
}

// copyPart answers Upload Part - Copy (436/8287).
func (c *call) copyPart() error {
	u, n, err := c.target()
	if err != nil {
		return err
	}
	src, err := c.openSource()
	if err != nil {
		return err
	}
	defer src.Close()
	rg, _, err := parseRange(c.r.Header.Get("x-cos-copy-source-range"), src.Size)
	if err != nil {
		return err
	}
	body, err := src.copyRange(rg, 0, u.createPart)
	if err != nil {
		return err
	}
	p, err := c.bucket.putPart(u, n, body, sparseETag(body), c.s.now())
	if err != nil {
		return err
	}
	c.w.Header().Set("x-cos-hash-crc64ecma", strconv.FormatUint(p.CRC64, 10))
	return c.xml(copyPartResult{ETag: p.ETag, LastModified: xmlTime(p.Modified), CRC64: strconv.FormatUint(p.CRC64, 10)})
}

type partsResult struct {
	XMLName              xml.Name     `xml:"ListPartsResult"`
	Bucket               string       `xml:"Bucket"`
	EncodingType         string       `xml:"Encoding-type,omitempty"`
	Key                  string       `xml:"Key"`
	UploadID             string       `xml:"UploadId"`
	Initiator            owner        `xml:"Initiator"`
	Owner                owner        `xml:"Owner"`
	StorageClass         string       `xml:"StorageClass"`
	PartNumberMarker     string       `xml:"PartNumberMarker"`
	NextPartNumberMarker string       `xml:"NextPartNumberMarker,omitempty"`
	MaxParts             int          `xml:"MaxParts"`
	IsTruncated          bool         `xml:"IsTruncated"`
	Parts                []partResult `xml:"Part"`
}

type partResult struct {
	PartNumber   int
	LastModified string
	ETag         string
	Size         int64
}

// listParts answers List Parts (436/7747).
func (c *call) listParts() error {
	u, err := c.upload()
	if err != nil {
		return err
	}
	limit, err := c.number("max-parts", maxPage)
	if err != nil {
		return err
	}
	kind, encode, err := c.encoding()
	if err != nil {
		return err
	}
	marker := c.query.Get("part-number-marker")
	after, err := strconv.Atoi("0" + marker)
	if err != nil {
		return invalidArgument("The parameter part-number-marker is not a number.")
	}
	out := partsResult{
		Bucket: c.bucket.name, EncodingType: kind, Key: encode(c.key), UploadID: u.ID, Initiator: c.owner(), Owner: c.owner(),
		StorageClass: storageClass(u.Header), PartNumberMarker: marker, MaxParts: limit,
	}
	for _, p := range u.list() {
		if p.Number <= after {
			continue
		}
		if len(out.Parts) == limit {
			out.IsTruncated = true
			out.NextPartNumberMarker = strconv.Itoa(out.Parts[limit-1].PartNumber)
			break
		}
		out.Parts = append(out.Parts, partResult{p.Number, xmlTime(p.Modified), p.ETag, p.Size})
	}
	return c.xml(out)
}

type completeRequest struct {
	XMLName xml.Name     `xml:"CompleteMultipartUpload"`
	Parts   []chosenPart `xml:"Part"`
}

type completeResult struct {
	XMLName  xml.Name `xml:"CompleteMultipartUploadResult"`
	Location string
	Bucket   string
	Key      string
	ETag     string
}

// completeUpload answers Complete Multipart Upload (436/7742).
func (c *call) completeUpload() error {
	u, err := c.upload()
	if err != nil {
		return err
	}
	var in completeRequest
	if err := c.readXML(&in); err != nil {
		return err
	}
	if len(in.Parts) == 0 || len(in.Parts) > maxParts {
		return errMalformedXML
	}
	rec, err := c.bucket.complete(u, in.Parts, c.forbid(), c.s.now())
	if err != nil {
		return err
	}
	c.created(createdMultipart, rec)
	identify(c.w.Header(), rec)
	c.w.Header().Del("ETag") // it is in the body
	return c.xml(completeResult{
		Location: "http://" + c.r.Host + c.r.URL.EscapedPath(), Bucket: c.bucket.name, Key: c.key, ETag: rec.ETag,
	})
}

// abortUpload answers Abort Multipart Upload (436/7740).
func (c *call) abortUpload() error {
	u, err := c.upload()
	if err != nil {
		return err
	}
	if err := c.bucket.abort(u); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
