package sandbox

import (
	"errors"
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/cos"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// seed fills the account: two buckets, and images of every sort that an export
// plan may meet. Disks are small, so that an export takes seconds.
func (s *Sandbox) seed() error {
	for _, bucket := range []string{ImageBucket, StateBucket} {
		if err := s.COS.CreateBucket(bucket); err != nil && !alreadyThere(err) {
			return fmt.Errorf("bucket %s: %w", bucket, err)
		}
	}
	for _, m := range images() {
		s.CVM.AddImage(m)
	}
	for _, i := range instances() {
		s.CVM.AddInstance(i)
	}
	for id, file := range s.cfg.Disks {
		if err := s.CVM.SetDisk(id, file); err != nil {
			return fmt.Errorf("--disk %s=%s: %w", id, file, err)
		}
	}
	return nil
}

func alreadyThere(err error) bool {
	e, ok := errors.AsType[*cos.Error](err)
	return ok && e.Status == 409
}

func instances() []cvm.Instance {
	debian := func(i cvm.Instance) cvm.Instance {
		i.Type, i.Zone, i.OsName, i.Platform = "S5.MEDIUM4", Region+"-6", "Debian 12.0 64bit", "Debian"
		return i
	}
	return []cvm.Instance{
		debian(cvm.Instance{ID: "ins-appserv1", Name: "app-server", Disks: []cvm.InstanceDisk{{ID: "disk-appsys01", Usage: disk.System, SizeGiB: 2}}}),
		debian(cvm.Instance{
			ID: "ins-dbserver", Name: "db-server", Tags: []cvm.Tag{{Key: "backup", Value: "weekly"}, {Key: "team", Value: "data"}},
			Disks: []cvm.InstanceDisk{{ID: "disk-dbsys001", Usage: disk.System, SizeGiB: 2}, {ID: "disk-dbdata01", Usage: disk.Data, SizeGiB: 1}},
		}),
	}
}

func images() []cvm.Image {
	system := func(name string, gib int) cvm.Disk {
		return cvm.Disk{SnapshotID: "snap-" + name, Usage: disk.System, SizeGiB: gib}
	}
	data := func(name string, gib int) cvm.Disk {
		return cvm.Disk{SnapshotID: "snap-" + name, Usage: disk.Data, SizeGiB: gib}
	}
	ubuntu := func(m cvm.Image) cvm.Image {
		m.OsName, m.Platform = "Ubuntu Server 24.04 LTS 64bit", "Ubuntu"
		return m
	}
	october, weekly := time.Date(2026, 10, 1, 3, 0, 0, 0, time.UTC), []cvm.Tag{{Key: "backup", Value: "weekly"}}
	return []cvm.Image{
		ubuntu(cvm.Image{ID: "img-webserv1", Name: "web-server", Tags: []cvm.Tag{{Key: "backup", Value: "nightly"}}, Disks: []cvm.Disk{system("websys01", 3)}}),
		ubuntu(cvm.Image{ID: "img-database", Name: "database (whole machine)", Disks: []cvm.Disk{system("dbsys001", 4), data("dbdata01", 2), data("dbdata02", 1)}}),
		{ID: "img-windows1", Name: "office-pc", OsName: "Windows Server 2022 DataCenter 64bit", Platform: "Windows", Disks: []cvm.Disk{system("winsys01", 4)}},
		ubuntu(cvm.Image{ID: "img-shared01", Name: "from-a-friend", Type: cvm.SharedImage, Disks: []cvm.Disk{system("shrsys01", 2)}}),
		ubuntu(cvm.Image{ID: "img-public01", Name: "Ubuntu Server 24.04 LTS 64bit", Type: cvm.PublicImage, Source: "OFFICIAL", Disks: []cvm.Disk{system("pubsys01", 2)}}),
		ubuntu(cvm.Image{ID: "img-toolarge", Name: "archive", Disks: []cvm.Disk{system("bigsys01", 2), data("bigdata1", 501)}}),
		ubuntu(cvm.Image{ID: "img-manydisk", Name: "storage-node", Disks: []cvm.Disk{
			system("mnysys01", 2), data("mnydata1", 1), data("mnydata2", 1), data("mnydata3", 1), data("mnydata4", 1), data("mnydata5", 1), data("mnydata6", 1),
		}}),
		ubuntu(cvm.Image{ID: "img-secret01", Name: "vault", Disks: []cvm.Disk{{SnapshotID: "snap-encsys01", Usage: disk.System, SizeGiB: 2, Encrypted: true}}}),
		ubuntu(cvm.Image{ID: "img-market01", Name: "wordpress", Market: true, Disks: []cvm.Disk{system("mktsys01", 2)}}),
		ubuntu(cvm.Image{ID: "img-creating", Name: "still-being-made", State: cvm.Creating, Disks: []cvm.Disk{system("newsys01", 2)}}),
		// What plans choose by tag, by family, by name, and by age:
		ubuntu(cvm.Image{ID: "img-apigold1", Name: "api-2026-10-01", Family: "api", Tags: weekly, Created: october, Disks: []cvm.Disk{system("apisys01", 1)}}),
		ubuntu(cvm.Image{ID: "img-apigold2", Name: "api-2026-11-01", Family: "api", Tags: weekly, Created: october.AddDate(0, 1, 0), Disks: []cvm.Disk{system("apisys02", 1)}}),
		ubuntu(cvm.Image{ID: "img-batch001", Name: "batch-worker", Tags: weekly, Created: october, Disks: []cvm.Disk{system("batsys01", 1)}}),
		{ID: "img-redhat01", Name: "erp", OsName: "Red Hat Enterprise Linux 9.4 64bit", Platform: "RedHat", Disks: []cvm.Disk{system("rhlsys01", 2)}},
	}
}
