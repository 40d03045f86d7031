// Package manifest says in one JSON document what an export left behind: which
// files hold which disks, how large they are and what is in them, and how to make
// a machine of them again.
//
// It is for the day on which the files are needed and nothing else is left: the
// image deleted, the account closed, Image Ferry forgotten. So it lies beside the
// files as well as beside the ledger, holds the commands and parameters ready, and
// is described by a published schema (docs/manifest-1.schema.json). It is made of
// the ledger's verdict alone: the same export always gives the same bytes.
//
// What is not known is absent, never guessed; of an export that somebody else
// made, that is much.
package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// Schema is the version of the document. Fields may be added under the same
// version; a reader passes over what it does not know.
const Schema = 1

// SchemaURL is where the schema is published.
const SchemaURL = "https://raw.githubusercontent.com/imageferry/imageferry/main/docs/manifest-1.schema.json"

// Manifest is the document.
type Manifest struct {
	SchemaURL string           `json:"$schema"`
	Schema    int              `json:"schema"`
	Export    image.ExportID   `json:"export"`
	Verdict   ledger.State     `json:"verdict"` // COMPLETE or PARTIAL
	Managed   bool             `json:"managed"` // false: somebody else exported it, for example with the console
	Plan      string           `json:"plan,omitempty"`
	Slot      time.Time        `json:"slot,omitzero"`
	Instance  image.InstanceID `json:"instance,omitempty"` // of which the image was made
	AnyData   bool             `json:"anyData,omitempty"`  // data disks on which nothing is recognised were to be taken for whole
	Image     Image            `json:"image,omitzero"`
	Region    string           `json:"region"`
	Bucket    image.Bucket     `json:"bucket"`
	Format    image.Format     `json:"format"`
	Disks     []image.Disk     `json:"disks,omitempty"` // that the image has and the export was to write
	Files     []File           `json:"files"`
	Missing   []string         `json:"missing,omitempty"` // keys
	Times     Times            `json:"times"`
	TaskID    uint64           `json:"taskId,omitempty"` // of ExportImages
	Restore   Restore          `json:"restore"`
}

// Image is what was exported, as CVM described it.
type Image struct {
	ID           image.ID  `json:"id"`
	Name         string    `json:"name,omitempty"`
	OS           string    `json:"os,omitempty"`
	Architecture string    `json:"arch,omitempty"`
	Created      time.Time `json:"created,omitzero"`
}

// File is one exported disk.
type File struct {
	Key      string            `json:"key"`
	Size     int64             `json:"size"`               // bytes
	CRC64    string            `json:"crc64,omitempty"`    // of the whole file (ECMA), decimal, as COS gives it
	ETag     string            `json:"etag,omitempty"`     // as COS gives it
	Disk     string            `json:"disk,omitempty"`     // system or data, as the name says
	Snapshot string            `json:"snapshot,omitempty"` // which of Disks it holds
	Check    *diskimage.Report `json:"check,omitempty"`    // absent: nobody looked into it
}

// Times are when what happened.
type Times struct {
	Requested time.Time `json:"requested,omitzero"` // it was due, or asked for
	Started   time.Time `json:"started,omitzero"`   // CVM took the task
	Ended     time.Time `json:"ended"`              // the verdict was reached
}

// Of makes the manifest of an export that ended COMPLETE or PARTIAL. The region
// is that of the bucket, such as "ap-guangzhou".
func Of(e ledger.Entry, region string) Manifest {
	r := e.Request
	m := Manifest{
		SchemaURL: SchemaURL, Schema: Schema, Export: r.ID, Verdict: e.Verdict, Managed: r.Origin != ledger.Observed, Plan: r.Plan, Instance: r.Instance, AnyData: r.AnyData,
		Image:  Image{ID: r.Image.ID, Name: r.Image.Name, OS: r.Image.OS, Architecture: r.Image.Architecture, Created: r.Image.Created},
		Region: region, Bucket: r.Bucket, Format: r.Format, Disks: r.Image.Exported(r.RootOnly), Files: []File{},
		Times: Times{Started: e.Started, Ended: e.Ended}, TaskID: e.TaskID,
	}
	if r.Origin == ledger.Scheduled {
		m.Slot = r.Slot
	}
	if m.Managed {
		m.Times.Requested = r.Slot
	}
	landed := map[string]bool{}
	for _, f := range e.Landed {
		m.Files = append(m.Files, fileOf(f))
		landed[f.Key] = true
	}
	for _, key := range e.Expected {
		if !landed[key] {
			m.Missing = append(m.Missing, key)
		}
	}
	m.Restore = m.restore()
	return m
}

func fileOf(f ledger.File) File {
	out := File{Key: f.Key, Size: f.Size, CRC64: f.CRC64, ETag: f.ETag, Check: f.Check}
	if name, ok := image.ParseFile(f.Key); ok {
		out.Snapshot, out.Disk = name.Snapshot, "data"
		if name.System() {
			out.Disk = "system"
		}
	}
	return out
}

// Key is the object key of the manifest beside the files of an export. No export
// writes a file of such a name, so its own event is nobody's business.
func Key(r ledger.Request) string { return r.Stem() + "manifest.json" }

// Encode writes the document: indented, with a line break at the end.
func (m Manifest) Encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // people read it, and copy commands from it
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("encode the manifest of %s: %w", m.Export, err)
	}
	return b.Bytes(), nil
}

// Decode reads a document of this version. It passes over fields that it does not
// know.
func Decode(body []byte) (Manifest, error) {
	var head struct{ Schema int }
	if err := json.Unmarshal(body, &head); err != nil {
		return Manifest{}, fmt.Errorf("manifest: %w", err)
	}
	switch {
	case head.Schema == 0:
		return Manifest{}, fmt.Errorf("manifest: no schema version: this is no manifest of Image Ferry")
	case head.Schema != Schema:
		return Manifest{}, fmt.Errorf("manifest: schema %d, and this program reads %d: use a newer one", head.Schema, Schema)
	}
	var m Manifest
	if err := json.Unmarshal(body, &m); err != nil {
		return Manifest{}, fmt.Errorf("manifest: %w", err)
	}
	return m, nil
}
