package sandbox

import (
	"slices"
	"time"
)

// tx collects what one request does. Nothing is visible to others before commit.
type tx struct {
	store   *store
	account *accountData
	now     time.Time
	staged  map[string]object // nil value = removed
	order   []string
	events  []object // stored behind the staged values
	after   []func() // run after the commit, outside the lock
}

func (s *store) begin(w *accountData, now time.Time) *tx {
	return &tx{store: s, account: w, now: now, staged: map[string]object{}}
}

// beginRead begins a transaction that will not write. An account that does not exist yet reads as a new one. The caller
// holds the read lock.
func (s *store) beginRead(account string, now time.Time) *tx {
	w := s.accounts[account]
	if w == nil {
		fresh := &store{accounts: map[string]*accountData{}, first: s.first}
		w = fresh.account(account)
	}
	return &tx{store: s, account: w, now: now}
}

func (t *tx) unix() int64 { return t.now.Unix() }

// get returns an object as this transaction sees it.
func (t *tx) get(id string) (object, bool) {
	if obj, staged := t.staged[id]; staged {
		return obj, obj != nil
	}
	e, ok := t.account.objects[id]
	return e.obj, ok
}

// find returns the object of that id when it is of type T.
func find[T object](t *tx, id string) (T, bool) {
	var zero T
	obj, ok := t.get(id)
	if !ok {
		return zero, false
	}
	typed, ok := obj.(T)
	return typed, ok
}

// put stages a new value. The caller must not change obj afterwards.
func (t *tx) put(obj object) {
	id := obj.objectID()
	if _, again := t.staged[id]; !again {
		t.order = append(t.order, id)
	}
	t.staged[id] = obj
}

func (t *tx) remove(id string) {
	if _, again := t.staged[id]; !again {
		t.order = append(t.order, id)
	}
	t.staged[id] = nil
}

// children returns the objects of a kind below a parent, oldest first, including staged ones.
func children[T object](t *tx, kind, parent string) []T {
	var out []T
	seen := map[string]bool{}
	if sh := t.account.byParent[kind+"/"+parent]; sh != nil {
		for _, id := range sh.ids {
			seen[id] = true
			if obj, ok := find[T](t, id); ok && slices.Contains(obj.parents(), parent) {
				out = append(out, obj)
			}
		}
	}
	for _, id := range t.order {
		if obj, ok := t.staged[id].(T); ok && !seen[id] && obj.objectKind() == kind && slices.Contains(obj.parents(), parent) {
			out = append(out, obj)
		}
	}
	return out
}

// commit makes the staged values and the events visible. The caller holds the write lock.
func (t *tx) commit() []object {
	changed := make([]object, 0, len(t.order)+len(t.events))
	for _, id := range t.order {
		obj := t.staged[id]
		if obj == nil {
			t.account.remove(id)
			changed = append(changed, tombstone(id))
			continue
		}
		t.store.put(t.account, obj)
		changed = append(changed, obj)
	}
	for _, ev := range t.events {
		t.store.put(t.account, ev)
		changed = append(changed, ev)
	}
	return changed
}

// tombstone stands in the journal for an object that was removed.
type tombstone string

func (d tombstone) objectID() string   { return string(d) }
func (d tombstone) objectKind() string { return "removed" }
func (d tombstone) parents() []string  { return nil }
