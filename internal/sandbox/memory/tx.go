package memory

import (
	"slices"
	"time"
)

// Tx collects what one request does. Nothing is visible to others before commit.
type Tx struct {
	store   *Store
	Account *AccountData
	Now     time.Time
	staged  map[string]Object // nil value = removed
	Order   []string
	Events  []Object // stored behind the staged values
	After   []func() // run after the commit, outside the lock
}

func (s *Store) Begin(w *AccountData, now time.Time) *Tx {
	return &Tx{store: s, Account: w, Now: now, staged: map[string]Object{}}
}

// BeginRead begins a transaction that will not write. An account that does not exist yet reads as a new one. The caller
// holds the read lock.
func (s *Store) BeginRead(account string, now time.Time) *Tx {
	w := s.Accounts[account]
	if w == nil {
		fresh := &Store{Accounts: map[string]*AccountData{}, first: s.first}
		w = fresh.Account(account)
	}
	return &Tx{store: s, Account: w, Now: now}
}

func (t *Tx) Unix() int64 { return t.Now.Unix() }

// Get returns an object as this transaction sees it.
func (t *Tx) Get(id string) (Object, bool) {
	if obj, staged := t.staged[id]; staged {
		return obj, obj != nil
	}
	e, ok := t.Account.Objects[id]
	return e.Object, ok
}

// Find returns the object of that id when it is of type T.
func Find[T Object](t *Tx, id string) (T, bool) {
	var zero T
	obj, ok := t.Get(id)
	if !ok {
		return zero, false
	}
	typed, ok := obj.(T)
	return typed, ok
}

// Put stages a new value. The caller must not change obj afterwards.
func (t *Tx) Put(obj Object) {
	id := obj.ObjectID()
	if _, again := t.staged[id]; !again {
		t.Order = append(t.Order, id)
	}
	t.staged[id] = obj
}

func (t *Tx) Remove(id string) {
	if _, again := t.staged[id]; !again {
		t.Order = append(t.Order, id)
	}
	t.staged[id] = nil
}

// Children returns the objects of a kind below a parent, oldest first, including staged ones.
func Children[T Object](t *Tx, kind, parent string) []T {
	var out []T
	seen := map[string]bool{}
	if sh := t.Account.ByParent[kind+"/"+parent]; sh != nil {
		for _, id := range sh.IDs {
			seen[id] = true
			if obj, ok := Find[T](t, id); ok && slices.Contains(obj.Parents(), parent) {
				out = append(out, obj)
			}
		}
	}
	for _, id := range t.Order {
		if obj, ok := t.staged[id].(T); ok && !seen[id] && obj.ObjectKind() == kind && slices.Contains(obj.Parents(), parent) {
			out = append(out, obj)
		}
	}
	return out
}

// Commit makes the staged values and the events visible. The caller holds the write lock.
func (t *Tx) Commit() []Object {
	changed := make([]Object, 0, len(t.Order)+len(t.Events))
	for _, id := range t.Order {
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

// tombstone stands in the journal for an object that was removed.
type tombstone string

func (d tombstone) ObjectID() string   { return string(d) }
func (d tombstone) ObjectKind() string { return "removed" }
func (d tombstone) Parents() []string  { return nil }
