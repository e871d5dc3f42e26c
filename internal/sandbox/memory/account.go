package memory

import (
	"iter"
	"slices"
	"sort"
)

// Account is everything that one account holds. The store's lock guards it.
type Account struct {
	ID string

	objects  map[string]entry
	kinds    map[string]*Index
	byParent map[string]*Index // "kind/parent"
}

func newAccount(id string) *Account {
	return &Account{
		ID:       id,
		objects:  map[string]entry{},
		kinds:    map[string]*Index{},
		byParent: map[string]*Index{},
	}
}

// Get returns a stored object.
func (a *Account) Get(id string) (Object, bool) {
	e, ok := a.objects[id]
	return e.object, ok
}

// Seq returns the place of an object in the order of creation, across all
// accounts.
func (a *Account) Seq(id string) uint64 { return a.objects[id].seq }

// Objects returns every object, in no order.
func (a *Account) Objects() iter.Seq[Object] {
	return func(yield func(Object) bool) {
		for _, e := range a.objects {
			if !yield(e.object) {
				return
			}
		}
	}
}

// OfKind returns the objects of a kind, oldest first.
func (a *Account) OfKind(kind string) iter.Seq[Object] {
	return func(yield func(Object) bool) {
		for _, id := range a.Index(kind, "").ids {
			e, ok := a.objects[id]
			if ok && !yield(e.object) {
				return
			}
		}
	}
}

// Kinds returns the kinds of which the account has or had objects, in no order.
func (a *Account) Kinds() iter.Seq[string] {
	return func(yield func(string) bool) {
		for kind := range a.kinds {
			if !yield(kind) {
				return
			}
		}
	}
}

// Index returns the IDs of a kind, or of those of a kind below a parent if that
// is not empty.
func (a *Account) Index(kind, parent string) *Index {
	x := a.kinds[kind]
	if parent != "" {
		x = a.byParent[kind+"/"+parent]
	}
	if x == nil {
		return &Index{}
	}
	return x
}

// reindex moves an object from its previous parents to its new ones.
func (a *Account) reindex(prev, next Object) {
	before, after := prev.Parents(), next.Parents()
	if slices.Equal(before, after) && prev.ObjectKind() == next.ObjectKind() {
		return
	}

	for _, parent := range before {
		a.unindex(prev.ObjectKind()+"/"+parent, next.ObjectID())
	}

	for _, parent := range after {
		indexAt(a.byParent, next.ObjectKind()+"/"+parent).add(a, next.ObjectID())
	}
}

// rekind moves an object to another kind, if it has one, which is so when it
// was deleted: what is left has a kind of its own.
func (a *Account) rekind(prev, next Object) (moved bool) {
	if prev.ObjectKind() == next.ObjectKind() {
		return false
	}

	a.kinds[prev.ObjectKind()].drop(prev.ObjectID())
	indexAt(a.kinds, next.ObjectKind()).add(a, next.ObjectID())
	return true
}

func (a *Account) unindex(key, id string) {
	x := a.byParent[key]
	if x == nil {
		return
	}

	x.drop(id)
	if len(x.ids) == 0 {
		delete(a.byParent, key)
	}
}

// dropOldest removes objects from the beginning of their kind's index until
// only limit are left, and returns their IDs.
func (a *Account) dropOldest(ofKind *Index, limit int) (dropped []string) {
	for len(ofKind.ids)-ofKind.dead > limit {
		oldest := ofKind.ids[0]
		ofKind.ids = ofKind.ids[1:]
		if _, alive := a.objects[oldest]; alive {
			a.forget(oldest)
			dropped = append(dropped, oldest)
			continue
		}
		ofKind.dead--
	}
	return dropped
}

// remove deletes an object. Its ID stays in the index of its kind until there
// are so many dead ones that sweeping pays.
func (a *Account) remove(id string) {
	e, ok := a.objects[id]
	if !ok {
		return
	}

	a.forget(id)
	x := a.kinds[e.object.ObjectKind()]
	x.dead++

	if x.dead > 64 && x.dead > len(x.ids)/2 {
		x.sweep(a)
	}
}

// forget deletes an object from everything but the index of its kind.
func (a *Account) forget(id string) {
	e, ok := a.objects[id]
	if !ok {
		return
	}

	delete(a.objects, id)
	for _, parent := range e.object.Parents() {
		a.unindex(e.object.ObjectKind()+"/"+parent, id)
	}
}

// Index lists IDs in order of creation. Those of deleted objects stay until the
// index is swept.
type Index struct {
	ids  []string
	dead int
}

func indexAt(indexes map[string]*Index, key string) *Index {
	x := indexes[key]
	if x == nil {
		x = &Index{}
		indexes[key] = x
	}
	return x
}

// Len returns the number of living objects in an index of a kind.
func (x *Index) Len() int { return len(x.ids) - x.dead }

// Last returns the position of the newest ID, -1 if there is none.
func (x *Index) Last() int { return len(x.ids) - 1 }

// Newest returns up to n of the newest IDs, oldest first. Some may belong to
// deleted objects.
func (x *Index) Newest(n int) []string { return x.ids[max(0, len(x.ids)-n):] }

// Position returns where in the index an object of the account is or, if it is
// not in it, would be.
func (x *Index) Position(a *Account, id string) int {
	seq := a.Seq(id)
	return sort.Search(len(x.ids), func(i int) bool {
		// Dead IDs have no place of their own: the next living one decides.
		for ; i < len(x.ids); i++ {
			if e, ok := a.objects[x.ids[i]]; ok {
				return e.seq >= seq
			}
		}
		return true
	})
}

// add puts an ID at its place in the order of creation, which is the end unless
// an old object gets a new parent.
func (x *Index) add(a *Account, id string) {
	at := len(x.ids)
	if at > 0 && a.Seq(x.ids[at-1]) > a.Seq(id) {
		at = x.Position(a, id)
	}
	x.ids = slices.Insert(x.ids, at, id)
}

func (x *Index) drop(id string) {
	i := slices.Index(x.ids, id)
	switch {
	case i == 0:
		x.ids = x.ids[1:]
	case i > 0:
		x.ids = slices.Concat(x.ids[:i], x.ids[i+1:])
	}
}

// sweep drops the IDs of deleted objects.
func (x *Index) sweep(a *Account) {
	alive := make([]string, 0, x.Len())
	for _, id := range x.ids {
		if _, ok := a.objects[id]; ok {
			alive = append(alive, id)
		}
	}
	x.ids, x.dead = alive, 0
}
