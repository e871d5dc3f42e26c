package sandbox

import "slices"

const defaultLimit, maxLimit = 10, 100

// page answers a list call: newest first, limit, starting_after, ending_before, has_more.
// parent "" lists the whole kind. See https://docs.stripe.com/api/pagination.
func page[T object](c *call, kind, parent string, keep func(T) bool) (any, error) {
	limit, err := pageLimit(c.p)
	if err != nil {
		return nil, err
	}
	sh := c.tx.account.kinds[kind]
	if parent != "" {
		sh = c.tx.account.byParent[kind+"/"+parent]
	}
	if sh == nil {
		sh = &idList{}
	}
	from, backwards, err := c.cursor(sh, kind)
	if err != nil {
		return nil, err
	}
	found := gather(c.tx, sh, from, backwards, limit+1, keep)
	more := len(found) > limit
	if more {
		found = found[:limit]
	}
	if backwards {
		slices.Reverse(found)
	}
	out := listOf(found, c.req.URL.Path)
	out.HasMore = more
	return out, nil
}

func pageLimit(p *params) (int, error) {
	if !p.has("limit") {
		return defaultLimit, nil
	}
	n := p.num("limit")
	if n > maxLimit {
		return 0, malformed("parameter_invalid_integer", "limit", "This value must be less than or equal to %d (it currently is '%d').", maxLimit, n)
	}
	if n < 1 {
		return 0, malformed("parameter_invalid_integer", "limit", "This value must be greater than or equal to 1 (it currently is '%d').", n)
	}
	return int(n), nil
}

// cursor turns starting_after or ending_before into a place on the shelf.
func (c *call) cursor(sh *idList, kind string) (from int, backwards bool, err error) {
	after, before := c.p.str("starting_after"), c.p.str("ending_before")
	if after != "" && before != "" {
		return 0, false, malformed("", "", "You can only use one of starting_after and ending_before.")
	}
	id, param := after, "starting_after"
	if before != "" {
		id, param = before, "ending_before"
	}
	if id == "" {
		return len(sh.ids) - 1, false, nil
	}
	e, ok := c.tx.account.objects[id]
	if !ok || e.obj.objectKind() != kind {
		return 0, false, noSuch(kind, param, id)
	}
	at := sh.position(c.tx.account, e.seq)
	if before != "" {
		return at + 1, true, nil
	}
	return at - 1, false, nil
}

// gather walks the shelf from a place, towards older objects or (backwards) towards newer ones.
func gather[T object](t *tx, sh *idList, from int, backwards bool, want int, keep func(T) bool) []T {
	step := -1
	if backwards {
		step = 1
	}
	var out []T
	for i := from; i >= 0 && i < len(sh.ids) && len(out) < want; i += step {
		obj, ok := find[T](t, sh.ids[i])
		if ok && (keep == nil || keep(obj)) {
			out = append(out, obj)
		}
	}
	return out
}

// createdFilter reads created=N or created[gte|gt|lte|lt]=N.
func createdFilter(p *params) func(int64) bool { return timeFilter(p, "created") }

// timeFilter reads such a filter on any time, in Unix seconds.
func timeFilter(p *params, name string) func(int64) bool {
	at := p.at(name)
	if at == nil {
		return func(int64) bool { return true }
	}
	if at.leaf {
		want := p.num(name)
		return func(t int64) bool { return t == want }
	}
	return func(t int64) bool {
		return (!at.has("gt") || t > at.num("gt")) && (!at.has("gte") || t >= at.num("gte")) &&
			(!at.has("lt") || t < at.num("lt")) && (!at.has("lte") || t <= at.num("lte"))
	}
}
