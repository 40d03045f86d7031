package scf

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// maxCode is how much code may unpack to, layers included (583/11637).
const maxCode = 500 << 20

// unpack writes the zip's files into dir, without their write bits, and makes
// sure that the handler is among them and can be run.
func unpack(path, dir, handler string) error {
	z, err := zip.OpenReader(path)
	if err != nil {
		return fmt.Errorf("code %q: %w", path, err)
	}
	defer z.Close()
	size := uint64(0)
	for _, f := range z.File {
		if size += f.UncompressedSize64; size > maxCode || f.UncompressedSize64 > maxCode {
			return fmt.Errorf("code %q unpacks to more than %d MB", path, maxCode>>20)
		}
		if err := unpackFile(f, dir); err != nil {
			return fmt.Errorf("code %q: file %q: %w", path, f.Name, err)
		}
	}
	return checkHandler(filepath.Join(dir, handler), handler)
}

func unpackFile(f *zip.File, dir string) error {
	if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
		return fmt.Errorf("leaves the code directory")
	}
	target := filepath.Join(dir, filepath.FromSlash(f.Name))
	if f.Mode().IsDir() {
		return os.MkdirAll(target, 0o755)
	}
	if !f.Mode().IsRegular() {
		return fmt.Errorf("is neither a file nor a directory")
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.Mode().Perm()&0o555|0o400)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

func checkHandler(path, handler string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return errNoHandler("no file %q at the top level of the zip", handler)
	case !info.Mode().IsRegular():
		return errNoHandler("%q in the zip is not a file", handler)
	case info.Mode()&0o111 == 0:
		return errNoHandler("file %q in the zip is not executable: its mode is %v, want 0755", handler, info.Mode())
	}
	return nil
}
