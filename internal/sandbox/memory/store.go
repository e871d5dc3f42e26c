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

// entry is a stored object with its place in the order of creation and, if
// there is a state file, in the order of changes.
type entry struct {
	object Object
	seq    uint64
	rev    uint64
}

// change is a change of an account: an object or a tombstone.
type change struct {
	account string
	object  Object
}

// Store keeps the objects of all accounts. Its methods want its lock to be held
// by the caller, who holds it for map operations only and never while JSON is
// encoded.
type Store struct {
	sync.RWMutex

	accounts map[string]*Account
	seq      uint64
	max      int // objects kept per kind and account; 0 = all

	makers map[string]func() Object        // one per registered type, by kind
	kept   map[string]bool                 // kinds of which nothing is dropped
	first  []func(account string) []Object // what a new account holds

	logged  bool     // there is a state file
	besides []change // what it does not know yet, besides the changes of a commit
}

// New returns an empty store that keeps at most maxPerKind objects of a kind in
// an account, and all of them if it is 0.
func New(maxPerKind int) *Store {
	return &Store{
		accounts: map[string]*Account{},
		max:      maxPerKind,
		makers:   map[string]func() Object{},
		kept:     map[string]bool{},
	}
}

// Register adds kinds of objects before the store is used. makers return an
// empty object of each type, kept lists the kinds of which nothing is dropped,
// and first, if it is not nil, returns what a new account holds and never
// loses.
func (s *Store) Register(makers []func() Object, kept []string, first func(account string) []Object) {
	for _, empty := range makers {
		s.makers[empty().ObjectKind()] = empty
	}

	for _, kind := range kept {
		s.kept[kind] = true
	}

	if first != nil {
		s.first = append(s.first, first)
	}
}

// Reset removes everything, which needs the write lock.
func (s *Store) Reset() {
	s.accounts = map[string]*Account{}
	s.besides = nil
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

	for _, obj := range s.firstOf(id) {
		s.Put(a, obj)
		s.note(a, obj)
	}

	return a
}

// firstOf returns what a new account holds.
func (s *Store) firstOf(account string) (out []Object) {
	for _, first := range s.first {
		out = append(out, first(account)...)
	}
	return out
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

// Objects returns the stored objects of an account, in no order.
func (s *Store) Objects(account string) iter.Seq[Object] {
	a := s.accounts[account]
	if a == nil {
		a = newAccount(account)
	}
	return a.Objects()
}

// Holder returns the account that holds an object, or nil.
func (s *Store) Holder(id string) *Account {
	for _, a := range s.accounts {
		if a.has(id) {
			return a
		}
	}
	return nil
}

// Put stores a value. An object that is new may push the oldest one of its kind
// out.
func (s *Store) Put(a *Account, obj Object) {
	id := obj.ObjectID()
	if prev, known := a.objects[id]; known {
		a.objects[id] = entry{obj, prev.seq, prev.rev}
		a.reindex(prev.object, obj)
		if a.rekind(prev.object, obj) {
			s.limit(a, obj.ObjectKind())
		}
		return
	}

	if a.replace(obj) {
		return
	}

	s.seq++
	s.add(a, entry{object: obj, seq: s.seq})
}

// add stores a new object.
func (s *Store) add(a *Account, e entry) {
	id, kind := e.object.ObjectID(), e.object.ObjectKind()
	a.objects[id] = e

	ofKind := indexAt(a.kinds, kind)
	ofKind.ids = append(ofKind.ids, id)
	s.limit(a, kind)

	for _, parent := range e.object.Parents() {
		indexAt(a.byParent, kind+"/"+parent).add(a, id)
	}
}

// limit drops the oldest objects of a kind if there are too many.
func (s *Store) limit(a *Account, kind string) {
	if s.max == 0 || s.kept[kind] {
		return
	}

	for _, dropped := range a.dropOldest(a.kinds[kind], s.max) {
		s.note(a, tombstone(dropped))
	}
}

// note keeps a change that belongs to no commit for the next one.
func (s *Store) note(a *Account, obj Object) {
	if s.logged {
		s.besides = append(s.besides, change{a.ID, obj})
	}
}

// appendLine appends the line for a change, unless it is one of an object that
// was dropped since.
func (s *Store) appendLine(lines []Line, account string, obj Object) []Line {
	l := Line{kind: removedRecord, account: account, object: obj}
	if _, deleted := obj.(tombstone); !deleted {
		e, kept := s.accounts[account].objects[obj.ObjectID()]
		if !kept {
			return lines
		}
		l.kind, l.born = objectRecord, e.seq
	}

	return append(lines, l)
}

// setRev stores the place of a line's object in the order of changes.
func (s *Store) setRev(l *Line) {
	if l.kind != objectRecord {
		return
	}

	objects := s.accounts[l.account].objects
	e := objects[l.object.ObjectID()]
	e.rev = l.rev
	objects[l.object.ObjectID()] = e
}

// revOf returns the last change of an object, 0 if it does not exist.
func (s *Store) revOf(account, id []byte) uint64 {
	a := s.accounts[string(account)]
	if a == nil {
		return 0
	}
	return a.objects[string(id)].rev
}
