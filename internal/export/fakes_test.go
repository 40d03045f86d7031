package export_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
)

// The world as a driver sees it: each request goes through [world.do].

type store struct{ w *world }

func (s store) Create(ctx context.Context, key string, body []byte) error {
	return s.w.do("PUT "+key, func() error {
		if s.w.overwrites {
			_ = s.w.store.Delete(ctx, key)
		}
		err := s.w.store.Create(ctx, key, body)
		if s.w.twice && err == nil {
			err = s.w.store.Create(ctx, key, body)
		}
		return err
	})
}

func (s store) Get(ctx context.Context, key string) (body []byte, err error) {
	err = s.w.do("GET "+key, func() (err error) { body, err = s.w.store.Get(ctx, key); return err })
	return body, err
}

func (s store) List(ctx context.Context, prefix, after string, limit int) (keys []string, more bool, err error) {
	err = s.w.do("LIST "+prefix, func() (err error) { keys, more, err = s.w.store.List(ctx, prefix, after, limit); return err })
	if s.w.listing != nil {
		keys = s.w.listing(prefix, keys)
	}
	return keys, more, err
}

func (s store) Delete(ctx context.Context, key string) error {
	return s.w.do("DELETE "+key, func() error { return s.w.store.Delete(ctx, key) })
}

func (s store) EverVersioned(context.Context) (bool, error) {
	return s.w.versioned, s.w.do("GET ?versioning", func() error { return nil })
}

type cloud struct{ w *world }

func (c cloud) Images(_ context.Context, ids []image.ID) (found map[image.ID]image.Image, err error) {
	err = c.w.do("DescribeImages", func() error {
		c.w.finish()
		found = maps.Clone(c.w.images)
		maps.DeleteFunc(found, func(id image.ID, _ image.Image) bool { return !slices.Contains(ids, id) })
		return nil
	})
	return found, err
}

func (c cloud) Export(_ context.Context, r ledger.Request) (task export.Task, err error) {
	i := c.w.issue(callExport, r, "")
	err = c.w.do("ExportImages "+string(r.Image.ID), func() error {
		c.w.now, c.w.asked = c.w.now.Add(c.w.pace), r.Image.ID
		if c.w.cloud != nil {
			if err := c.w.cloud(c.w.exportCalls() - 1); err != nil {
				if err == errTaken {
					c.w.took(i)
					c.w.begin(r)
				}
				return c.w.answered(i, err)
			}
		}
		c.w.took(i)
		c.w.begin(r)
		task.ID = uint64(len(c.w.tasks))
		for _, key := range r.Files() {
			task.Paths = append(task.Paths, "/"+key)
		}
		if c.w.paths != nil {
			task.Paths = c.w.paths(task.Paths)
		}
		return nil
	})
	if err != nil {
		return export.Task{}, err
	}
	return task, nil
}

type files struct{ w *world }

func (f files) Stat(_ context.Context, _ image.Bucket, key string) (file ledger.File, err error) {
	err = f.w.do("HEAD "+key, func() error {
		f.w.deliver()
		var ok bool
		if file, ok = f.w.objects[key]; !ok {
			return &outcome.Error{Kind: outcome.NotFound, Op: "HeadObject", Code: "Not Found"}
		}
		return nil
	})
	return file, err
}

func (f files) Names(_ context.Context, _ image.Bucket, prefix string) (names []string, err error) {
	err = f.w.do("LIST files "+prefix, func() error {
		f.w.deliver()
		for _, key := range slices.Sorted(maps.Keys(f.w.objects)) {
			if strings.HasPrefix(key, prefix) && len(names) < export.MaxNames && !f.w.blind {
				names = append(names, key)
			}
		}
		return nil
	})
	return names, err
}

// Uploads: an upload opens a minute after the call.
func (f files) Uploads(_ context.Context, _ image.Bucket, prefix string) (keys []string, err error) {
	err = f.w.do("LIST uploads "+prefix, func() error {
		for _, t := range f.w.tasks {
			age := f.w.now.Sub(t.at)
			if !f.w.invisible && f.w.takes > 0 && strings.HasPrefix(t.request.Prefix+"_", prefix) && age >= time.Minute && age < f.w.takes {
				keys = append(keys, t.request.Files()...)
			}
		}
		for _, key := range f.w.uploads {
			if strings.HasPrefix(key, prefix) {
				keys = append(keys, key)
			}
		}
		return nil
	})
	return keys, err
}

// Verify finds what a test says is wrong with a file, else nothing.
func (f files) Verify(_ context.Context, _ image.Bucket, file ledger.File, want diskimage.Want) (report diskimage.Report, err error) {
	err = f.w.do("GET ranges "+file.Key, func() error {
		now, ok := f.w.objects[file.Key]
		switch {
		case !ok:
			return &outcome.Error{Kind: outcome.NotFound, Op: "GetObject", Code: "NoSuchKey"}
		case now.ETag != file.ETag:
			return &outcome.Error{Kind: outcome.Exists, Op: "GetObject", Code: "PreconditionFailed"}
		case f.w.closed:
			return &outcome.Error{Kind: outcome.Config, Op: "GetObject", Code: "AccessDenied"}
		}
		f.w.wanted = append(f.w.wanted, want)
		report = diskimage.Report{Verdict: diskimage.Verified, Format: want.Format, Bytes: want.Bytes}
		if flaw, ok := f.w.flaws[file.Key]; ok {
			report.Verdict, report.Findings = flaw, []diskimage.Finding{{Code: "test", Detail: "it is flawed"}}
		}
		return nil
	})
	return report, err
}

// Keep keeps the manifest of an export.
func (f files) Keep(_ context.Context, e ledger.Entry) error {
	i := f.w.issue(callSend, e.Request, ledger.ManifestChannel)
	return f.w.do("PUT manifest "+string(e.Request.ID), func() error {
		f.w.took(i)
		f.w.manifests = append(f.w.manifests, e)
		return f.w.answered(i, nil)
	})
}

type notifier struct{ w *world }

func (n notifier) Channels() (list []plan.Channel) {
	if n.w.list != nil {
		return n.w.list
	}
	for _, name := range n.w.channels {
		list = append(list, plan.Channel{Name: name, Fallback: n.w.fallback[name], Address: n.w.addresses[name]})
	}
	for _, name := range n.w.silentChannels {
		list = append(list, plan.Channel{Name: name, Fallback: n.w.fallback[name], Plans: []string{"no-such-plan"}})
	}
	return list
}

func (n notifier) Room(channel string, now time.Time) time.Time {
	if at, ok := n.w.room[channel]; ok {
		return at
	}
	return now
}

func (n notifier) Send(_ context.Context, channel string, e ledger.Entry) error {
	i := n.w.issue(callSend, e.Request, channel)
	n.w.heard(channel, e)
	return n.w.do("notice "+channel, func() (err error) {
		if n.w.receiver != nil {
			err = n.w.receiver(len(n.w.notices))
		}
		if says, ok := n.w.says[channel]; ok {
			err = says
		}
		if !outcome.Is(err, outcome.Later) { // all others may have been taken
			n.w.took(i)
			n.w.notices = append(n.w.notices, e)
		}
		return n.w.answered(i, err)
	})
}

func (c cloud) Find(_ context.Context, q export.Query) (found []image.Image, err error) {
	err = c.w.do("DescribeImages find "+q.Name+q.Tags[export.TagInstance], func() error {
		c.w.finish()
		for _, id := range slices.Sorted(maps.Keys(c.w.images)) {
			m := c.w.images[id]
			fits := m.Type == "PRIVATE_IMAGE" && (q.Name == "" || q.Name == m.Name)
			for key, value := range q.Tags {
				fits = fits && m.Tags[key] == value
			}
			if fits {
				found = append(found, m)
			}
		}
		return nil
	})
	return found, err
}

func (c cloud) Instances(_ context.Context, ids []image.InstanceID) (found []image.Instance, err error) {
	err = c.w.do("DescribeInstances", func() error {
		for _, i := range c.w.instances {
			if ids == nil || slices.Contains(ids, i.ID) {
				found = append(found, i)
			}
		}
		return nil
	})
	return found, err
}

// CreateImage makes an image that is NORMAL after a while, if its name is free.
func (c cloud) CreateImage(_ context.Context, m export.NewImage) (id image.ID, err error) {
	i := c.w.issue(callCreate, ledger.Request{ID: image.ExportID(m.Tags[export.TagExport])}, "")
	err = c.w.do("CreateImage "+m.Name, func() error {
		for _, other := range c.w.images {
			if other.Name == m.Name {
				return &outcome.Error{Kind: outcome.Exists, Op: "CreateImage", Code: "InvalidImageName.Duplicate"}
			}
		}
		if c.w.maker != nil {
			if err := c.w.maker(len(c.w.made)); err != nil {
				return err
			}
		}
		id = image.ID("img-made" + string(rune('a'+len(c.w.made))))
		c.w.addImage(id, 1)
		made := c.w.images[id]
		made.Name, made.Tags, made.State, made.Created = m.Name, m.Tags, "CREATING", c.w.now
		c.w.images[id] = made
		c.w.took(i)
		c.w.made = append(c.w.made, id)
		return nil
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

func (c cloud) DeleteImage(_ context.Context, id image.ID) error {
	return c.w.do("DeleteImages "+string(id), func() error { delete(c.w.images, id); return nil })
}
