package sim

import (
	"strconv"
	"strings"

	"github.com/imageferry/imageferry/internal/image"
)

// place is what a key of the state bucket stands for.
type place struct {
	export image.ExportID
	seq    int // of an entry
	dir    string
	name   string // of a receiver
}

// parseKey is the grammar of the ledger's keys, read anew: it must not share the
// mistakes of package ledger.
func parseKey(key string) place {
	rest, ok := strings.CutPrefix(key, statePrefix+"v1/")
	if !ok {
		return place{}
	}
	dir, rest, _ := strings.Cut(rest, "/")
	switch parts := strings.Split(rest, "/"); {
	case dir == "exports" && len(parts) == 3:
		if parts[2] == "manifest.json" {
			return place{dir: "manifest", export: image.ExportID(parts[1])}
		}
		seq, err := strconv.Atoi(strings.TrimSuffix(parts[2], ".json"))
		if err != nil {
			return place{}
		}
		return place{dir: dir, export: image.ExportID(parts[1]), seq: seq}
	case dir == "open" && len(parts) == 1 && len(rest) > 17:
		return place{dir: dir, export: image.ExportID(rest[17:])}
	case dir == "history" && len(parts) == 4:
		return place{dir: dir, export: image.ExportID(parts[3])}
	case dir == "channels" && len(parts) == 1:
		return place{dir: dir, name: rest}
	case dir == "slots" && len(parts) == 2:
		return place{dir: dir}
	}
	return place{}
}
