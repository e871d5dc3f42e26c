package api

import (
	"math"
	"slices"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

const defaultLimit, maxLimit = 10, 100

// Page returns one page of a list, newest first, according to limit,
// starting_after and ending_before. It lists the objects below parent, or the
// whole kind if that is empty, for which keep returns true. See
// https://docs.stripe.com/api/pagination.
func Page[T memory.Object](c *Call, kind, parent string, keep func(T) bool) (any, error) {
	limit, err := PageLimit(c.Params)
	if err != nil {
		return nil, err
	}

	index := c.Tx.Account.Index(kind, parent)
	from, backwards, err := c.cursor(index, kind)
	if err != nil {
		return nil, err
	}

	if from, end, ok := createdRange(c.Params); ok {
		index.Within(from, end)
	}

	found := memory.Gather(c.Tx, index, from, backwards, limit+1, keep)
	more := len(found) > limit
	if more {
		found = found[:limit]
	}

	if backwards {
		slices.Reverse(found)
	}

	out := wire.ListOf(found, c.Request.URL.Path)
	out.HasMore = more
	return out, nil
}

// PageLimit returns the limit parameter.
func PageLimit(p *wire.Params) (int, error) {
	if !p.Has("limit") {
		return defaultLimit, nil
	}

	n := p.Int("limit")
	if n > maxLimit {
		return 0, wire.Malformed("parameter_invalid_integer", "limit",
			"This value must be less than or equal to %d (it currently is '%d').", maxLimit, n)
	}
	if n < 1 {
		return 0, wire.Malformed("parameter_invalid_integer", "limit",
			"This value must be greater than or equal to 1 (it currently is '%d').", n)
	}

	return int(n), nil
}

// cursor turns starting_after or ending_before into a position in an index.
func (c *Call) cursor(index *memory.Index, kind string) (from int, backwards bool, err error) {
	after, before := c.Params.String("starting_after"), c.Params.String("ending_before")
	if after != "" && before != "" {
		return 0, false, wire.Malformed("", "", "You can only use one of starting_after and ending_before.")
	}

	id, param := after, "starting_after"
	if before != "" {
		id, param = before, "ending_before"
	}

	if id == "" {
		return index.Last(), false, nil
	}

	obj, ok := c.Tx.Account.Get(id)
	if !ok || obj.ObjectKind() != kind {
		return 0, false, wire.NoSuch(kind, param, id)
	}

	at := index.Position(c.Tx.Account, id)
	if before != "" {
		return at + 1, true, nil
	}

	return at - 1, false, nil
}

// createdRange returns the times between which the created parameter selects:
// from the first until before the second one.
func createdRange(p *wire.Params) (from, end int64, ok bool) {
	at := p.At("created")
	if at == nil {
		return 0, 0, false
	}

	from, end = 0, math.MaxInt64
	if at.Leaf {
		t := p.Int("created")
		return t, t + 1, true
	}

	for name, limit := range map[string]func(t int64){
		"gt":  func(t int64) { from = max(from, t+1) },
		"gte": func(t int64) { from = max(from, t) },
		"lt":  func(t int64) { end = min(end, t) },
		"lte": func(t int64) { end = min(end, t+1) },
	} {
		if at.Has(name) {
			limit(at.Int(name))
		}
	}

	return from, end, true
}

// CreatedFilter returns the filter that created=N or created[gte|gt|lte|lt]=N
// stands for.
func CreatedFilter(p *wire.Params) func(int64) bool { return TimeFilter(p, "created") }

// TimeFilter returns such a filter for any parameter. Times are Unix seconds.
func TimeFilter(p *wire.Params, name string) func(int64) bool {
	at := p.At(name)
	if at == nil {
		return func(int64) bool { return true }
	}

	if at.Leaf {
		want := p.Int(name)
		return func(t int64) bool { return t == want }
	}

	gt, gte, lt, lte := at.Int("gt"), at.Int("gte"), at.Int("lt"), at.Int("lte")
	return func(t int64) bool {
		return (!at.Has("gt") || t > gt) && (!at.Has("gte") || t >= gte) &&
			(!at.Has("lt") || t < lt) && (!at.Has("lte") || t <= lte)
	}
}

// Equals returns the filter for a parameter whose value an object's must equal,
// if the parameter was sent.
func Equals(p *wire.Params, names ...string) func(string) bool {
	wanted, sent := p.String(names...), p.Has(names...)
	return func(value string) bool { return !sent || value == wanted }
}

// OneOf returns the filter for a parameter that lists the values an object may
// have, if it lists any.
func OneOf(p *wire.Params, name string) func(string) bool {
	wanted := p.Strings(name)
	return func(value string) bool { return len(wanted) == 0 || slices.Contains(wanted, value) }
}
