package cos

import (
	"net/http"
	"os"
	"strings"
)

// putObject answers PUT Object (436/7749). Whether the object may be overwritten
// is decided after the body has arrived, together with giving it its name.
func (c *call) putObject() error {
	body, err := c.receive(inlineSize, c.bucket.createData)
	if err != nil {
		return err
	}
	rec := newRecord(c.key, body, keptHeaders(c.r.Header), c.s.now())
	if err := c.bucket.commit(rec, c.forbid()); err != nil {
		body.discard()
		return err
	}
	identify(c.w.Header(), rec)
	c.created(createdPut, rec)
	return nil
}

// receive stores the request's body and checks it against Content-MD5.
func (c *call) receive(inline int64, create func() (*os.File, error)) (content, error) {
	if c.r.ContentLength > maxPut {
		return content{}, errEntityTooLarge
	}
	body, err := receive(c.r.Body, inline, create)
	if err != nil {
		return content{}, err
	}
	if err := checkMD5(c.r.Header.Get("Content-MD5"), body.md5); err != nil {
		body.discard()
		return content{}, err
	}
	return body, nil
}

// keptHeaders are the headers that an object keeps and gives back.
func keptHeaders(h http.Header) map[string]string {
	kept := map[string]string{}
	for name, values := range h {
		if values[0] == "" { // some SDKs send every header that they know
			continue
		}
		switch name {
		case "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Expires", "X-Cos-Storage-Class":
			kept[name] = values[0]
		default:
			if strings.HasPrefix(name, "X-Cos-Meta-") {
				kept[name] = strings.Join(values, ",")
			}
		}
	}
	return kept
}
