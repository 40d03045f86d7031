package sim

import "math"

// identity names something to which chance applies: a call of an invocation, a
// delivery, a task. Nothing else goes into what is drawn for it, so that a run in
// which one thing is left out leaves the rest as it was.
type identity uint64

// named folds names and numbers into an identity (FNV-1a, then mixed).
func named(parts ...any) identity {
	h := uint64(14695981039346656037)
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			for i := range len(p) {
				h = (h ^ uint64(p[i])) * 1099511628211
			}
		case int:
			h = mix(h, uint64(p))
		case identity:
			h = mix(h, uint64(p))
		default:
			panic("sim: neither a name nor a number")
		}
		h = (h ^ 0xff) * 1099511628211
	}
	return identity(mix(h, 0))
}

// and returns the identity of a part of id.
func (id identity) and(n uint64) identity { return identity(mix(uint64(id), n)) }

// mix is the finaliser of SplitMix64 over both.
func mix(a, b uint64) uint64 {
	x := a ^ (b+0x9e3779b97f4a7c15)*0xbf58476d1ce4e5b9
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// float returns a number in [0, 1) that belongs to id, in this seed.
func (w *world) float(id identity) float64 {
	w.source.Seed(w.seed, uint64(id))
	return float64(w.source.Uint64()>>11) / (1 << 53)
}

// number returns a number in [0, n) that belongs to id, in this seed.
func (w *world) number(id identity, n int) int { return int(w.float(id) * float64(n)) }

// logUniform returns a number in [low, high) whose logarithm is evenly spread: as
// many small ones as large ones.
func (w *world) logUniform(id identity, low, high float64) float64 {
	return low * math.Exp(w.float(id)*math.Log(high/low))
}
