package memory

import (
	"iter"
	"slices"
	"time"
)

// Tx collects the changes of one request to one account. Nobody else sees them
// before Commit. The store's lock is held from Begin to Commit.
type Tx struct {
	Account *Account
	Now     time.Time
	Events  []Object // stored after the other changes
	After   []func() // run by the caller after the commit, without the lock

	store  *Store
	staged map[string]Object // a nil value is a deletion
	order  []string          // the staged IDs, in the order of their first change
}

// Begin begins a transaction. The caller holds the write lock.
func (s *Store) Begin(a *Account, now time.Time) *Tx {
	return &Tx{Account: a, Now: now, store: s, staged: map[string]Object{}}
}

// BeginRead begins a transaction that only reads. An account that does not
// exist yet reads like a new one. The caller holds the read lock.
func (s *Store) BeginRead(account string, now time.Time) *Tx {
	a := s.accounts[account]
	if a == nil {
		fresh := &Store{accounts: map[string]*Account{}, first: s.first}
		a = fresh.Account(account)
	}
	return &Tx{Account: a, Now: now, store: s}
}

// Unix returns the time of the transaction in seconds.
func (t *Tx) Unix() int64 { return t.Now.Unix() }

// Get returns an object as this transaction sees it.
func (t *Tx) Get(id string) (Object, bool) {
	if obj, staged := t.staged[id]; staged {
		return obj, obj != nil
	}
	return t.Account.Get(id)
}

// Put stages a new value, which the caller must not change any more.
func (t *Tx) Put(obj Object) { t.stage(obj.ObjectID(), obj) }

// Remove stages a deletion.
func (t *Tx) Remove(id string) { t.stage(id, nil) }

func (t *Tx) stage(id string, obj Object) {
	if _, again := t.staged[id]; !again {
		t.order = append(t.order, id)
	}
	t.staged[id] = obj
}

// Commit stores the staged values and then the events, and returns what changed
// for the journal. The caller holds the write lock.
func (t *Tx) Commit() []Object {
	changed := make([]Object, 0, len(t.order)+len(t.Events))
	for _, id := range t.order {
		obj := t.staged[id]
		if obj == nil {
			t.Account.remove(id)
			changed = append(changed, tombstone(id))
			continue
		}

		t.store.Put(t.Account, obj)
		changed = append(changed, obj)
	}

	for _, ev := range t.Events {
		t.store.Put(t.Account, ev)
		changed = append(changed, ev)
	}

	return changed
}

// Find returns an object if it has the type T.
func Find[T Object](t *Tx, id string) (T, bool) {
	var zero T
	obj, ok := t.Get(id)
	if !ok {
		return zero, false
	}

	typed, ok := obj.(T)
	return typed, ok
}

// All returns the objects of a kind, oldest first, including staged ones.
func All[T Object](t *Tx, kind string) iter.Seq[T] {
	return each[T](t, kind, t.Account.Index(kind, ""))
}

// Stored returns what All returns without the past.
func Stored[T Object](t *Tx, kind string) iter.Seq[T] {
	x := t.Account.kinds[kind]
	if x == nil {
		x = &Index{}
	}
	return each[T](t, kind, x)
}

// each returns the objects of an index, and then the staged ones of the kind.
func each[T Object](t *Tx, kind string, x *Index) iter.Seq[T] {
	return func(yield func(T) bool) {
		for id := range x.all() {
			if obj, ok := Find[T](t, id); ok && !yield(obj) {
				return
			}
		}

		for _, id := range t.order {
			obj, ok := t.staged[id].(T)
			if ok && !t.Account.has(id) && obj.ObjectKind() == kind && !yield(obj) {
				return
			}
		}
	}
}

// Children returns the objects of a kind below a parent, oldest first,
// including staged ones.
func Children[T Object](t *Tx, kind, parent string) []T {
	var out []T
	seen := map[string]bool{}
	for id := range t.Account.Index(kind, parent).all() {
		seen[id] = true
		obj, ok := Find[T](t, id)
		if ok && slices.Contains(obj.Parents(), parent) {
			out = append(out, obj)
		}
	}

	for _, id := range t.order {
		obj, ok := t.staged[id].(T)
		if ok && !seen[id] && obj.ObjectKind() == kind && slices.Contains(obj.Parents(), parent) {
			out = append(out, obj)
		}
	}

	return out
}

// Gather walks an index from a position, towards older objects or, if backwards
// is set, towards newer ones, and returns up to limit objects that keep
// accepts. A nil keep accepts all.
func Gather[T Object](t *Tx, x *Index, from int, backwards bool, limit int, keep func(T) bool) []T {
	step := -1
	if backwards {
		step = 1
	}

	var out []T
	for i := x.enter(from, step); i >= 0 && i <= x.Last() && len(out) < limit; i = x.enter(i+step, step) {
		obj, ok := Find[T](t, x.at(i))
		if ok && (keep == nil || keep(obj)) {
			out = append(out, obj)
		}
	}

	return out
}

// tombstone stands in the journal for a deleted object.
type tombstone string

func (d tombstone) ObjectID() string   { return string(d) }
func (d tombstone) ObjectKind() string { return "removed" }
func (d tombstone) Parents() []string  { return nil }
