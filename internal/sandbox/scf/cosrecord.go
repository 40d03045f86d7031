package scf

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// cosRecord is one element of a COS event's Records (583/9707, and what real
// events have beside: cosRegion, s3Region, ETag, storage class).
type cosRecord struct {
	COS struct {
		Bucket         cosBucket `json:"cosBucket"`
		NotificationID string    `json:"cosNotificationId"`
		Object         struct {
			Key       string            `json:"key"`
			Meta      map[string]string `json:"meta"`
			Size      int64             `json:"size"`
			URL       string            `json:"url"`
			VersionID string            `json:"vid"`
		} `json:"cosObject"`
		SchemaVersion string `json:"cosSchemaVersion"`
	} `json:"cos"`
	Event struct {
		Name    string `json:"eventName"`
		Queue   string `json:"eventQueue"`
		Source  string `json:"eventSource"`
		Time    int64  `json:"eventTime"` // unix seconds
		Version string `json:"eventVersion"`
		ReqID   int64  `json:"reqid"`
		Request struct {
			Headers  map[string]string `json:"requestHeaders"`
			SourceIP string            `json:"requestSourceIP"`
		} `json:"requestParameters"`
		ReservedInfo string `json:"reservedInfo"`
	} `json:"event"`
}

type cosBucket struct {
	AppID     string `json:"appid"`
	COSRegion string `json:"cosRegion"`
	Name      string `json:"name"`
	Region    string `json:"region"`
	S3Region  string `json:"s3Region"`
}

// cosPayload is the event in the shape of real ones of 2022: the key is raw and
// starts with appid and short bucket name; the address is percent-encoded.
func (r *Runtime) cosPayload(e ObjectEvent, function string) []byte {
	var rec cosRecord
	appID, region := r.cfg.Account.AppID, r.cfg.Account.Region
	short := strings.TrimSuffix(e.Bucket, "-"+appID)

	rec.COS.Bucket = cosBucket{AppID: appID, Name: short, Region: shortRegion(region), COSRegion: region, S3Region: region}
	rec.COS.NotificationID = "unkown" // the platform's spelling
	rec.COS.SchemaVersion = "1.0"
	rec.COS.Object.Key = "/" + appID + "/" + short + "/" + e.Key
	rec.COS.Object.URL = "http://" + e.Bucket + ".cos." + region + ".myqcloud.com/" + escapeKey(e.Key)
	rec.COS.Object.Size = e.Size
	rec.COS.Object.Meta = map[string]string{
		"Content-Type":        e.ContentType,
		"ETag":                `"` + strings.Trim(e.ETag, `"`) + `"`,
		"x-cos-request-id":    e.RequestID,
		"x-cos-storage-class": storageClass(e.StorageClass),
	}

	rec.Event.Name = e.Name
	rec.Event.Queue = fmt.Sprintf("qcs:0:scf:%s:appid/%s:%s.%s.$DEFAULT", region, appID, namespace, function)
	rec.Event.Source = "qcs::cos"
	rec.Event.Time = e.Time.Unix()
	rec.Event.Version = "1.0"
	rec.Event.Request.SourceIP = e.SourceIP
	if e.SourceIP == "" {
		rec.Event.Request.SourceIP = "127.0.0.1"
	}
	rec.Event.Request.Headers = map[string]string{"Authorization": uploaderSignature(e.Time)}

	payload, _ := json.Marshal(struct{ Records []cosRecord }{[]cosRecord{rec}}) // no value here can fail
	return payload
}

// uploaderSignature stands for the signature of the request that wrote the
// object. Real events carry it, so functions must not log events.
func uploaderSignature(at time.Time) string {
	span := fmt.Sprintf("%d;%d", at.Unix(), at.Add(30*time.Minute).Unix())
	return "q-sign-algorithm=sha1&q-ak=AKIDuploader&q-sign-time=" + span + "&q-key-time=" + span +
		"&q-header-list=host&q-url-param-list=&q-signature=5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2"
}

// storageClass spells a class as events do: "Standard", not "STANDARD". How they
// spell the others is not known; they stay as they are.
func storageClass(class string) string {
	if class == "" || class == "STANDARD" {
		return "Standard"
	}
	return class
}

// shortRegion returns the short codes that are known from events; other regions
// keep their name.
func shortRegion(region string) string {
	switch region {
	case "ap-guangzhou":
		return "gz"
	case "ap-shanghai":
		return "sh"
	case "ap-beijing":
		return "bj"
	case "ap-chengdu":
		return "cd"
	}
	return region
}

// escapeKey encodes all but unreserved characters and slashes, so that ! becomes
// %21 and a space %20.
func escapeKey(key string) string {
	segments := strings.Split(key, "/")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
	}
	return strings.Join(segments, "/")
}
