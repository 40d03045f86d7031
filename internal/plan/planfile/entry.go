package planfile

// file is the form of plans.yaml.
type file struct {
	Plans map[text]entry `yaml:"plans"`
}

// entry is a plan as people write it.
type entry struct {
	Schedule      text            `yaml:"schedule"`
	Images        []item          `yaml:"images"`
	Instances     []machine       `yaml:"instances"`
	Format        text            `yaml:"format"`
	RootDiskOnly  bool            `yaml:"root_disk_only"`
	Bucket        text            `yaml:"bucket"`
	Prefix        text            `yaml:"prefix"`
	Role          text            `yaml:"role"`
	Deadline      text            `yaml:"deadline"`
	Unchanged     text            `yaml:"unchanged"`
	MaxInFlight   text            `yaml:"max_in_flight"`
	CatchUp       text            `yaml:"catch_up"`
	CatchUpWithin text            `yaml:"catch_up_within"`
	SuspendAfter  text            `yaml:"suspend_after"`
	KeepImages    text            `yaml:"keep_images"`
	Notify        map[text][]text `yaml:"notify"`
}

// item is one of a plan's images.
type item struct {
	ID     text          `yaml:"id"`
	Name   text          `yaml:"name"`
	Tags   map[text]text `yaml:"tags"`
	Family text          `yaml:"family"`
	Newest text          `yaml:"newest"`
}

// machine is one of a plan's instances.
type machine struct {
	ID   text          `yaml:"id"`
	Tags map[text]text `yaml:"tags"`
}
