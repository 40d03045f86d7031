package sim

import (
	"fmt"

	"github.com/imageferry/imageferry/internal/outcome"
)

// wrote is when the answer to a create reaches its writer.
func (v *invocation) wrote(key string, err error) {
	if parseKey(key).seq > 0 && outcome.Is(err, outcome.Unknown) {
		v.unsure[key] = true
		v.unwritten[key]++
	}
}

// answersAreUsed: an entry whose create was not answered is read back, since it may
// stand; and what an effect came to is written down, at the second try if not at the
// first.
func (w *world) answersAreUsed(v *invocation) {
	if w.now >= v.ends-reserve || v.on.old || v.blind {
		return
	}
	for key := range v.unsure {
		w.violate(answersAreUsed, parseKey(key).export, "%s does not look whether %s stands", v.name, key)
	}
	for _, r := range v.claims {
		next := fmt.Sprintf("%06d.json", r.Seq+1)
		tries := 0
		for key, n := range v.unwritten {
			if p := parseKey(key); p.export == r.log.id && p.seq == r.Seq+1 {
				tries = n
			}
		}
		if r.answered && r == r.log.newest() && r.log.last == r.Seq && !r.log.damaged && tries < 2 {
			w.violate(answersAreUsed, r.log.id, "%s knows what came of entry %d, and does not write %s", v.name, r.Seq, next)
		}
	}
}
