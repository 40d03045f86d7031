package cvm

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// export writes the files of a task one after another.
func (s *Server) export(ctx context.Context, t *task) error {
	dir, err := os.MkdirTemp(s.cfg.Dir, "export-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for i, d := range t.disks {
		path, err := prepare(ctx, dir, d, t.format)
		if err != nil {
			return endOf(ctx, err)
		}
		if err := s.upload(ctx, t, i, path); err != nil {
			return err
		}
		s.announce(t)
	}
	return nil
}

// prepare returns the path of a file with the disk's bytes in the format. What
// it makes lies in dir. A generated disk depends on its snapshot alone, so that
// every export of an image gives the same files and none has to be kept.
func prepare(ctx context.Context, dir string, d Disk, f disk.Format) (string, error) {
	raw := d.File
	if raw == "" {
		raw = filepath.Join(dir, d.SnapshotID+".generated")
		if err := disk.Generate(raw, d.SizeGiB, d.Usage, d.SnapshotID); err != nil {
			return "", err
		}
	}
	return disk.Convert(ctx, raw, f, filepath.Join(dir, d.SnapshotID+"."+f.Ext()))
}

// upload sends the i-th file of t. The upload of a killed task is left open:
// that is how it looks when a real one dies.
func (s *Server) upload(ctx context.Context, t *task, i int, path string) error {
	src, err := os.Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return err
	}
	s.mu.Lock()
	t.Files[i].Total = info.Size()
	s.mu.Unlock()
	up, err := s.cfg.Storage.StartUpload(t.Bucket, t.Files[i].Key)
	if err != nil {
		return err
	}
	err = s.sendParts(ctx, t, i, up, src)
	if err == nil {
		err = up.Complete()
	}
	if err != nil && !errors.Is(err, errKilled) {
		up.Abort()
	}
	return err
}

// sendParts writes the parts of a file at the configured rate. Each part is due
// by the file's own start, so that a slow one does not delay those behind it.
func (s *Server) sendParts(ctx context.Context, t *task, i int, up Upload, src *os.File) error {
	began := s.cfg.Clock.Now()
	total := t.Files[i].Total
	for n, off := 1, int64(0); off < total || n == 1; n++ { // an empty file, too, has a part
		size := min(partSize(n, total), total-off)
		if s.diesWithin(t, size) {
			return errKilled
		}
		due := began.Add(time.Duration(float64(off+size) / float64(s.cfg.Rate) * float64(time.Second)))
		if err := s.cfg.Clock.Sleep(ctx, due.Sub(s.cfg.Clock.Now())); err != nil {
			return endOf(ctx, err)
		}
		if err := up.WritePart(n, src, off, size); err != nil {
			return err
		}
		off += size
		s.mu.Lock()
		t.Files[i].Bytes = off
		s.mu.Unlock()
	}
	return context.Cause(ctx) // killed while the last part was on its way
}

// diesWithin reports whether t is to die before it has written size more bytes.
func (s *Server) diesWithin(t *task, size int64) bool {
	if t.dieAfter == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var written int64
	for _, f := range t.Files {
		written += f.Bytes
	}
	return written+size > *t.dieAfter
}

// endOf returns why ctx ended if it did, or else err.
func endOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

const (
	minPart = 1 << 20 // COS takes no smaller one except the last (436/7750)
	maxPart = 5 << 30
)

// partSize returns the size of part n of a file. Parts grow evenly, the n-th
// being n times the first, so that progress shows early and a file of any size
// has about 32 of them, or more where COS's maximum ends the growth.
func partSize(n int, total int64) int64 {
	const steps = 32 * 33 / 2 // 1 + 2 + … + 32
	first := max(minPart, (total/steps+minPart-1)/minPart*minPart)
	return min(first*int64(n), maxPart)
}
