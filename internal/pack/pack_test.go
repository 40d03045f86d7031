package pack_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/pack"
)

func files() []pack.File {
	return []pack.File{
		{Name: "export", Body: []byte(strings.Repeat("binary\x00", 5000)), Exec: true},
		{Name: "plans.json", Body: []byte("{}\n")},
		{Name: "a-empty"},
	}
}

func write(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pack.Write(&b, files()...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Not parallel: it moves this process to another time zone.
func TestReproducible(t *testing.T) {
	first := write(t)
	zone := time.Local
	defer func() { time.Local = zone }()
	time.Local = time.FixedZone("UTC-11", -11*60*60)
	if !bytes.Equal(first, write(t)) {
		t.Error("two builds of the same files differ")
	}
}

func TestContent(t *testing.T) {
	t.Parallel()
	b := write(t)
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if len(z.File) != len(files()) {
		t.Fatalf("%d files, want %d", len(z.File), len(files()))
	}
	for i, want := range files() {
		f := z.File[i]
		if f.Name != want.Name {
			t.Errorf("file %d is %q, want %q: the order is that given", i, f.Name, want.Name)
		}
		mode := fs.FileMode(0o644)
		if want.Exec {
			mode = 0o755
		}
		if f.Mode() != mode {
			t.Errorf("%s has mode %v, want %v", f.Name, f.Mode(), mode)
		}
		if f.CreatorVersion>>8 != 3 {
			t.Errorf("%s was made by system %d, want 3 (unix): others' modes are not read", f.Name, f.CreatorVersion>>8)
		}
		if got := f.Modified.UTC(); !got.Equal(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s is of %v", f.Name, got)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want.Body) {
			t.Errorf("%s does not read back: %d bytes, %v", f.Name, len(got), err)
		}
	}
	if len(b) > len(files()[0].Body)/10 {
		t.Errorf("%d bytes: not compressed", len(b))
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteFails(t *testing.T) {
	t.Parallel()
	if err := pack.Write(full{}, files()...); err == nil || err.Error() != "disk full" {
		t.Errorf("error %v, want that of the writer", err)
	}
}
