package cvm

import (
	"strings"

	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// maxExportImages is how many images one call may name (undocumented; there is
// an error for it).
const maxExportImages = 10

type exportImagesParams struct {
	BucketName         string
	ImageIds           []string
	SnapshotIds        []string // named in the documents, not open
	ExportFormat       string
	FileNamePrefixList []string
	OnlyExportRootDisk bool
	DryRun             bool
	RoleName           string
}

type exportImagesResult struct {
	TaskId   uint64
	CosPaths []string
}

// exportImages starts one task for all images of the list (213/73474). The call
// is all or nothing, and a dry run that would pass is answered without a task
// (both undocumented). A repeated call starts another task, which writes the
// same names.
func (s *Server) exportImages(st *store, p exportImagesParams) (any, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	images, err := s.exportable(st, p.ImageIds, p.OnlyExportRootDisk)
	if err != nil {
		return nil, err
	}
	bucket, err := s.destination(p.BucketName, p.RoleName)
	if err != nil {
		return nil, err
	}
	if p.DryRun {
		return struct{}{}, nil
	}
	t := &task{Task: Task{Bucket: bucket}, format: p.format()}
	for i, m := range images {
		prefix := ""
		if len(p.FileNamePrefixList) > 0 {
			prefix = p.FileNamePrefixList[i]
		}
		for _, d := range m.exported(p.OnlyExportRootDisk) {
			t.add(m.ID, prefix, apiName(prefix, m.ID, d, t.format), d)
		}
	}
	if err := s.start(t); err != nil {
		return nil, err
	}
	r := exportImagesResult{TaskId: t.ID}
	for _, f := range t.Files {
		r.CosPaths = append(r.CosPaths, "/"+f.Key)
	}
	return r, nil
}

// ConsoleExport exports an image as the console does: all disks as RAW, with
// the names PREFIX_xvda.raw, PREFIX_xvdb.raw and so on, by the default role. It
// returns the id of the task, or an [*Error].
func (s *Server) ConsoleExport(imageID, bucket, prefix string) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	images, err := s.exportable(s.home, []string{imageID}, false)
	if err != nil {
		return 0, err
	}
	full, err := s.destination(bucket, "")
	if err != nil {
		return 0, err
	}
	t := &task{Task: Task{Bucket: full}, format: disk.RAW}
	for i, d := range images[0].exported(false) {
		t.add(imageID, prefix, prefix+"_xvd"+string(rune('a'+i))+".raw", d)
	}
	if err := s.start(t); err != nil {
		return 0, err
	}
	return t.ID, nil
}

// apiName returns the object key of a disk. Without a prefix there is no
// underscore in front, as in the documents' sample
// /img-dz6w75t0_system_snap-hedv100v.raw.
func apiName(prefix, imageID string, d Disk, f disk.Format) string {
	usage := "data"
	if d.Usage == disk.System {
		usage = "system"
	}
	name := imageID + "_" + usage + "_" + d.SnapshotID + "." + f.Ext()
	if prefix == "" {
		return name
	}
	return strings.TrimPrefix(prefix, "/") + "_" + name
}

func (p exportImagesParams) format() disk.Format {
	if p.ExportFormat == "" {
		return disk.RAW
	}
	return disk.Format(p.ExportFormat)
}

// check looks at the parameters by themselves.
func (p exportImagesParams) check() error {
	switch {
	case p.BucketName == "":
		return refuse(MissingParameter, "the parameter `BucketName` is required")
	case len(p.SnapshotIds) > 0 || len(p.ImageIds) == 0:
		return refuse(OneListOnly, "`ImageIds` is required, and `SnapshotIds` is not open")
	case len(p.ImageIds) > maxExportImages:
		return refuse(TooManyValues, "%d images in one call, at most %d are allowed", len(p.ImageIds), maxExportImages)
	case len(p.FileNamePrefixList) > 0 && len(p.FileNamePrefixList) != len(p.ImageIds):
		return refuse(BadPrefixList, "%d prefixes for %d images", len(p.FileNamePrefixList), len(p.ImageIds))
	case !p.format().Valid():
		return refuse(InvalidValue, "the format `%s` is not one of RAW, QCOW2, VHD, VMDK", p.ExportFormat)
	}
	return nil
}
