package event

import (
	"errors"
	"fmt"
)

// Limits that a payload must keep before any of it is decoded. They bound the
// memory that a hostile event can take.
const (
	// MaxSize is the largest payload in bytes. The platform delivers at most
	// 128 KB to an asynchronous function (583/11637), so whatever is larger
	// came from a caller who waits for an answer.
	MaxSize = 256 << 10

	// MaxDepth is how deep arrays and objects may nest; a COS event has 6 levels.
	MaxDepth = 32

	// MaxMembers is how many elements an array or object may have, at any
	// level: at most 100 records, 100 headers, 100 query parameters.
	MaxMembers = 100
)

// ErrTooLarge marks a payload beyond one of the limits. For an HTTP caller
// that is status 413.
var ErrTooLarge = errors.New("event too large")

// checkLimits scans the bytes once and allocates nothing. It need not tell
// valid JSON from invalid: of valid JSON it counts right, and the rest is
// refused afterwards anyway.
func checkLimits(raw []byte) error {
	if len(raw) > MaxSize {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(raw), MaxSize)
	}
	var commas [MaxDepth + 1]int // by depth
	depth, inString := 0, false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if inString {
			switch c {
			case '\\':
				i++
			case '"':
				inString = false
			}
			continue
		}
		switch c {
		case '"':
			inString = true
		case '{', '[':
			if depth++; depth > MaxDepth {
				return fmt.Errorf("%w: nested deeper than %d levels", ErrTooLarge, MaxDepth)
			}
			commas[depth] = 0
		case '}', ']':
			depth = max(depth-1, 0)
		case ',':
			if commas[depth]++; commas[depth] >= MaxMembers {
				return fmt.Errorf("%w: more than %d elements at level %d", ErrTooLarge, MaxMembers, depth)
			}
		}
	}
	return nil
}
