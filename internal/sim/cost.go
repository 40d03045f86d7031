package sim

import (
	"strings"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// expense is what one invocation spent on one export.
type expense struct {
	requests int
	writes   int
}

// charge notes a request of a faultless run on the bill of its invocation: under
// the export that it is about, or under none.
func (w *world) charge(c *sent) {
	if !w.opt.Faultless {
		return
	}
	v := c.by
	if v.bill == nil {
		v.bill = map[image.ExportID]*expense{}
	}
	id := c.export()
	e := v.bill[id]
	if e == nil {
		e = &expense{}
		v.bill[id] = e
	}
	e.requests++
	if c.op == opCreate || c.op == opDelete || c.op == opExport || c.op == opSend {
		e.writes++
	}
}

// export returns the export that a request is about, or "".
func (c *sent) export() image.ExportID {
	switch c.op {
	case opCreate, opGet, opDelete:
		return parseKey(c.subject).export
	case opList:
		return parseKey(c.subject + "000001.json").export
	case opExport, opCreateImage:
		return image.ExportID(c.subject)
	case opSend:
		_, id, _ := strings.Cut(c.subject, " ")
		id, _, _ = strings.Cut(id, ".")
		return image.ExportID(id)
	case opStat, opUploading:
		key, _, _ := strings.Cut(c.subject[strings.LastIndexByte(c.subject, '/')+1:], "_")
		return image.ExportID(key)
	}
	return ""
}

// settleBill charges an invocation's requests to the exports that it moved on. What
// it spent on none in particular is divided among them; merely to look at an export
// that is under way costs the sweep, and no export.
func (w *world) settleBill(v *invocation) {
	moved := 0.0
	for id, e := range v.bill {
		if id != "" && e.writes > 0 {
			moved++
		}
	}
	for id, e := range v.bill {
		if id == "" || e.writes == 0 {
			continue
		}
		h := w.of(id)
		h.cost += float64(e.requests)
		if shared := v.bill[""]; shared != nil {
			h.cost += float64(shared.requests) / moved
		}
	}
}

// costs returns what each export of one image with one disk cost.
func (w *world) costs() (list []float64) {
	for _, h := range w.order {
		r := h.newest()
		if r != nil && r.Request.Origin != ledger.Noticed && r.Request.Instance == "" && r.Verdict == ledger.Complete && len(r.Expected) == 1 {
			list = append(list, h.cost)
		}
	}
	return list
}
