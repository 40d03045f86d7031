package image

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxKey is the longest object key that COS stores, in bytes.
const maxKey = 850

// File is the name of an exported disk, in either scheme.
type File struct {
	Prefix   string // everything before the scheme's own part; may hold "/" and "_", may be empty
	Image    ID     // API naming only
	Disk     string // "system" or "data" in API naming; a device such as "xvda" in console naming
	Snapshot string // API naming only
	Ext      string // as written; compare with Format
}

// Patterns are anchored at the right end because a prefix may hold anything.
var (
	apiName     = regexp.MustCompile(`^(?:(.*)_)?(img-[0-9a-z]+)_(system|data)_(snap-[0-9a-z]+)\.([A-Za-z0-9]+)$`)
	consoleName = regexp.MustCompile(`^(.+)_(xvd[a-z])\.([A-Za-z0-9]+)$`)
)

// ParseFile recognises the object key of an exported disk. Keys that no export
// would write give false: they are none of our business. It is the exact inverse
// of [File.Key].
func ParseFile(key string) (File, bool) {
	if !plain(key) {
		return File{}, false
	}
	dir, base := path.Split(key)
	f, ok := parseBase(base)
	if !ok || f.Format() == "" {
		return File{}, false
	}
	f.Prefix = dir + f.Prefix
	if f.Key() != key { // "dir/_img-…": an empty prefix has no "_" behind it
		return File{}, false
	}
	return f, true
}

// plain reports whether a key means what it looks like to whoever reads it in a
// notice, a listing or a path. Events can be forged, so this is not only about
// names that exports write.
func plain(key string) bool {
	if len(key) > maxKey || strings.ContainsFunc(key, isOdd) {
		return false
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

// isOdd reports whether r breaks lines, turns the direction of writing, stands
// for bytes that are no UTF-8, or escapes something.
func isOdd(r rune) bool {
	return !unicode.IsPrint(r) || r == utf8.RuneError || r == '%' || r == '\\'
}

func parseBase(base string) (File, bool) {
	if m := apiName.FindStringSubmatch(base); m != nil && len(m[2]) <= maxID && len(m[4]) <= maxID+1 { // snap- is longer by one
		return File{Prefix: m[1], Image: ID(m[2]), Disk: m[3], Snapshot: m[4], Ext: m[5]}, true
	}
	if m := consoleName.FindStringSubmatch(base); m != nil {
		return File{Prefix: m[1], Disk: m[2], Ext: m[3]}, true
	}
	return File{}, false
}

// Key returns the object key: without a leading slash, unlike CosPaths.
func (f File) Key() string {
	if f.Image == "" {
		return fmt.Sprintf("%s_%s.%s", f.Prefix, f.Disk, f.Ext)
	}
	sep := "_"
	if f.Prefix == "" || strings.HasSuffix(f.Prefix, "/") {
		sep = ""
	}
	return fmt.Sprintf("%s%s%s_%s_%s.%s", f.Prefix, sep, f.Image, f.Disk, f.Snapshot, f.Ext)
}

// Format returns the disk format that the extension stands for, or "".
func (f File) Format() Format {
	if f.Ext == "" {
		return "" // which ParseFormat takes for the default
	}
	format, _ := ParseFormat(f.Ext)
	return format
}

// ExportID returns the export that the file names: the part of the prefix after
// its last "_" or "/". Whether such an export exists only the ledger knows.
func (f File) ExportID() (ExportID, bool) {
	id, err := ParseExportID(f.Prefix[strings.LastIndexAny(f.Prefix, "_/")+1:])
	return id, err == nil
}

// Prefix joins a plan's own prefix and an export id into the file-name prefix.
func Prefix(own string, id ExportID) string {
	if own == "" || strings.HasSuffix(own, "/") {
		return own + string(id)
	}
	return own + "_" + string(id)
}

// Expected returns the keys that an export of m writes under prefix.
func Expected(m Image, prefix string, format Format, rootOnly bool) []string {
	var keys []string
	for _, d := range m.Exported(rootOnly) {
		disk := "data"
		if d.System {
			disk = "system"
		}
		f := File{Prefix: prefix, Image: m.ID, Disk: disk, Snapshot: d.Snapshot, Ext: format.Ext()}
		keys = append(keys, f.Key())
	}
	return keys
}

// System reports whether the file is of the disk that the machine starts from, as
// far as its name says.
func (f File) System() bool { return f.Disk == "system" || f.Disk == "xvda" }

// Set returns what the keys of all disks of the same export start with. Names tell
// no more of an export that is not ours.
func (f File) Set() string {
	if f.Image == "" {
		return f.Prefix + "_xvd"
	}
	return strings.TrimSuffix(f.Key(), fmt.Sprintf("%s_%s.%s", f.Disk, f.Snapshot, f.Ext))
}

// SetMembers returns those of the keys that are disks of one set in one format, in
// the order of their names, each once.
func SetMembers(set string, format Format, keys []string) (members []string) {
	for _, key := range keys {
		if f, ok := ParseFile(key); ok && f.Set() == set && f.Format() == format {
			members = append(members, key)
		}
	}
	slices.Sort(members)
	return slices.Compact(members)
}
