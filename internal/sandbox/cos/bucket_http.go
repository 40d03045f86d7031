package cos

import (
	"encoding/xml"
	"net/http"
)

// owner is whom the XML of listings names.
type owner struct {
	ID          string
	DisplayName string
}

func (c *call) owner() owner {
	uin := c.s.account.UIN
	return owner{ID: "qcs::cam::uin/" + uin + ":uin/" + uin, DisplayName: uin}
}

type bucketsResult struct {
	XMLName xml.Name     `xml:"ListAllMyBucketsResult"`
	Owner   owner        `xml:"Owner"`
	Buckets []bucketInfo `xml:"Buckets>Bucket"`
}

type bucketInfo struct {
	Name         string
	Location     string
	CreationDate string
	BucketType   string
}

// listBuckets answers GET Service (436/8291).
func (c *call) listBuckets(region string) error {
	if c.r.Method != http.MethodGet || c.r.URL.Path != "/" {
		return errMethod
	}
	out := bucketsResult{Owner: c.owner()}
	if region == "" || region == c.s.account.Region {
		for _, b := range c.s.sortedBuckets() {
			out.Buckets = append(out.Buckets, bucketInfo{b.name, c.s.account.Region, xmlTime(b.state.Created), "cos"})
		}
	}
	return c.xml(out)
}

// createBucket answers PUT Bucket (436/7738).
func (c *call) createBucket(name string) error {
	return c.s.CreateBucket(name)
}

func (c *call) deleteBucket() error {
	if err := c.s.removeBucket(c.bucket); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

type locationResult struct {
	XMLName  xml.Name `xml:"LocationConstraint"`
	Location string   `xml:",chardata"`
}

type versioning struct {
	XMLName xml.Name `xml:"VersioningConfiguration"`
	Status  string   `xml:"Status,omitempty"`
}

// getVersioning answers an empty element if versioning was never enabled (436/19888).
func (c *call) getVersioning() error {
	return c.xml(versioning{Status: c.bucket.versioning()})
}

func (c *call) putVersioning() error {
	var v versioning
	if err := c.readXML(&v); err != nil {
		return err
	}
	return c.bucket.setVersioning(v.Status)
}
