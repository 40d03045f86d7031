package planfile

// file is the form of plans.yaml.
type file struct {
	Channels map[text]route `yaml:"channels"`
	Plans    map[text]entry `yaml:"plans"`
}

// The names of its sections.
const (
	channels = "channels"
	plans    = "plans"
)

// route is a channel as people write it.
type route struct {
	Service  text   `yaml:"service"`
	URL      text   `yaml:"url"`
	Secret   text   `yaml:"secret"`
	From     text   `yaml:"from"`
	To       []text `yaml:"to"`
	Hears    []text `yaml:"hears"`
	Plans    []text `yaml:"plans"`
	Language text   `yaml:"language"`
	Fallback text   `yaml:"fallback"`
	Links    *bool  `yaml:"links"`
	Private  bool   `yaml:"private"`
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
	Unrecognized  text            `yaml:"unrecognized_data"`
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
