package image

import (
	"fmt"
	"strings"
)

// Limits of an export (console guide 213/62584).
const (
	maxDiskGiB   = 500 // of a single disk
	maxDataDisks = 5   // of a whole-machine image
)

// A Refusal says why an image cannot be exported, and what a person can do.
type Refusal struct {
	Reason string `json:"reason"` // stable, for programs: windows, disk-too-large, …
	Detail string `json:"detail"`
	Hint   string `json:"hint"`
}

// Error makes a Refusal an error.
func (r *Refusal) Error() string { return r.Detail }

// Check returns the first documented reason why CVM would refuse to export m,
// or nil. It can be wrong in one direction only: CVM also refuses encrypted
// images and those made from market images, and DescribeImages shows neither.
func Check(m Image, rootOnly bool) *Refusal {
	if r := checkKind(m); r != nil {
		return r
	}
	return checkDisks(m, rootOnly)
}

func checkKind(m Image) *Refusal {
	switch {
	case m.Type == "SHARED_IMAGE":
		return refuse("shared-image", "copy the image into this account first, or export it in the account that owns it",
			"%s was shared by another account", m.ID)
	case m.Type != "PRIVATE_IMAGE":
		return refuse("not-custom", "only custom images can be exported; create one from an instance",
			"%s is not a custom image but of type %q", m.ID, m.Type)
	case isWindows(m):
		return refuse("windows", "Tencent Cloud exports no Windows images; back the data up inside the machine",
			"%s is a Windows image (%s)", m.ID, m.OS)
	case isRedHat(m):
		return refuse("redhat", "Tencent Cloud exports no Red Hat images, for licence reasons",
			"%s is a Red Hat image (%s)", m.ID, m.OS)
	case m.State != "NORMAL":
		return refuse("not-normal", "wait until the image is NORMAL; the next run of the plan tries again",
			"%s is in state %q, not NORMAL", m.ID, m.State)
	}
	return nil
}

func checkDisks(m Image, rootOnly bool) *Refusal {
	data, system := 0, 0
	for _, d := range m.Exported(rootOnly) {
		if d.GiB > maxDiskGiB {
			return refuse("disk-too-large", "export the root disk only, or move the data to smaller disks",
				"disk %s of %s has %d GiB; the limit is %d", d.Snapshot, m.ID, d.GiB, maxDiskGiB)
		}
		if d.System {
			system++
		} else {
			data++
		}
	}
	if data > maxDataDisks {
		return refuse("too-many-disks", "export the root disk only, or make an image with fewer data disks",
			"%s has %d data disks; the limit is %d", m.ID, data, maxDataDisks)
	}
	if system != 1 {
		return refuse("no-system-disk", "look at the image in the console; it may be damaged",
			"%s lists %d system disks; want 1", m.ID, system)
	}
	return nil
}

// NotFound is the refusal of an image that the region does not have.
func NotFound(id ID, region string) *Refusal {
	return refuse("not-found", "check the id; image, function and bucket must be in one region",
		"%s does not exist in %s", id, region)
}

// NoInstance is the refusal of an instance that the region does not have.
func NoInstance(id InstanceID, region string) *Refusal {
	return refuse("no-instance", "check the id; instance, function and bucket must be in one region",
		"%s does not exist in %s", id, region)
}

func isWindows(m Image) bool {
	return strings.EqualFold(m.Platform, "Windows") || hasPrefixFold(m.OS, "Windows")
}

func isRedHat(m Image) bool {
	return hasPrefixFold(m.Platform, "RedHat") || hasPrefixFold(m.Platform, "Red Hat") ||
		hasPrefixFold(m.OS, "RedHat") || hasPrefixFold(m.OS, "Red Hat")
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func refuse(reason, hint, format string, args ...any) *Refusal {
	return &Refusal{Reason: reason, Detail: fmt.Sprintf(format, args...), Hint: hint}
}
