package image

import (
	"fmt"
	"regexp"
)

// InstanceID is the id of a CVM instance, such as "ins-8ruwtq3m".
type InstanceID string

var instancePattern = regexp.MustCompile(`^ins-[0-9a-z]+$`)

// ParseInstanceID checks that s has the form of an instance id.
func ParseInstanceID(s string) (InstanceID, error) {
	if len(s) > maxID || !instancePattern.MatchString(s) {
		return "", fmt.Errorf("instance id %q: want ins- and lower-case letters or digits, such as ins-8ruwtq3m", s)
	}
	return InstanceID(s), nil
}

// Instance is a machine that images are made of (DescribeInstances, 213/15728).
type Instance struct {
	ID        InstanceID        `json:"id"`
	Name      string            `json:"name,omitempty"`
	Tags      map[string]string `json:"tags,omitempty"`
	DataDisks []string          `json:"dataDisks,omitempty"` // ids; an image holds those that are named when it is made
}
