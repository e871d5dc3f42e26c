package memory

import (
	"iter"
	"maps"
	"slices"
	"sort"
)

// Account is everything that one account holds. The store's lock guards it.
type Account struct {
	ID string

	objects  map[string]entry
	kinds    map[string]*Index
	byParent map[string]*Index // "kind/parent"
	past     Past              // nil if there is none
}

func newAccount(id string) *Account {
	return &Account{
		ID:       id,
		objects:  map[string]entry{},
		kinds:    map[string]*Index{},
		byParent: map[string]*Index{},
	}
}

// Get returns an object.
func (a *Account) Get(id string) (Object, bool) {
	e, ok := a.objects[id]
	if !ok && a.past != nil {
		return a.past.Get(id)
	}
	return e.object, ok
}

// has reports whether the account has an object.
func (a *Account) has(id string) bool {
	_, ok := a.Get(id)
	return ok
}

// Seq returns the place of an object in the order of creation, across all
// accounts.
func (a *Account) Seq(id string) uint64 { return a.objects[id].seq }

// Objects returns every stored object, in no order. Those of the past are not
// stored unless they have changed.
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
		x := a.Index(kind, "")
		for i := range x.before() {
			obj := x.past.Object(i)
			if changed, ok := a.objects[obj.ObjectID()]; ok {
				obj = changed.object
			}
			if !yield(obj) {
				return
			}
		}

		for _, id := range x.ids {
			if e, ok := a.objects[id]; ok && !yield(e.object) {
				return
			}
		}
	}
}

// Kinds returns the kinds of which the account has or had objects, in no order.
func (a *Account) Kinds() []string {
	out := slices.Collect(maps.Keys(a.kinds))
	if a.past == nil {
		return out
	}

	for _, kind := range a.past.Kinds() {
		if a.kinds[kind] == nil {
			out = append(out, kind)
		}
	}
	return out
}

// Index returns the IDs of a kind, or of those of a kind below a parent if that
// is not empty.
func (a *Account) Index(kind, parent string) *Index {
	x := a.kinds[kind]
	if parent != "" {
		x = a.byParent[kind+"/"+parent]
	}
	if x == nil {
		x = &Index{}
	}

	if a.past == nil {
		return x
	}

	whole := *x
	whole.past = a.past.List(kind, parent)
	return &whole
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

	past List // precedes ids; nil if there is none
	skip window
}

func indexAt(indexes map[string]*Index, key string) *Index {
	x := indexes[key]
	if x == nil {
		x = &Index{}
		indexes[key] = x
	}
	return x
}

// before returns how many IDs of the past precede the others.
func (x *Index) before() int {
	if x.past == nil {
		return 0
	}
	return x.past.Len()
}

// at returns the ID at a position.
func (x *Index) at(i int) string {
	if n := x.before(); i >= n {
		return x.ids[i-n]
	}
	return x.past.ID(i)
}

// all returns every ID, oldest first.
func (x *Index) all() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range x.Last() + 1 {
			if !yield(x.at(i)) {
				return
			}
		}
	}
}

// Len returns the number of living objects in an index of a kind.
func (x *Index) Len() int { return x.before() + len(x.ids) - x.dead }

// Last returns the position of the newest ID, -1 if there is none.
func (x *Index) Last() int { return x.before() + len(x.ids) - 1 }

// Newest returns up to n of the newest IDs, oldest first. Some may belong to
// deleted objects.
func (x *Index) Newest(n int) []string {
	var out []string
	for i := max(0, x.Last()+1-n); i <= x.Last(); i++ {
		out = append(out, x.at(i))
	}
	return out
}

// Position returns where in the index an object of the account is or, if it is
// not in it, would be.
func (x *Index) Position(a *Account, id string) int {
	if x.past != nil {
		if i := x.past.Position(id); i >= 0 {
			return i
		}
	}
	return x.before() + x.position(a, id)
}

// position returns the position of a stored object among ids.
func (x *Index) position(a *Account, id string) int {
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
		at = x.position(a, id)
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
