package sim

import (
	"strings"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// expense is what one invocation spent on one export.
type expense struct {
	requests int // of the protocol
	proof    int // of the proof that files are whole, and of the manifest
	notices  int // sends
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
	switch {
	case c.proves():
		e.proof++
	case c.op == opSend:
		e.notices++
	default:
		e.requests++
	}
	if c.op == opCreate || c.op == opDelete || c.op == opExport || c.op == opSend {
		e.writes++
	}
}

// proves reports whether a request is there to know that files are whole, or to leave
// the proof behind, and not to move an export on.
func (c *sent) proves() bool {
	dir := parseKey(c.subject).dir
	return c.op == opUploads || c.op == opRead || c.op == opPut || dir == "manifest" || c.op == opList && c.subject == statePrefix+"v1/channels/"
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
	case opStat, opUploads, opRead, opPut:
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
		h.spent.Protocol += float64(e.requests)
		h.spent.Proof += float64(e.proof)
		h.spent.Notices += float64(e.notices)
		if shared := v.bill[""]; shared != nil {
			h.spent.Protocol += float64(shared.requests) / moved
			h.spent.Proof += float64(shared.proof) / moved
		}
	}
}

// Cost is what an export cost, in requests.
type Cost struct {
	Protocol float64 // to start it, await it, claim its notices and write all that down
	Notices  float64 // one for each channel that hears of it
	Proof    float64 // to know that its file is whole, and to keep a manifest
}

// costs returns what each export of one image with one disk cost.
func (w *world) costs() (list []Cost) {
	for _, h := range w.order {
		r := h.newest()
		if r != nil && r.Request.Origin != ledger.Noticed && r.Request.Instance == "" && r.Verdict == ledger.Complete && len(r.Expected) == 1 {
			list = append(list, h.spent)
		}
	}
	return list
}
