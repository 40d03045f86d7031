package cos

import (
	"strings"
	"time"
)

// Names of events (583/9707).
const (
	createdPut       = "cos:ObjectCreated:Put"
	createdCopy      = "cos:ObjectCreated:Copy"
	createdMultipart = "cos:ObjectCreated:CompleteMultipartUpload"
	removedDelete    = "cos:ObjectRemove:Delete"
)

// Event tells that an object was created or removed. Appending causes none: the
// documents list no event for it.
type Event struct {
	Name         string // cos:ObjectCreated:Put, :Copy, :CompleteMultipartUpload or cos:ObjectRemove:Delete
	Bucket       string // with appid
	Key          string
	ETag         string // quoted
	StorageClass string
	ContentType  string
	RequestID    string // x-cos-request-id of the request that caused it
	SourceIP     string // empty if nothing came over the network
	Size         int64
	Time         time.Time // sandbox time

	// SignedHeaders are the headers that the request's signature covers, by
	// lower-case name, and authorization, which real events show too: a secret,
	// never to be logged.
	SignedHeaders map[string]string
}

// Subscribe calls fn for each object created or removed from now on, before the
// request is answered and with no lock held; fn must not block.
func (s *Server) Subscribe(fn func(Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscribers = append(s.subscribers, fn)
}

func (s *Server) emit(e Event) {
	s.mu.RLock()
	subscribers := s.subscribers
	s.mu.RUnlock()
	for _, fn := range subscribers {
		fn(e)
	}
}

// newEvent describes what happened to an object.
func newEvent(name, bucket, requestID string, o ObjectInfo, contentType string, at time.Time) Event {
	return Event{
		Name: name, Bucket: bucket, Key: o.Key, ETag: o.ETag, StorageClass: o.StorageClass,
		ContentType: contentType, RequestID: requestID, Size: o.Size, Time: at,
	}
}

// created tells that the request made an object.
func (c *call) created(name string, rec *record) {
	c.emit(newEvent(name, c.bucket.name, c.id, rec.ObjectInfo, rec.Header["Content-Type"], rec.LastModified))
}

// removed tells that the request deleted an object.
func (c *call) removed(e *entry) {
	c.emit(newEvent(removedDelete, c.bucket.name, c.id, e.ObjectInfo, "", c.s.now()))
}

func (c *call) emit(e Event) {
	e.SourceIP = c.sourceIP()
	e.SignedHeaders = c.signedHeaders()
	c.s.emit(e)
}

func (c *call) signedHeaders() map[string]string {
	out := map[string]string{"host": c.r.Host}
	list := c.query.Get("q-header-list") // of a presigned URL
	if auth := c.r.Header.Get("Authorization"); auth != "" {
		out["authorization"] = auth
		_, list, _ = strings.Cut(auth, "q-header-list=")
		list, _, _ = strings.Cut(list, "&")
	}
	for _, name := range strings.Split(list, ";") {
		if v := c.r.Header.Get(name); v != "" {
			out[strings.ToLower(name)] = v
		}
	}
	return out
}
