package diskimage

// The codes of findings are stable: programs hold on to them, and pages explain
// them. A report has each at most once, with the first reason for it.

// Codes of files that hold no disk.
const (
	Empty        = "empty"        // no bytes at all
	Foreign      = "foreign"      // text, an archive, a picture, a disk of a format that is never exported
	Blank        = "blank"        // nothing but zeros where a disk begins and ends
	Unrecognised = "unrecognised" // neither a partition table nor a file system
)

// Codes of the file as a whole.
const (
	WrongFormat = "format"    // not the format that was wanted
	WrongSize   = "size"      // not the size that was wanted
	Sectors     = "sectors"   // the size is not a multiple of 512
	Truncated   = "truncated" // the file ends before what its own structures point to
	Trailing    = "trailing"  // the file goes on behind what its own structures point to
	Unseen      = "unseen"    // the contents cannot be looked at
)

// Codes of the format's own structures.
const (
	BadHeader    = "header"        // a field that no program writes
	BadChecksum  = "checksum"      // a structure does not match its own checksum
	BadMap       = "map"           // a table that says where the contents lie holds what no program writes, differs from its copy, or leads to what cannot be unpacked
	Backing      = "backing-file"  // the contents are in another file, below this one
	ExternalData = "external-data" // the contents are in another file, or in several
	Encrypted    = "encrypted"     // by the format itself, not by what is on the disk
	Unclean      = "unclean"       // marked as not closed, or as damaged
)

// Codes of what is on the disk.
const (
	GPTPrimary      = "gpt-primary"       // the partition table at the front is damaged
	GPTBackup       = "gpt-backup"        // its copy at the end is damaged, differs, or is elsewhere
	ProtectiveMBR   = "protective-mbr"    // no master boot record that protects the GPT
	PartitionBounds = "partition-bounds"  // a partition does not lie inside the disk
	Overlap         = "partition-overlap" // two partitions share sectors
	Chain           = "partition-chain"   // the chain of logical partitions is broken or endless
	NoFileSystem    = "no-file-system"    // a partition that should hold something holds nothing known
	FileSystem      = "file-system"       // a file system's own structures are damaged
	FileSystemSize  = "file-system-size"  // a file system is larger than where it lies
	NotBootable     = "not-bootable"      // a system disk that nothing can start from
)
