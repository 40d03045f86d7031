package manifest

import (
	"net/url"
	"path"
	"strings"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
)

// Restore is how to make a machine of the files again: in the cloud that they came
// from, or anywhere else. The commands are for a POSIX shell, one for each file,
// and safe to paste whatever the files are called.
type Restore struct {
	ImportImage *ImportImage `json:"importImage,omitempty"` // absent: no system disk that is proven whole
	Unknown     []string     `json:"unknown,omitempty"`     // parameters of it that a person must add
	Download    []string     `json:"download"`
	Verify      []string     `json:"verify"`            // after the download
	Convert     []string     `json:"convert,omitempty"` // for another hypervisor; of files that are proven whole
}

// ImportImage are the parameters of the call of that name (CVM API, 213/15717),
// under its own names.
type ImportImage struct {
	Architecture string     `json:"Architecture,omitempty"`
	OsType       string     `json:"OsType,omitempty"`
	OsVersion    string     `json:"OsVersion,omitempty"`
	ImageURL     string     `json:"ImageUrl"` // CVM must be let read it: by a signature, or by the bucket's policy
	ImageName    string     `json:"ImageName"`
	BootMode     string     `json:"BootMode,omitempty"`
	DataDisks    []DataDisk `json:"ImportImageDataDiskList,omitempty"`
}

// DataDisk is one disk beside the system disk.
type DataDisk struct {
	ImageURL string `json:"ImageUrl"`
}

func (m Manifest) restore() Restore {
	r := Restore{ImportImage: m.importImage()}
	if r.ImportImage != nil {
		r.Unknown = r.ImportImage.unknown()
	}
	for _, f := range m.Files {
		local := "./" + path.Base(f.Key)                                                                                                            // so that no name is taken for an option
		r.Download = append(r.Download, command("coscli", "cp", "cos://"+m.Bucket.String()+"/"+f.Key, "./", "-e", "cos."+m.Region+".myqcloud.com")) // 436/71763
		r.Verify = append(r.Verify, verify(f, m.AnyData && f.Disk != "system", local))
		if f.whole() {
			r.Convert = append(r.Convert, convert(m.Format, local))
		}
	}
	return r
}

// importImage returns the parameters, or nil without a system disk. A file that is
// not proven whole is never recommended.
func (m Manifest) importImage() *ImportImage {
	var out *ImportImage
	var data []DataDisk
	for _, f := range m.Files {
		switch {
		case !f.whole():
		case f.Disk == "system" && out == nil:
			out = &ImportImage{Architecture: architecture(m.Image.Architecture), ImageURL: m.url(f.Key), ImageName: m.imageName(), BootMode: bootMode(*f.Check)}
			out.OsType, out.OsVersion = system(m.Image.OS)
		case f.Disk == "data":
			data = append(data, DataDisk{ImageURL: m.url(f.Key)})
		}
	}
	if out != nil {
		out.DataDisks = data
	}
	return out
}

func (f File) whole() bool { return f.Check != nil && f.Check.Verdict == diskimage.Verified }

// url is the address of a file, unsigned. A "+" is escaped: some decoders take it
// for a space.
func (m Manifest) url(key string) string {
	u := url.URL{Scheme: "https", Host: m.Bucket.String() + ".cos." + m.Region + ".myqcloud.com", Path: "/" + key}
	return strings.ReplaceAll(u.String(), "+", "%2B")
}

// imageName is new: CVM keeps names unique, and the image that was exported may
// still be there.
func (m Manifest) imageName() string { return image.ExportID("restored-" + m.Export).MadeName() }

// unknown lists the parameters that are not known.
func (i ImportImage) unknown() (names []string) {
	for _, p := range []struct{ name, value string }{
		{"Architecture", i.Architecture}, {"OsType", i.OsType}, {"OsVersion", i.OsVersion}, {"BootMode", i.BootMode},
	} {
		if p.value == "" {
			names = append(names, p.name)
		}
	}
	return names
}

// verify reads the whole file. The checksum stands in the command, so that it needs
// neither the manifest nor the bucket.
func verify(f File, anyData bool, local string) string {
	words := []string{"imageferry", "verify", "--full"}
	if anyData {
		words = append(words, "--any-data")
	}
	if f.CRC64 != "" {
		words = append(words, "--crc64", f.CRC64)
	}
	return command(append(words, local)...)
}

// drivers are what qemu-img calls the formats.
var drivers = map[image.Format]string{image.RAW: "raw", image.QCOW2: "qcow2", image.VHD: "vpc", image.VMDK: "vmdk"}

// convert writes QCOW2, or RAW where the file is QCOW2 already. The format is
// named, because a guest could have written another format's header into its disk.
func convert(f image.Format, local string) string {
	to := image.QCOW2
	if f == to {
		to = image.RAW
	}
	return command("qemu-img", "convert", "-p", "-f", drivers[f], "-O", drivers[to], local, strings.TrimSuffix(local, path.Ext(local))+"."+to.Ext())
}

// command joins words for a POSIX shell, and quotes those that it would not take
// as they are.
func command(words ...string) string {
	for i, w := range words {
		if strings.ContainsFunc(w, special) {
			words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

func special(r rune) bool {
	alphanumeric := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return !alphanumeric && !strings.ContainsRune("./:_-", r)
}
