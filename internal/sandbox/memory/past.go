package memory

import (
	"iter"
	"slices"
)

// Past is what an account did before it was stored: objects that are computed
// when they are read, so that a million of them need hardly any memory. They
// precede all stored objects. An object that changes is stored from then on and
// keeps its place. A Past must not change, and is read concurrently.
type Past interface {
	// Get returns the object as it was at first.
	Get(id string) (Object, bool)

	// Kinds returns the kinds that List lists.
	Kinds() []string

	// List returns the objects of a kind, or of those of a kind below a parent
	// if that is not empty. It returns nil if there are none.
	List(kind, parent string) List
}

// List is a list of objects in order of creation.
type List interface {
	Len() int
	ID(i int) string
	Object(i int) Object // as it was at first

	// Position returns where an object is, -1 if it is not in the list.
	Position(id string) int

	// Before returns how many of the objects were created before a time, in
	// Unix seconds.
	Before(created int64) int
}

// window is a range of positions in the past that a list does not want to see:
// those below low, and from high on.
type window struct {
	set       bool
	low, high int
}

// Within lets Gather pass over the part of the past that was created before
// from, or at or after end, in Unix seconds. What is stored is not passed over:
// it is not that much, and not exactly in order of its creation times.
func (x *Index) Within(from, end int64) {
	if x.past != nil {
		x.skip = window{set: true, low: x.past.Before(from), high: x.past.Before(end)}
	}
}

// enter returns the first position from i on that Gather wants to see.
func (x *Index) enter(i, step int) int {
	past := x.before()
	if !x.skip.set || i >= past {
		return i
	}

	switch {
	case i >= x.skip.high && step < 0:
		i = x.skip.high - 1
	case i >= x.skip.high:
		return past
	}

	switch {
	case i < x.skip.low && step < 0:
		return -1
	case i < x.skip.low:
		return x.enter(x.skip.low, step)
	}

	return i
}

// Past returns the past of the account, nil if it has none.
func (a *Account) Past() Past { return a.past }

// Stored returns the stored objects of a kind, oldest first: of the past only
// those that have changed.
func (a *Account) Stored(kind string) iter.Seq[Object] {
	return func(yield func(Object) bool) {
		if a.past != nil {
			list := a.past.List(kind, "")
			for _, i := range a.changed(list) {
				if !yield(a.objects[list.ID(i)].object) {
					return
				}
			}
		}

		x := a.kinds[kind]
		if x == nil {
			return
		}

		for _, id := range x.ids {
			if e, ok := a.objects[id]; ok && !yield(e.object) {
				return
			}
		}
	}
}

// changed returns the positions of the objects in a list of the past that are
// stored because they have changed.
func (a *Account) changed(list List) []int {
	if list == nil {
		return nil
	}

	var out []int
	for id := range a.objects {
		if i := list.Position(id); i >= 0 {
			out = append(out, i)
		}
	}

	slices.Sort(out)
	return out
}

// PastOf returns the past of an account, nil if it has none.
func (s *Store) PastOf(account string) Past {
	if a := s.accounts[account]; a != nil {
		return a.past
	}
	return nil
}

// SetPast gives the account a past. What is stored of it already, because it
// has changed since, keeps the places of the past.
func (a *Account) SetPast(p Past) {
	a.past = p
	for id := range a.objects {
		first, ok := p.Get(id)
		if !ok {
			continue
		}

		a.kinds[first.ObjectKind()].drop(id)
		for _, parent := range first.Parents() {
			a.unindex(first.ObjectKind()+"/"+parent, id)
		}
	}
}

// replace stores an object if it is a changed one of the past, and reports
// whether it is.
func (a *Account) replace(obj Object) bool {
	if a.past == nil {
		return false
	}

	first, ok := a.past.Get(obj.ObjectID())
	if !ok {
		return false
	}

	a.objects[obj.ObjectID()] = entry{object: obj}
	for _, parent := range obj.Parents() {
		if !slices.Contains(first.Parents(), parent) {
			indexAt(a.byParent, obj.ObjectKind()+"/"+parent).add(a, obj.ObjectID())
		}
	}

	return true
}
