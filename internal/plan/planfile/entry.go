package planfile

import "github.com/imageferry/imageferry/internal/image"

// entry is a plan as people write it. A number is a pointer where a 0 that is
// written is not the same as nothing.
type entry struct {
	Schedule      string              `yaml:"schedule"`
	Images        []item              `yaml:"images"`
	Instances     []machine           `yaml:"instances"`
	Format        string              `yaml:"format"`
	RootDiskOnly  bool                `yaml:"root_disk_only"`
	Bucket        string              `yaml:"bucket"`
	Prefix        string              `yaml:"prefix"`
	Role          string              `yaml:"role"`
	Deadline      string              `yaml:"deadline"`
	Unchanged     string              `yaml:"unchanged"`
	MaxInFlight   int                 `yaml:"max_in_flight"`
	CatchUp       string              `yaml:"catch_up"`
	CatchUpWithin string              `yaml:"catch_up_within"`
	SuspendAfter  *int                `yaml:"suspend_after"`
	KeepImages    *int                `yaml:"keep_images"`
	Notify        map[string][]string `yaml:"notify"`
}

type item struct {
	ID     image.ID          `yaml:"id"`
	Name   string            `yaml:"name"`
	Tags   map[string]string `yaml:"tags"`
	Family string            `yaml:"family"`
	Newest *int              `yaml:"newest"`
}

type machine struct {
	ID   image.InstanceID  `yaml:"id"`
	Tags map[string]string `yaml:"tags"`
}
