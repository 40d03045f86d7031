package main

import (
	"context"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/manifest"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/tencent"
)

// subject is a file that is verified, on this machine or in COS.
type subject struct {
	r     io.ReaderAt
	size  int64
	key   string // as exports name files
	crc64 string // that COS has of it; empty: none
	close func() error
	// beside reads another file of the same folder. Its error is fs.ErrNotExist
	// where there is none.
	beside func(name string) ([]byte, error)
}

// openSubject opens a file by its name, or by cos://BUCKET/KEY.
func openSubject(ctx context.Context, environ []string, name string) (*subject, error) {
	if at, ok := strings.CutPrefix(name, "cos://"); ok {
		return openObject(ctx, environ, at)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	size, err := f.Seek(0, io.SeekEnd) // a device has no size that Stat knows
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &subject{r: f, size: size, key: filepath.Base(name), close: f.Close, beside: func(other string) ([]byte, error) {
		return os.ReadFile(filepath.Join(filepath.Dir(name), other))
	}}, nil
}

// openObject opens an object of COS, written BUCKET/KEY.
func openObject(ctx context.Context, environ []string, at string) (*subject, error) {
	name, key, _ := strings.Cut(at, "/")
	bucket, err := image.ParseBucket(name)
	if err != nil {
		return nil, err
	}
	if key == "" {
		return nil, fmt.Errorf("cos://%s: want cos://BUCKET/KEY", at)
	}
	creds, err := keys(environ)
	region := regionOf(environ)
	if region == "" {
		err = errors.Join(errors.New("FERRY_REGION (or TENCENTCLOUD_REGION): is required"), err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w\nsee imageferry verify --help", err)
	}
	cos := tencent.NewCOS(tencent.NewTransport(), creds, region)
	f, err := cos.Stat(ctx, bucket, key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return &subject{
		r: cos.Ranges(ctx, bucket, f), size: f.Size, key: key, crc64: f.CRC64, close: func() error { return nil },
		beside: func(other string) ([]byte, error) {
			return readObject(ctx, cos, bucket, path.Join(path.Dir(key), other))
		},
	}, nil
}

// mostManifest is the longest manifest that is read, in bytes.
const mostManifest = 4 << 20

func readObject(ctx context.Context, cos *tencent.COS, bucket image.Bucket, key string) ([]byte, error) {
	f, err := cos.Stat(ctx, bucket, key)
	switch {
	case outcome.Is(err, outcome.NotFound):
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, err
	case f.Size > mostManifest:
		return nil, fmt.Errorf("%s has %d bytes, too many for a manifest", key, f.Size)
	}
	body := make([]byte, f.Size)
	n, err := cos.Ranges(ctx, bucket, f).ReadAt(body, 0)
	if n < len(body) {
		return nil, err
	}
	return body, nil
}

// checksum reads all of the file and returns its CRC64 as COS writes it (436/40334).
func (s *subject) checksum(ctx context.Context) (string, error) {
	sum := crc64.New(crc64.MakeTable(crc64.ECMA))
	chunk := make([]byte, min(4<<20, s.size)) // of one request
	for off := int64(0); off < s.size; off += int64(len(chunk)) {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		b := chunk[:min(int64(len(chunk)), s.size-off)]
		if n, err := s.r.ReadAt(b, off); n < len(b) {
			return "", fmt.Errorf("bytes %d to %d of %d: %w", off, off+int64(len(b))-1, s.size, err)
		}
		_, _ = sum.Write(b) // never fails
	}
	return strconv.FormatUint(sum.Sum64(), 10), nil
}

// record is what the manifest of an export says of one file.
type record struct {
	file manifest.File
	gib  int64 // of the disk; 0: not known
	any  bool  // a data disk may hold what nobody knows
}

// manifest returns what the manifest beside the file says of it, nil if there is none.
func (s *subject) manifest() (*record, error) {
	name, ok := image.ParseFile(path.Base(s.key))
	if !ok {
		return nil, nil
	}
	other := manifest.Key(ledger.Request{Prefix: name.Prefix})
	body, err := s.beside(other)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	m, err := manifest.Decode(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", other, err)
	}
	return recordOf(m, path.Base(s.key)), nil
}

// recordOf looks a file up by its name; where it lies now does not matter.
func recordOf(m manifest.Manifest, base string) *record {
	for _, f := range m.Files {
		if path.Base(f.Key) != base {
			continue
		}
		r := &record{file: f, any: m.AnyData}
		for _, d := range m.Disks {
			if d.Snapshot == f.Snapshot {
				r.gib = d.GiB
			}
		}
		return r
	}
	return nil
}
