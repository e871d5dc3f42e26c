package sandbox

import (
	"slices"
	"sort"
	"sync"
)

// object is anything an account holds. Objects are immutable once stored: a change is a new value with the same id.
type object interface {
	objectID() string
	objectKind() string
	// parents are the ids under which lists look the object up (its customer, its intent, ...).
	parents() []string
}

// entry is a stored object and its place in time.
type entry struct {
	obj object
	seq uint64
}

// shelf holds ids in order of creation. Ids of removed objects stay until they are swept.
type shelf struct {
	ids  []string
	dead int
}

// world is everything one account holds. Its fields are guarded by the server's lock.
type world struct {
	account string
	objects map[string]entry
	kinds   map[string]*shelf
	index   map[string]*shelf
}

// store keeps the worlds of all accounts behind one lock. The lock is held for map work only, never while JSON is made.
type store struct {
	mu     sync.RWMutex
	worlds map[string]*world
	seq    uint64
	max    int                           // objects kept per kind and account
	first  func(account string) []object // what a new account holds
}

func newStore(maxPerKind int, first func(account string) []object) *store {
	return &store{worlds: map[string]*world{}, max: maxPerKind, first: first}
}

// world returns the account's world, making it on first use. The caller holds the write lock.
func (s *store) world(account string) *world {
	w := s.worlds[account]
	if w == nil {
		w = &world{account: account, objects: map[string]entry{}, kinds: map[string]*shelf{}, index: map[string]*shelf{}}
		s.worlds[account] = w
		for _, obj := range s.first(account) {
			s.put(w, obj)
		}
	}
	return w
}

// put stores a value, under a new sequence number when the id is new.
func (s *store) put(w *world, obj object) {
	id := obj.objectID()
	old, known := w.objects[id]
	if known {
		w.objects[id] = entry{obj, old.seq}
		w.reindex(old.obj, obj)
		return
	}
	s.seq++
	w.objects[id] = entry{obj, s.seq}
	s.shelve(w.kinds, obj.objectKind(), w, id)
	for _, parent := range obj.parents() {
		shelfOf(w.index, obj.objectKind()+"/"+parent).add(id)
	}
}

func (s *store) shelve(kinds map[string]*shelf, kind string, w *world, id string) {
	sh := shelfOf(kinds, kind)
	sh.add(id)
	for s.max > 0 && len(sh.ids)-sh.dead > s.max && keepsOldest(kind) {
		oldest := sh.ids[0]
		sh.ids = sh.ids[1:]
		if _, alive := w.objects[oldest]; alive {
			w.forget(oldest)
			continue
		}
		sh.dead--
	}
}

// keepsOldest tells which kinds are dropped, oldest first, when there are too many: what payments leave behind.
// Configuration (endpoints, accounts, prices, ...) is kept.
func keepsOldest(kind string) bool {
	switch kind {
	case kindEndpoint, kindAccount, kindPrice, kindProduct, kindCoupon, kindPromotion, kindConfiguration:
		return false
	}
	return true
}

func shelfOf(shelves map[string]*shelf, key string) *shelf {
	sh := shelves[key]
	if sh == nil {
		sh = &shelf{}
		shelves[key] = sh
	}
	return sh
}

func (sh *shelf) add(id string) { sh.ids = append(sh.ids, id) }

func (sh *shelf) drop(id string) {
	for i, have := range sh.ids {
		if have == id && i == 0 {
			sh.ids = sh.ids[1:]
			return
		}
		if have == id {
			sh.ids = append(append([]string(nil), sh.ids[:i]...), sh.ids[i+1:]...)
			return
		}
	}
}

// reindex moves an object between parents.
func (w *world) reindex(old, next object) {
	before, after := old.parents(), next.parents()
	if slices.Equal(before, after) {
		return
	}
	for _, parent := range before {
		w.unindex(next.objectKind()+"/"+parent, next.objectID())
	}
	for _, parent := range after {
		shelfOf(w.index, next.objectKind()+"/"+parent).add(next.objectID())
	}
}

func (w *world) unindex(key, id string) {
	sh := w.index[key]
	if sh == nil {
		return
	}
	sh.drop(id)
	if len(sh.ids) == 0 {
		delete(w.index, key)
	}
}

// forget removes an object from everything but its kind's shelf.
func (w *world) forget(id string) {
	e, ok := w.objects[id]
	if !ok {
		return
	}
	delete(w.objects, id)
	for _, parent := range e.obj.parents() {
		w.unindex(e.obj.objectKind()+"/"+parent, id)
	}
}

// remove takes an object out of the world and its lists.
func (w *world) remove(id string) {
	e, ok := w.objects[id]
	if !ok {
		return
	}
	w.forget(id)
	sh := w.kinds[e.obj.objectKind()]
	sh.dead++
	if sh.dead > 64 && sh.dead > len(sh.ids)/2 {
		sh.sweep(w)
	}
}

func (sh *shelf) sweep(w *world) {
	alive := make([]string, 0, len(sh.ids)-sh.dead)
	for _, id := range sh.ids {
		if _, ok := w.objects[id]; ok {
			alive = append(alive, id)
		}
	}
	sh.ids, sh.dead = alive, 0
}

// position finds where seq would stand on the shelf.
func (sh *shelf) position(w *world, seq uint64) int {
	return sort.Search(len(sh.ids), func(i int) bool {
		for ; i < len(sh.ids); i++ {
			if e, ok := w.objects[sh.ids[i]]; ok {
				return e.seq >= seq
			}
		}
		return true
	})
}

// each walks a kind's objects, oldest first. The caller holds the lock.
func (w *world) each(kind string, visit func(object)) {
	sh := w.kinds[kind]
	if sh == nil {
		return
	}
	for _, id := range sh.ids {
		if e, ok := w.objects[id]; ok {
			visit(e.obj)
		}
	}
}
