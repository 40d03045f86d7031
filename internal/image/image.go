// Package image has the small words of Image Ferry: what an image is, which
// images the cloud can export, and how the files of an export are named.
//
// Two naming schemes exist (CVM API 213/47833, console guide 213/62584). The
// API writes one object per disk,
//
//	<prefix>_<image id>_<system|data>_<snapshot id>.<format>
//
// and the console writes
//
//	<prefix>_xvda.<format>, <prefix>_xvdb.<format>, …
//
// The prefix is ours to choose, and we choose the [ExportID]. So a file names
// its export, and nothing has to be remembered to find one from the other.
//
// Every type parses with a Parse function and prints the same string again.
package image

import (
	"cmp"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"time"
)

// ID is the id of a custom image, such as "img-72n9mi0y".
type ID string

// maxID is the longest image id in bytes, far above the twelve of today.
const maxID = 36

var idPattern = regexp.MustCompile(`^img-[0-9a-z]+$`)

// ParseID checks that s has the form of an image id.
func ParseID(s string) (ID, error) {
	if len(s) > maxID || !idPattern.MatchString(s) {
		return "", fmt.Errorf("image id %q: want img- and lower-case letters or digits, such as img-72n9mi0y", s)
	}
	return ID(s), nil
}

// Suffix returns the part after "img-".
func (id ID) Suffix() string { return strings.TrimPrefix(string(id), "img-") }

// Image is a custom image as CVM describes it (DescribeImages, 213/15715).
type Image struct {
	ID           ID        `json:"id"`
	Name         string    `json:"name,omitempty"`
	Type         string    `json:"type,omitempty"`  // PRIVATE_IMAGE, PUBLIC_IMAGE, SHARED_IMAGE
	State        string    `json:"state,omitempty"` // NORMAL, CREATING, …; the list may grow
	OS           string    `json:"os,omitempty"`
	Platform     string    `json:"platform,omitempty"`
	Architecture string    `json:"arch,omitempty"`
	Created      time.Time `json:"created,omitzero"`
	Disks        []Disk    `json:"disks,omitempty"` // the system disk first
	Family       string    `json:"family,omitempty"`

	Tags map[string]string `json:"tags,omitempty"`
}

// Disk is one disk of an image, kept by CVM as a snapshot.
type Disk struct {
	Snapshot string `json:"snapshot"`
	System   bool   `json:"system,omitempty"`
	GiB      int64  `json:"gib"`
}

// Exported returns the disks that an export writes.
func (m Image) Exported(rootOnly bool) []Disk {
	var disks []Disk
	for _, d := range m.Disks {
		if d.System || !rootOnly {
			disks = append(disks, d)
		}
	}
	return disks
}

// SortNewestFirst orders images by creation. Ids break ties, so that everybody
// orders the same. The sort package is used on purpose: slices.SortFunc would be
// compiled anew for so large a type, into 50 KB of each function.
func SortNewestFirst(images []Image) {
	sort.Slice(images, func(i, j int) bool {
		a, b := images[i], images[j]
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID)) < 0
	})
}
