package cos

import (
	"encoding/xml"
	"net/http"
)

// deleteObject answers DELETE Object (436/7743): 204, also if nothing was there.
func (c *call) deleteObject() error {
	if err := c.remove(c.key, c.query.Get("versionId")); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) remove(key, version string) error {
	e, err := c.bucket.removeObject(key, version)
	if err == nil && e != nil {
		c.removed(e)
	}
	return err
}

// maxDelete is how many objects one request may delete (436/8289).
const maxDelete = 1000

type deleteRequest struct {
	XMLName xml.Name `xml:"Delete"`
	Quiet   bool
	Objects []deletedObject `xml:"Object"`
}

type deletedObject struct {
	Key       string
	VersionID string `xml:"VersionId,omitempty"`
}

type deleteResult struct {
	XMLName xml.Name        `xml:"DeleteResult"`
	Deleted []deletedObject `xml:"Deleted"`
	Errors  []deleteError   `xml:"Error"`
}

type deleteError struct {
	Key, Code, Message string
}

// deleteObjects answers DELETE Multiple Objects; Content-MD5 is required (436/8289).
func (c *call) deleteObjects() error {
	if c.r.Header.Get("Content-MD5") == "" {
		return errInvalidDigest
	}
	var in deleteRequest
	if err := c.readXML(&in); err != nil {
		return err
	}
	if len(in.Objects) == 0 || len(in.Objects) > maxDelete {
		return errMalformedXML
	}
	var out deleteResult
	for _, o := range in.Objects {
		if err := c.remove(o.Key, o.VersionID); err != nil {
			e := asError(err)
			out.Errors = append(out.Errors, deleteError{o.Key, e.Code, e.Message})
		} else if !in.Quiet {
			out.Deleted = append(out.Deleted, o)
		}
	}
	return c.xml(out)
}
