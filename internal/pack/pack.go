// Package pack makes the zip that SCF deploys: a function's binary at the top
// level with its exec bit set, and plans.json beside it (583/67385).
//
// The zip is written here and not by a zip program, so that it is the same byte
// for byte wherever it is built: fixed order, fixed times, unix modes even on
// Windows.
package pack

import (
	"archive/zip"
	"compress/flate"
	"io"
	"time"
)

// File is one file of a zip.
type File struct {
	Name string
	Body []byte
	Exec bool
}

// modified is the time of all files: the earliest that a zip can hold.
var modified = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Write writes files to w in the order given.
func Write(w io.Writer, files ...File) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression)
	})
	for _, f := range files {
		h := &zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: modified}
		h.SetMode(0o644)
		if f.Exec {
			h.SetMode(0o755)
		}
		body, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := body.Write(f.Body); err != nil {
			return err
		}
	}
	return z.Close()
}
