package cvm

import (
	"regexp"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// Values of Image.Type.
const (
	PrivateImage = "PRIVATE_IMAGE" // a custom image of this account
	PublicImage  = "PUBLIC_IMAGE"
	SharedImage  = "SHARED_IMAGE" // by another account
)

// Values of Image.State (213/15753).
const (
	Creating     = "CREATING"
	Normal       = "NORMAL"
	CreateFailed = "CREATEFAILED"
	Syncing      = "SYNCING"
	Importing    = "IMPORTING"
	ImportFailed = "IMPORTFAILED"
)

// Image is an image as the API describes it, and what the API does not tell but
// acts upon.
type Image struct {
	ID           string // img- and eight of [0-9a-z]
	Name         string
	Description  string
	Type         string // empty means PrivateImage
	State        string // empty means Normal
	OsName       string // such as "Ubuntu Server 22.04 LTS 64bit"
	Platform     string // such as Ubuntu, Windows
	Architecture string // x86_64, arm or i386; empty means x86_64
	Source       string // OFFICIAL, CREATE_IMAGE, EXTERNAL_IMPORT; empty means CREATE_IMAGE
	License      string // TencentCloud or BYOL; empty means TencentCloud
	Family       string
	Created      time.Time // zero means now
	Tags         []Tag
	Disks        []Disk

	Market    bool // made from a market image
	SharedOut bool // shared with other accounts
}

// Tag is a label on an image or instance.
type Tag struct{ Key, Value string }

// Disk is one disk of an image: what a snapshot holds.
type Disk struct {
	SnapshotID string // snap- and eight of [0-9a-z]
	Usage      disk.Usage
	SizeGiB    int
	Encrypted  bool
	File       string // path of the RAW bytes; empty means a generated disk, the same one for the same snapshot
}

func (m *Image) setDefaults(now time.Time) {
	for field, value := range map[*string]string{
		&m.Type:         PrivateImage,
		&m.State:        Normal,
		&m.Architecture: "x86_64",
		&m.Source:       "CREATE_IMAGE",
		&m.License:      "TencentCloud",
	} {
		if *field == "" {
			*field = value
		}
	}
	if m.Created.IsZero() {
		m.Created = now
	}
}

// image is an image with its history.
type image struct {
	Image
	instance string    // that it is being made of; empty if it is not
	ready    time.Time // when an image in the state Creating will be Normal; zero means never
	fails    bool      // it will be CreateFailed then
}

// state returns the state at a sandbox time. Creation needs nobody to watch it:
// it is over when its time has come.
func (m *image) state(now time.Time) string {
	switch {
	case m.State != Creating || m.ready.IsZero() || now.Before(m.ready):
		return m.State
	case m.fails:
		return CreateFailed
	}
	return Normal
}

// exported returns the disks that an export writes: the system disk first, and
// with it the data disks unless only the first is wanted.
func (m *image) exported(onlyRoot bool) []Disk {
	var root, data []Disk
	for _, d := range m.Disks {
		if d.Usage == disk.System {
			root = append(root, d)
		} else {
			data = append(data, d)
		}
	}
	if onlyRoot {
		return root
	}
	return append(root, data...)
}

var (
	imageID    = regexp.MustCompile(`^img-[0-9a-z]{8}$`)
	instanceID = regexp.MustCompile(`^ins-[0-9a-z]{8}$`)
)

// contains reports whether text has part in it, without regard to case.
func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}
