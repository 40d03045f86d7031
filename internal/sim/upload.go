package sim

import (
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
)

// upload is a multipart upload into the image bucket. COS shows the file when it ends,
// and keeps what nobody ended (436/7746).
type upload struct {
	key      string
	from, to time.Duration
	left     bool // whoever began it has gone, and it stays open
}

// open reports whether COS lists it.
func (u *upload) open(now time.Duration) bool { return now >= u.from && (now < u.to || u.left) }

// writes reports whether somebody still writes.
func (u *upload) writes(now time.Duration) bool { return u.open(now) && !u.left }

// upload plans an upload and the landing of its file.
func (w *world) upload(u *upload, by *task, should diskimage.Want) {
	w.uploads = append(w.uploads, u)
	w.at(u.to, func() { w.land(u.key, 20<<30+int64(len(u.key)), by, should) })
}

// opened returns since when an upload to a key under a prefix is open, as COS shows it.
func (w *world) opened(prefix string) (keys []string, since time.Duration) {
	if !w.uploadsShow {
		return nil, 0
	}
	for _, u := range w.uploads {
		if u.open(w.now) && strings.HasPrefix(u.key, prefix) {
			if keys = append(keys, u.key); since == 0 || u.from < since {
				since = u.from
			}
		}
	}
	return keys, since
}
