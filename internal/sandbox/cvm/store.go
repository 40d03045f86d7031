package cvm

import (
	"crypto/rand"
	"strings"
)

// store is what lies in one region. Snapshots live on their own: they may
// outlast the image that they were made for.
type store struct {
	images    map[string]*image
	imageIDs  []string // in order of creation
	instances []Instance
	snapshots map[string]Disk
}

func newStore() *store {
	return &store{images: map[string]*image{}, snapshots: map[string]Disk{}}
}

func (st *store) addImage(m *image) {
	if st.images[m.ID] == nil {
		st.imageIDs = append(st.imageIDs, m.ID)
	}
	st.images[m.ID] = m
	for _, d := range m.Disks {
		st.snapshots[d.SnapshotID] = d
	}
}

func (st *store) removeImage(id string) {
	delete(st.images, id)
	for i, other := range st.imageIDs {
		if other == id {
			st.imageIDs = append(st.imageIDs[:i], st.imageIDs[i+1:]...)
			return
		}
	}
}

func (st *store) addInstance(i Instance) {
	for n := range st.instances {
		if st.instances[n].ID == i.ID {
			st.instances[n] = i
			return
		}
	}
	st.instances = append(st.instances, i)
}

// instance returns the instance with that id, or nil.
func (st *store) instance(id string) *Instance {
	for n := range st.instances {
		if st.instances[n].ID == id {
			return &st.instances[n]
		}
	}
	return nil
}

// find returns the images with these ids, all of them or an error.
func (st *store) find(ids []string) ([]*image, error) {
	var found []*image
	for _, id := range ids {
		if !imageID.MatchString(id) {
			return nil, refuse(ImageIDBad, "the image id `%s` is malformed", id)
		}
		m := st.images[id]
		if m == nil {
			return nil, refuse(ImageNotFound, "the image `%s` does not exist", id)
		}
		found = append(found, m)
	}
	return found, nil
}

// newID returns an unused id such as img-4fq2x7ab.
func newID(kind string) string { return kind + "-" + strings.ToLower(rand.Text()[:8]) }
