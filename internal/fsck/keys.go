package fsck

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// The grammar of docs/ledger-format.md, read anew: a checker that used the writer's
// own functions would share its mistakes.

const (
	logs       = "exports/"
	days       = "history/"
	workList   = "open/"
	slotNotes  = "slots/"
	receivers  = "channels/"
	manifest   = "manifest.json" // beside the entries of a log
	dayFormat  = "2006/01/02"
	markFormat = "20060102" // of a day, as slots begin
)

// logDir is where the log of an export lies, under the root.
func logDir(id image.ExportID) string {
	sum := sha256.Sum256([]byte(id))
	return logs + hex.EncodeToString(sum[:1]) + "/" + string(id) + "/"
}

func entryName(seq int) string { return fmt.Sprintf("%06d.json", seq) }

// parseEntry reads the key of an entry: <hh>/<export>/<seq>.json behind "exports/".
func parseEntry(rest string) (id image.ExportID, seq int, ok bool) {
	parts := strings.Split(rest, "/")
	if len(parts) != 3 {
		return "", 0, false
	}
	id, err := image.ParseExportID(parts[1])
	if err != nil || logs+parts[0]+"/"+parts[1]+"/" != logDir(id) {
		return "", 0, false
	}
	seq, err = strconv.Atoi(strings.TrimSuffix(parts[2], ".json"))
	return id, seq, err == nil && seq > 0 && parts[2] == entryName(seq)
}

// parseClosed reads a key of history: <yyyy>/<mm>/<dd>/<export>.
func parseClosed(rest string) (day string, id image.ExportID, ok bool) {
	if len(rest) <= len(dayFormat) || rest[len(dayFormat)] != '/' {
		return "", "", false
	}
	day = rest[:len(dayFormat)]
	_, dayErr := time.Parse(dayFormat, day)
	id, err := image.ParseExportID(rest[len(dayFormat)+1:])
	return day, id, dayErr == nil && err == nil
}

// mark is a key under slots/: <plan>/<slot>, and behind a dot what else is to be said.
type mark struct {
	plan   string
	slot   time.Time
	fate   ledger.Fate
	export image.ExportID // of a failure
}

func parseMark(rest string) (m mark, ok bool) {
	plan, name, ok := strings.Cut(rest, "/")
	parts := strings.SplitN(name, ".", 3)
	slot, err := time.Parse(image.SlotFormat, parts[0])
	if !ok || plan == "" || err != nil {
		return mark{}, false
	}
	m = mark{plan: plan, slot: slot}
	if len(parts) == 1 {
		return m, true
	}
	m.fate = ledger.Fate(parts[1])
	switch m.fate {
	case ledger.Missed, ledger.Suspended, ledger.Resumed, ledger.Begun, ledger.Digested:
		return m, len(parts) == 2
	case ledger.Spoilt:
		if len(parts) == 3 {
			m.export, err = image.ParseExportID(parts[2])
			return m, err == nil
		}
	}
	return mark{}, false
}

// parseOpen reads a name on the work list: <slot>-<export>.
func parseOpen(name string) (id image.ExportID, ok bool) {
	const slot = len(image.SlotFormat)
	if len(name) <= slot || name[slot] != '-' {
		return "", false
	}
	_, slotErr := time.Parse(image.SlotFormat, name[:slot])
	id, err := image.ParseExportID(name[slot+1:])
	return id, slotErr == nil && err == nil
}
