package memory

import (
	"slices"
	"sort"
	"sync"
)

// Object is anything an account holds. Objects are immutable once stored: a change is a new value with the same id.
type Object interface {
	ObjectID() string
	ObjectKind() string
	// parents are the ids under which lists look the object up (its customer, its intent, ...).
	Parents() []string
}

// entry is a stored object and its place in time.
type entry struct {
	Object Object
	Seq    uint64
}

// IDList holds ids in order of creation. Ids of removed objects stay until they are swept.
type IDList struct {
	IDs  []string
	Dead int
}

// AccountData is everything one account holds. Its fields are guarded by the server's lock.
type AccountData struct {
	ID       string
	Objects  map[string]entry
	Kinds    map[string]*IDList
	ByParent map[string]*IDList
}

// Store keeps the data of all accounts behind one lock. The lock is held for map work only, never while JSON is made.
type Store struct {
	Mu       sync.RWMutex
	Accounts map[string]*AccountData
	seq      uint64
	max      int // objects kept per kind and account

	makers []func() Object                 // one of every registered type
	kept   map[string]bool                 // kinds of which nothing is dropped
	first  []func(account string) []Object // what a new account holds
}

func New(maxPerKind int) *Store {
	return &Store{Accounts: map[string]*AccountData{}, max: maxPerKind, kept: map[string]bool{}}
}

// Register adds kinds of objects: makers make an empty one of each type, kept names the kinds of which nothing is dropped,
// and first, unless it is nil, makes what a new account holds. It must not be called once the store is in use.
func (s *Store) Register(makers []func() Object, kept []string, first func(account string) []Object) {
	s.makers = append(s.makers, makers...)
	for _, kind := range kept {
		s.kept[kind] = true
	}
	if first != nil {
		s.first = append(s.first, first)
	}
}

// Reset forgets everything.
func (s *Store) Reset() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.Accounts = map[string]*AccountData{}
}

// Account returns the data of an account, made on first use. The caller holds the write lock.
func (s *Store) Account(account string) *AccountData {
	w := s.Accounts[account]
	if w == nil {
		w = &AccountData{ID: account, Objects: map[string]entry{}, Kinds: map[string]*IDList{}, ByParent: map[string]*IDList{}}
		s.Accounts[account] = w
		for _, first := range s.first {
			for _, obj := range first(account) {
				s.Put(w, obj)
			}
		}
	}
	return w
}

// Put stores a value, under a new sequence number when the id is new.
func (s *Store) Put(w *AccountData, obj Object) {
	id := obj.ObjectID()
	old, known := w.Objects[id]
	if known {
		w.Objects[id] = entry{obj, old.Seq}
		w.reindex(old.Object, obj)
		return
	}
	s.seq++
	w.Objects[id] = entry{obj, s.seq}
	s.shelve(w.Kinds, obj.ObjectKind(), w, id)
	for _, parent := range obj.Parents() {
		listFor(w.ByParent, obj.ObjectKind()+"/"+parent).add(id)
	}
}

func (s *Store) shelve(kinds map[string]*IDList, kind string, w *AccountData, id string) {
	sh := listFor(kinds, kind)
	sh.add(id)
	for s.max > 0 && len(sh.IDs)-sh.Dead > s.max && !s.kept[kind] {
		oldest := sh.IDs[0]
		sh.IDs = sh.IDs[1:]
		if _, alive := w.Objects[oldest]; alive {
			w.forget(oldest)
			continue
		}
		sh.Dead--
	}
}

func listFor(shelves map[string]*IDList, key string) *IDList {
	sh := shelves[key]
	if sh == nil {
		sh = &IDList{}
		shelves[key] = sh
	}
	return sh
}

func (sh *IDList) add(id string) { sh.IDs = append(sh.IDs, id) }

func (sh *IDList) drop(id string) {
	for i, have := range sh.IDs {
		if have == id && i == 0 {
			sh.IDs = sh.IDs[1:]
			return
		}
		if have == id {
			sh.IDs = append(append([]string(nil), sh.IDs[:i]...), sh.IDs[i+1:]...)
			return
		}
	}
}

// reindex moves an object between parents.
func (w *AccountData) reindex(old, next Object) {
	before, after := old.Parents(), next.Parents()
	if slices.Equal(before, after) {
		return
	}
	for _, parent := range before {
		w.unindex(next.ObjectKind()+"/"+parent, next.ObjectID())
	}
	for _, parent := range after {
		listFor(w.ByParent, next.ObjectKind()+"/"+parent).add(next.ObjectID())
	}
}

func (w *AccountData) unindex(key, id string) {
	sh := w.ByParent[key]
	if sh == nil {
		return
	}
	sh.drop(id)
	if len(sh.IDs) == 0 {
		delete(w.ByParent, key)
	}
}

// forget removes an object from everything but its kind's shelf.
func (w *AccountData) forget(id string) {
	e, ok := w.Objects[id]
	if !ok {
		return
	}
	delete(w.Objects, id)
	for _, parent := range e.Object.Parents() {
		w.unindex(e.Object.ObjectKind()+"/"+parent, id)
	}
}

// remove takes an object out of the world and its lists.
func (w *AccountData) remove(id string) {
	e, ok := w.Objects[id]
	if !ok {
		return
	}
	w.forget(id)
	sh := w.Kinds[e.Object.ObjectKind()]
	sh.Dead++
	if sh.Dead > 64 && sh.Dead > len(sh.IDs)/2 {
		sh.sweep(w)
	}
}

func (sh *IDList) sweep(w *AccountData) {
	alive := make([]string, 0, len(sh.IDs)-sh.Dead)
	for _, id := range sh.IDs {
		if _, ok := w.Objects[id]; ok {
			alive = append(alive, id)
		}
	}
	sh.IDs, sh.Dead = alive, 0
}

// Position finds where seq would stand on the shelf.
func (sh *IDList) Position(w *AccountData, seq uint64) int {
	return sort.Search(len(sh.IDs), func(i int) bool {
		for ; i < len(sh.IDs); i++ {
			if e, ok := w.Objects[sh.IDs[i]]; ok {
				return e.Seq >= seq
			}
		}
		return true
	})
}

// Each walks a kind's objects, oldest first. The caller holds the lock.
func (w *AccountData) Each(kind string, visit func(Object)) {
	sh := w.Kinds[kind]
	if sh == nil {
		return
	}
	for _, id := range sh.IDs {
		if e, ok := w.Objects[id]; ok {
			visit(e.Object)
		}
	}
}
