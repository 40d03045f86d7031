package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
)

// damages plans that somebody spoils an object of the ledger: the newest entry of an
// export that is not over. That export is lost to us, and no other may be.
func (w *world) damages() {
	id := named("platform", "damage")
	w.at(time.Duration(w.float(id)*float64(w.calm)), func() {
		if !w.hit(entryDamaged, id) {
			return
		}
		for _, h := range w.order {
			if r := h.newest(); r != nil && r.State != ledger.Closed && h.last == len(h.records) {
				w.damage(h)
				return
			}
		}
	})
}

func (w *world) damage(h *history) {
	end := fmt.Sprintf("/%s/%06d.json", h.id, h.last)
	for _, key := range w.ledger.keys {
		if strings.HasSuffix(key, end) {
			w.ledger.objects[key].body = []byte("not what was written")
			h.damaged, w.damaged = true, true
			w.met("an entry of a log that somebody spoilt")
			w.tell(nil, "somebody spoils %s", key)
		}
	}
}
