package cos

import (
	"io"
	"net/http"
	"strconv"
	"strings"
)

// getObject answers GET and HEAD Object (436/7753, 436/7745).
func (c *call) getObject() error {
	o, err := c.bucket.open(c.key, c.query.Get("versionId"))
	if err != nil {
		return err
	}
	defer o.Close()
	h := c.w.Header()
	identify(h, o.record)
	if err := checkConditions(c.r.Header, "", o.ObjectInfo); err != nil {
		return err
	}
	rg, partial, err := parseRange(c.r.Header.Get("Range"), o.Size)
	if err != nil {
		h.Set("Content-Range", "bytes */"+strconv.FormatInt(o.Size, 10))
		return err
	}
	describe(h, o.record)
	c.overrideHeaders(h)
	h.Set("Content-Length", strconv.FormatInt(rg.length, 10))
	if partial {
		h.Set("Content-Range", rg.of(o.Size))
		c.w.WriteHeader(http.StatusPartialContent)
	}
	if c.r.Method == http.MethodHead {
		return nil
	}
	body, err := o.section(rg.start, rg.length)
	if err != nil {
		return err
	}
	io.Copy(c.w, body) // what fails now is the client's to notice, by the length
	return nil
}

// describe sets the headers that tell what an object is.
func describe(h http.Header, rec *record) {
	h.Set("Content-Type", "application/octet-stream")
	for name, value := range rec.Header {
		h.Set(name, value)
	}
	h.Del("X-Cos-Storage-Class")
	if rec.StorageClass != "STANDARD" {
		h.Set("x-cos-storage-class", rec.StorageClass)
	}
	h.Set("x-cos-object-type", "normal")
	if rec.Appendable {
		h.Set("x-cos-object-type", "appendable")
	}
	h.Set("Accept-Ranges", "bytes")
	h.Set("Last-Modified", rec.LastModified.UTC().Format(http.TimeFormat))
}

// identify sets the headers that every answer about one object's content has.
func identify(h http.Header, rec *record) {
	h.Set("ETag", rec.ETag)
	h.Set("x-cos-hash-crc64ecma", strconv.FormatUint(rec.CRC64, 10))
	if rec.VersionID != "" {
		h.Set("x-cos-version-id", rec.VersionID)
	}
}

// overrideHeaders lets a GET choose headers of its answer, such as
// response-content-disposition. COS allows it on signed requests; all here are.
func (c *call) overrideHeaders(h http.Header) {
	for _, name := range []string{"Content-Type", "Content-Language", "Expires", "Cache-Control", "Content-Disposition", "Content-Encoding"} {
		if v := c.query.Get("response-" + strings.ToLower(name)); v != "" && c.r.Method == http.MethodGet {
			h.Set(name, v)
		}
	}
}

// byteRange is a part of an object.
type byteRange struct{ start, length int64 }

func (r byteRange) of(size int64) string {
	f := func(n int64) string { return strconv.FormatInt(n, 10) }
	return "bytes " + f(r.start) + "-" + f(r.start+r.length-1) + "/" + f(size)
}

// parseRange reads a Range header. What is not one plain range of bytes is
// ignored, as RFC 9110 allows; a range that begins after the end is refused.
func parseRange(header string, size int64) (r byteRange, partial bool, err error) {
	whole := byteRange{0, size}
	spec, ok := strings.CutPrefix(header, "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	if !ok || !dash {
		return whole, false, nil
	}
	start, err1 := strconv.ParseUint(first, 10, 63)
	end, err2 := strconv.ParseUint(last, 10, 63)
	switch {
	case first == "" && err2 == nil: // the last so many bytes
		n := min(int64(end), size)
		if n == 0 {
			return r, false, errInvalidRange
		}
		return byteRange{size - n, n}, true, nil
	case err1 != nil || err2 != nil && last != "" || err2 == nil && end < start:
		return whole, false, nil
	case int64(start) >= size:
		return r, false, errInvalidRange
	case last == "":
		return byteRange{int64(start), size - int64(start)}, true, nil
	}
	return byteRange{int64(start), min(int64(end)+1, size) - int64(start)}, true, nil
}
