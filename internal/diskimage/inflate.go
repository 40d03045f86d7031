package diskimage

import (
	"bytes"
	"compress/flate"
	"io"
)

// mostInflated is the largest cluster that is unpacked, in bytes: the largest that
// QCOW2 allows.
const mostInflated = 2 << 20

// inflate returns the first n bytes that b unpacks to, or nil if there are not as
// many or b is damaged before them.
func inflate(b []byte, n int64) []byte {
	if n > mostInflated {
		return nil
	}
	out := make([]byte, n)
	if _, err := io.ReadFull(flate.NewReader(bytes.NewReader(b)), out); err != nil {
		return nil
	}
	return out
}
