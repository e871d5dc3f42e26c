package memory

import (
	"iter"
	"maps"
	"slices"
	"sync"
)

// Object is anything that an account holds. Objects are immutable once stored:
// a change is a new value with the same ID.
type Object interface {
	ObjectID() string
	ObjectKind() string

	// Parents returns the IDs under which lists look the object up, such as
	// those of its customer and its intent.
	Parents() []string
}

// entry is a stored object with its place in the order of creation.
type entry struct {
	object Object
	seq    uint64
}

// Store keeps the objects of all accounts. Its methods, except Reset, want its
// lock to be held by the caller, who holds it for map operations only and never
// while JSON is encoded.
type Store struct {
	sync.RWMutex

	accounts map[string]*Account
	seq      uint64
	max      int // objects kept per kind and account; 0 = all

	makers []func() Object                 // one per registered type
	kept   map[string]bool                 // kinds of which nothing is dropped
	first  []func(account string) []Object // what a new account holds
}

// New returns an empty store that keeps at most maxPerKind objects of a kind in
// an account, and all of them if it is 0.
func New(maxPerKind int) *Store {
	return &Store{
		accounts: map[string]*Account{},
		max:      maxPerKind,
		kept:     map[string]bool{},
	}
}

// Register adds kinds of objects before the store is used. makers return an
// empty object of each type, kept lists the kinds of which nothing is dropped,
// and first, if it is not nil, returns what a new account holds.
func (s *Store) Register(makers []func() Object, kept []string, first func(account string) []Object) {
	s.makers = append(s.makers, makers...)
	for _, kind := range kept {
		s.kept[kind] = true
	}

	if first != nil {
		s.first = append(s.first, first)
	}
}

// Reset removes everything. It takes the lock itself.
func (s *Store) Reset() {
	s.Lock()
	defer s.Unlock()
	s.accounts = map[string]*Account{}
}

// Account returns an account and creates it on first use, which needs the write
// lock.
func (s *Store) Account(id string) *Account {
	a := s.accounts[id]
	if a != nil {
		return a
	}

	a = newAccount(id)
	s.accounts[id] = a

	for _, first := range s.first {
		for _, obj := range first(id) {
			s.Put(a, obj)
		}
	}

	return a
}

// Accounts returns all accounts, sorted by ID.
func (s *Store) Accounts() []*Account {
	out := make([]*Account, 0, len(s.accounts))
	for _, id := range slices.Sorted(maps.Keys(s.accounts)) {
		out = append(out, s.accounts[id])
	}
	return out
}

// Get returns an object of an account.
func (s *Store) Get(account, id string) (Object, bool) {
	a := s.accounts[account]
	if a == nil {
		return nil, false
	}
	return a.Get(id)
}

// OfKind returns the objects of a kind in an account, oldest first.
func (s *Store) OfKind(account, kind string) iter.Seq[Object] {
	a := s.accounts[account]
	if a == nil {
		a = newAccount(account)
	}
	return a.OfKind(kind)
}

// Holder returns the account that holds an object, or nil.
func (s *Store) Holder(id string) *Account {
	for _, a := range s.accounts {
		if _, ok := a.objects[id]; ok {
			return a
		}
	}
	return nil
}

// Put stores a value. An object that is new may push the oldest one of its kind
// out.
func (s *Store) Put(a *Account, obj Object) {
	id, kind := obj.ObjectID(), obj.ObjectKind()
	if prev, known := a.objects[id]; known {
		a.objects[id] = entry{obj, prev.seq}
		a.reindex(prev.object, obj)
		return
	}

	s.seq++
	a.objects[id] = entry{obj, s.seq}

	ofKind := indexAt(a.kinds, kind)
	ofKind.add(id)

	if s.max > 0 && !s.kept[kind] {
		a.dropOldest(ofKind, s.max)
	}

	for _, parent := range obj.Parents() {
		indexAt(a.byParent, kind+"/"+parent).add(id)
	}
}
