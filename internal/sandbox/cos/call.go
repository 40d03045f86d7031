package cos

import (
	"bytes"
	"crypto/md5"
	"encoding/xml"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// call is one request on its way through the server.
type call struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	id    string // x-cos-request-id
	query url.Values

	bucket *bucket
	key    string // decoded exactly once
}

// elsewhere are sub-resources of COS that the sandbox does not have.
var elsewhere = []string{
	"accelerate", "acl", "asyncprocess", "ci-process", "cors", "domain", "domaincertificate", "encryption",
	"intelligent-tiering", "inventory", "lifecycle", "logging", "metadata", "notification", "object-lock", "origin",
	"policy", "publicAccessBlock", "referer", "rename", "replication", "restore", "retention", "select", "symlink",
	"tagging", "torrent", "versions", "website",
}

// route finds out what is asked for.
func (c *call) route() error {
	e, ok := parseHost(c.r.Host)
	switch {
	case !ok:
		return invalidArgument("The host %q is not one of COS.", c.r.Host)
	case e.bucket == "":
		return c.listBuckets(e.region)
	case e.region != c.s.account.Region:
		return errNoSuchBucket // COS looks for a bucket in the region of the host name only
	}
	for _, name := range elsewhere {
		if c.query.Has(name) {
			return notImplemented("?" + name)
		}
	}
	c.key = strings.TrimPrefix(c.r.URL.Path, "/")
	if c.key == "" && c.r.Method == http.MethodPut && !c.query.Has("versioning") {
		return c.createBucket(e.bucket)
	}
	var err error
	if c.bucket, err = c.s.bucket(e.bucket); err != nil {
		return err
	}
	if c.key == "" {
		return c.routeBucket()
	}
	if err := checkKey(c.key); err != nil {
		return err
	}
	return c.routeObject()
}

func (c *call) routeBucket() error {
	switch c.r.Method {
	case http.MethodHead:
		c.w.Header().Set("x-cos-bucket-region", c.s.account.Region)
		return nil
	case http.MethodGet:
		switch {
		case c.query.Has("uploads"):
			return c.listUploads()
		case c.query.Has("versioning"):
			return c.getVersioning()
		case c.query.Has("location"):
			return c.xml(locationResult{Location: c.s.account.Region})
		}
		return c.listObjects()
	case http.MethodPut:
		return c.putVersioning()
	case http.MethodDelete:
		return c.deleteBucket()
	case http.MethodPost:
		if c.query.Has("delete") {
			return c.deleteObjects()
		}
		return notImplemented("form uploads (POST Object)")
	}
	return errMethod
}

func (c *call) routeObject() error {
	upload, copying := c.query.Has("uploadId"), c.r.Header.Get("x-cos-copy-source") != ""
	switch c.r.Method {
	case http.MethodGet:
		if upload {
			return c.listParts()
		}
		return c.getObject()
	case http.MethodHead:
		return c.getObject()
	case http.MethodPut:
		switch {
		case upload && copying:
			return c.copyPart()
		case upload:
			return c.uploadPart()
		case copying:
			return c.copyObject()
		}
		return c.putObject()
	case http.MethodPost:
		switch {
		case c.query.Has("uploads"):
			return c.initiateUpload()
		case upload:
			return c.completeUpload()
		case c.query.Has("append"):
			return c.appendObject()
		}
	case http.MethodDelete:
		if upload {
			return c.abortUpload()
		}
		return c.deleteObject()
	}
	return errMethod
}

// fail sends an error; to HEAD, and as 304, without a body.
func (c *call) fail(e *Error) {
	h := c.w.Header()
	h.Set("x-cos-trace-id", c.id)
	h.Del("Content-Length")
	if c.r.Method == http.MethodHead || e.Status == http.StatusNotModified {
		c.w.WriteHeader(e.Status)
		return
	}
	body, err := xml.Marshal(errorBody{
		Code: e.Code, Message: e.Message, Resource: c.r.Host + c.r.URL.Path, RequestID: c.id, TraceID: c.id,
	})
	if err != nil {
		body = nil // cannot be: the struct holds strings only
	}
	h.Set("Content-Type", "application/xml")
	c.w.WriteHeader(e.Status)
	io.WriteString(c.w, xml.Header)
	c.w.Write(body)
}

// xml sends a result.
func (c *call) xml(v any) error {
	body, err := xml.Marshal(v)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/xml")
	c.w.Header().Set("Content-Length", strconv.Itoa(len(xml.Header)+len(body)))
	io.WriteString(c.w, xml.Header)
	c.w.Write(body)
	return nil
}

// maxXML bounds request bodies; ten thousand parts need less than 2 MB.
const maxXML = 4 << 20

// readXML reads a request body.
func (c *call) readXML(v any) error {
	var body bytes.Buffer
	if _, err := io.Copy(&body, http.MaxBytesReader(c.w, c.r.Body, maxXML)); err != nil {
		return errMalformedXML
	}
	if err := checkMD5(c.r.Header.Get("Content-MD5"), md5.Sum(body.Bytes())); err != nil {
		return err
	}
	if xml.Unmarshal(body.Bytes(), v) != nil {
		return errMalformedXML
	}
	return nil
}

// number reads a query parameter between 1 and limit; it is limit if absent, and
// COS cuts larger ones off.
func (c *call) number(name string, limit int) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return limit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, invalidArgument("The parameter %s is not a positive number.", name)
	}
	return min(n, limit), nil
}

// forbid reports whether the request must not overwrite an object.
func (c *call) forbid() bool {
	return strings.EqualFold(c.r.Header.Get("x-cos-forbid-overwrite"), "true")
}

func (c *call) sourceIP() string {
	host, _, _ := net.SplitHostPort(c.r.RemoteAddr)
	return host
}
