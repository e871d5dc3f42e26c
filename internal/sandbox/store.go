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

// idList holds ids in order of creation. Ids of removed objects stay until they are swept.
type idList struct {
	ids  []string
	dead int
}

// accountData is everything one account holds. Its fields are guarded by the server's lock.
type accountData struct {
	id       string
	objects  map[string]entry
	kinds    map[string]*idList
	byParent map[string]*idList
}

// store keeps the data of all accounts behind one lock. The lock is held for map work only, never while JSON is made.
type store struct {
	mu       sync.RWMutex
	accounts map[string]*accountData
	seq      uint64
	max      int // objects kept per kind and account

	makers []func() object                 // one of every registered type
	kept   map[string]bool                 // kinds of which nothing is dropped
	first  []func(account string) []object // what a new account holds
}

func newStore(maxPerKind int) *store {
	return &store{accounts: map[string]*accountData{}, max: maxPerKind, kept: map[string]bool{}}
}

// register adds kinds of objects: makers make an empty one of each type, kept names the kinds of which nothing is dropped,
// and first, unless it is nil, makes what a new account holds. It must not be called once the store is in use.
func (s *store) register(makers []func() object, kept []string, first func(account string) []object) {
	s.makers = append(s.makers, makers...)
	for _, kind := range kept {
		s.kept[kind] = true
	}
	if first != nil {
		s.first = append(s.first, first)
	}
}

// reset forgets everything.
func (s *store) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts = map[string]*accountData{}
}

// account returns the data of an account, made on first use. The caller holds the write lock.
func (s *store) account(account string) *accountData {
	w := s.accounts[account]
	if w == nil {
		w = &accountData{id: account, objects: map[string]entry{}, kinds: map[string]*idList{}, byParent: map[string]*idList{}}
		s.accounts[account] = w
		for _, first := range s.first {
			for _, obj := range first(account) {
				s.put(w, obj)
			}
		}
	}
	return w
}

// put stores a value, under a new sequence number when the id is new.
func (s *store) put(w *accountData, obj object) {
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
		listFor(w.byParent, obj.objectKind()+"/"+parent).add(id)
	}
}

func (s *store) shelve(kinds map[string]*idList, kind string, w *accountData, id string) {
	sh := listFor(kinds, kind)
	sh.add(id)
	for s.max > 0 && len(sh.ids)-sh.dead > s.max && !s.kept[kind] {
		oldest := sh.ids[0]
		sh.ids = sh.ids[1:]
		if _, alive := w.objects[oldest]; alive {
			w.forget(oldest)
			continue
		}
		sh.dead--
	}
}

func listFor(shelves map[string]*idList, key string) *idList {
	sh := shelves[key]
	if sh == nil {
		sh = &idList{}
		shelves[key] = sh
	}
	return sh
}

func (sh *idList) add(id string) { sh.ids = append(sh.ids, id) }

func (sh *idList) drop(id string) {
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
func (w *accountData) reindex(old, next object) {
	before, after := old.parents(), next.parents()
	if slices.Equal(before, after) {
		return
	}
	for _, parent := range before {
		w.unindex(next.objectKind()+"/"+parent, next.objectID())
	}
	for _, parent := range after {
		listFor(w.byParent, next.objectKind()+"/"+parent).add(next.objectID())
	}
}

func (w *accountData) unindex(key, id string) {
	sh := w.byParent[key]
	if sh == nil {
		return
	}
	sh.drop(id)
	if len(sh.ids) == 0 {
		delete(w.byParent, key)
	}
}

// forget removes an object from everything but its kind's shelf.
func (w *accountData) forget(id string) {
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
func (w *accountData) remove(id string) {
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

func (sh *idList) sweep(w *accountData) {
	alive := make([]string, 0, len(sh.ids)-sh.dead)
	for _, id := range sh.ids {
		if _, ok := w.objects[id]; ok {
			alive = append(alive, id)
		}
	}
	sh.ids, sh.dead = alive, 0
}

// position finds where seq would stand on the shelf.
func (sh *idList) position(w *accountData, seq uint64) int {
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
func (w *accountData) each(kind string, visit func(object)) {
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
