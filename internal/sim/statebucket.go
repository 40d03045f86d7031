package sim

import (
	"context"
	"regexp"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// raceWindow is how long a create may take from its look at the key to its effect.
// Two that overlap both get 200, and the later one stands. No figure is documented;
// the settling time is chosen to be more than twice this.
const raceWindow = 2 * time.Second

// state is the state bucket as one instance sees it. It implements [ledger.Store].
type state struct{ i *instance }

// Create looks whether the key is free, and writes a moment later; its answer may
// come before what it wrote is visible. On a bucket that was ever versioned it
// overwrites, as COS does.
func (s state) Create(_ context.Context, key string, body []byte) error {
	w := s.i.w
	v := s.i.serves
	err := w.call(opCreate, key, func(c *sent) error {
		w.checkWrite(c)
		if !w.versioned && w.ledger.get(key) != nil {
			w.met("a create that found its key taken")
			return exists
		}
		if w.pending[key] > 0 {
			w.met("two creates both got 200")
		}
		var slow time.Duration
		if w.hit(createRaces, c.id) {
			slow = time.Duration(w.float(c.id.and('r')) * float64(w.window))
			if !w.hit(earlyAnswer, c.id) {
				c.delay = slow
			}
		}
		var answer error
		if w.versioned && w.showsVersions {
			answer = errVersioned
		}
		r := w.accepted(c, key, body)
		w.pending[key]++
		mark := parseKey(key).dir == "slots"
		if mark {
			w.pendingMarks++
		}
		w.at(w.now+slow, func() {
			w.pending[key]--
			if mark {
				w.pendingMarks--
			}
			w.commit(c, key, body, r)
		})
		return answer
	})
	v.wrote(key, err)
	return err
}

// commit makes a create visible.
func (w *world) commit(c *sent, key string, body []byte, r *record) {
	before := w.ledger.get(key)
	if before != nil {
		w.met("a create that overwrote another")
	}
	w.ledger.put(key, &object{body: body, since: w.now, from: c.by})
	if c.by.over {
		w.met("a create that landed after its caller was gone")
	}
	w.written(key, body, r, before)
}

var (
	// errVersioned is what internal/tencent makes of an answer with a version id.
	errVersioned = &outcome.Error{Kind: outcome.Config, Op: "PutObject", Code: "Versioned", Message: ledger.ErrVersioned.Error()}

	exists   = &outcome.Error{Kind: outcome.Exists, Op: "PutObject", Code: "FileAlreadyExists"}
	notFound = &outcome.Error{Kind: outcome.NotFound, Op: "GetObject", Code: "NoSuchKey"}
)

// Get is strongly consistent.
func (s state) Get(_ context.Context, key string) (_ []byte, err error) {
	w := s.i.w
	delete(s.i.serves.unsure, key)
	var o *object
	err = w.call(opGet, key, func(c *sent) error {
		if o = w.ledger.get(key); o == nil {
			return notFound
		}
		w.read(c, key)
		return nil
	})
	w.readBack(s.i.serves, key, err)
	if err != nil {
		return nil, err
	}
	return s.read(o), nil
}

// List may be stale.
func (s state) List(_ context.Context, prefix, after string, limit int) (keys []string, more bool, err error) {
	w := s.i.w
	err = w.call(opList, prefix, func(c *sent) error {
		c.by.lists = c.by.lists || prefix == statePrefix+"v1/open/"
		stale := c.by.stale
		c.by.stale = false
		keys, more = w.list(&w.ledger, c, listStale, prefix, after, min(limit, 1000))
		s.i.stale = s.i.stale || c.by.stale && prefix == statePrefix+"v1/channels/"
		c.by.stale = c.by.stale || stale
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	return keys, more, nil
}

// Delete removes an object; a stale listing shows it for a while.
func (s state) Delete(_ context.Context, key string) error {
	w := s.i.w
	return w.call(opDelete, key, func(c *sent) error {
		o := w.ledger.get(key)
		w.checkDelete(c, key)
		if o == nil {
			return nil
		}
		o.deleted = w.now
		w.at(w.now+mostStale, func() {
			if w.ledger.objects[key] == o {
				w.ledger.remove(key)
			}
		})
		return nil
	})
}

// EverVersioned tells the truth.
func (s state) EverVersioned(context.Context) (ever bool, err error) {
	w := s.i.w
	err = w.call(opVersioning, "", func(*sent) error {
		if ever = w.versioned; ever {
			w.met("a versioned state bucket was found out")
		}
		return nil
	})
	return ever, err
}

var schemaField = regexp.MustCompile(`^\{"schema":\d+`)

// read returns a body as the instance's version reads it: what a newer version
// wrote has a schema that the previous one does not know.
func (s state) read(o *object) []byte {
	if !s.i.old || o.from.on.old {
		return o.body
	}
	s.i.w.met("the previous version reads what a newer one wrote")
	return schemaField.ReplaceAll(o.body, []byte(`{"schema":99`))
}

var _ ledger.Store = state{}
