package cos

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// inlineSize is the largest content that is kept in the object's record.
const inlineSize = 4 << 10

// ObjectInfo describes an object.
type ObjectInfo struct {
	Key          string
	Size         int64  // bytes
	ETag         string // quoted; the MD5 only for an object that was put in one request
	CRC64        uint64 // CRC-64 (ECMA) of the whole content
	LastModified time.Time
	StorageClass string // STANDARD if nothing else was asked for
	VersionID    string `json:",omitempty"` // empty unless versioning was enabled
	Appendable   bool   `json:",omitempty"`
}

// entry is what the index knows of an object.
type entry struct {
	ObjectInfo
	File string `json:",omitempty"` // name of the content file; empty if the record holds the content
}

// record is what is stored of an object.
type record struct {
	entry
	Header map[string]string // headers to give back, by canonical name
	Body   []byte            `json:",omitempty"`
}

// recordPath is where the record of a key is kept.
func (b *bucket) recordPath(key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:20])
	return filepath.Join(b.dir, "meta", name[:2], name+".json")
}

// dataPath is where a content file is kept.
func (b *bucket) dataPath(file string) string {
	return filepath.Join(b.dir, "data", file[:2], file)
}

// createData makes an empty content file.
func (b *bucket) createData() (*os.File, error) {
	path := b.dataPath(randomHex(12))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return os.Create(path)
}

// place makes the record that was written to temp the one of its key.
func (b *bucket) place(temp, key string) error {
	path := b.recordPath(key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// writeTemp stores v under a passing name in dir, from where it can be renamed.
func writeTemp(dir string, v any) (path string, err error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, randomHex(12))
	return path, os.WriteFile(path, data, 0o600)
}

// writeJSON replaces the file at path as a whole, by way of dir.
func writeJSON(dir, path string, v any) error {
	temp, err := writeTemp(dir, v)
	if err != nil {
		return err
	}
	return os.Rename(temp, path)
}

func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}
