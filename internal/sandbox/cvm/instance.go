package cvm

import (
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// Instance is a machine of which images can be made.
type Instance struct {
	ID           string // ins- and eight of [0-9a-z]
	Name         string
	State        string // RUNNING, STOPPED, STARTING, …; empty means RUNNING
	Type         string // such as S5.MEDIUM4
	Zone         string // such as ap-guangzhou-6
	ImageID      string // that it was started from
	OsName       string
	Platform     string
	Architecture string // empty means x86_64
	Created      time.Time
	Tags         []Tag
	Disks        []InstanceDisk
}

// InstanceDisk is a cloud disk attached to an instance.
type InstanceDisk struct {
	ID        string // disk- and eight of [0-9a-z]
	Usage     disk.Usage
	SizeGiB   int
	Encrypted bool
	File      string // path of the RAW bytes; empty means that each snapshot is a generated disk
}

func (i *Instance) setDefaults(now time.Time) {
	if i.State == "" {
		i.State = "RUNNING"
	}
	if i.Architecture == "" {
		i.Architecture = "x86_64"
	}
	if i.Created.IsZero() {
		i.Created = now
	}
}

type describeInstancesParams struct {
	InstanceIds []string
	Filters     filters
	Offset      int64
	Limit       *int64
}

type describeInstancesResult struct {
	TotalCount  int
	InstanceSet []instanceView
}

// instanceView is the part of an instance on the wire that concerns images
// (213/15753); what networks and payment need is left out.
type instanceView struct {
	Placement     placement
	InstanceId    string
	InstanceType  string
	InstanceName  string
	InstanceState string
	RestrictState string
	ImageId       string
	OsName        string
	CreatedTime   string
	SystemDisk    *diskView
	DataDisks     []diskView
	Tags          []Tag
}

type placement struct{ Zone string }

type diskView struct {
	DiskType string
	DiskId   string
	DiskSize int
}

func (s *Server) describeInstances(st *store, p describeInstancesParams) (any, error) {
	if len(p.InstanceIds) > 0 && len(p.Filters) > 0 {
		return nil, refuse(BadCombination, "InstanceIds and Filters cannot be given together")
	}
	if err := p.Filters.check((&Instance{}).subject()); err != nil {
		return nil, err
	}
	if len(p.InstanceIds) > maxIDs {
		return nil, refuse(TooManyValues, "%d instances in one call, at most %d are allowed", len(p.InstanceIds), maxIDs)
	}
	found, err := st.findInstances(p)
	if err != nil {
		return nil, err
	}
	shown, err := page(found, p.Offset, p.Limit)
	if err != nil {
		return nil, err
	}
	r := describeInstancesResult{TotalCount: len(found), InstanceSet: []instanceView{}}
	for _, i := range shown {
		r.InstanceSet = append(r.InstanceSet, i.view())
	}
	return r, nil
}

func (st *store) findInstances(p describeInstancesParams) ([]*Instance, error) {
	var found []*Instance
	for _, id := range p.InstanceIds {
		i, err := st.findInstance(id)
		if err != nil {
			return nil, err
		}
		found = append(found, i)
	}
	if len(p.InstanceIds) > 0 {
		return found, nil
	}
	for n := range st.instances {
		if i := &st.instances[n]; p.Filters.match(i.subject()) {
			found = append(found, i)
		}
	}
	return found, nil
}

func (st *store) findInstance(id string) (*Instance, error) {
	if !instanceID.MatchString(id) {
		return nil, refuse(InstanceIDBad, "the instance id `%s` is malformed", id)
	}
	i := st.instance(id)
	if i == nil {
		return nil, refuse(InstanceMissing, "the instance `%s` does not exist", id)
	}
	return i, nil
}

func (i *Instance) subject() subject {
	return subject{
		exact: map[string]string{"instance-id": i.ID, "instance-name": i.Name, "instance-state": i.State, "zone": i.Zone},
		tags:  i.Tags,
	}
}

func (i *Instance) view() instanceView {
	v := instanceView{
		Placement:     placement{i.Zone},
		InstanceId:    i.ID,
		InstanceType:  i.Type,
		InstanceName:  i.Name,
		InstanceState: i.State,
		RestrictState: "NORMAL",
		ImageId:       i.ImageID,
		OsName:        i.OsName,
		CreatedTime:   timestamp(i.Created),
		DataDisks:     []diskView{},
		Tags:          append([]Tag{}, i.Tags...),
	}
	for _, d := range i.Disks {
		view := diskView{"CLOUD_PREMIUM", d.ID, d.SizeGiB}
		if d.Usage == disk.System {
			v.SystemDisk = &view
		} else {
			v.DataDisks = append(v.DataDisks, view)
		}
	}
	return v
}
