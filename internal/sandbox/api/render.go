package api

import (
	"strings"

	"checkoutd/internal/sandbox/wire"
)

const maxExpandDepth = 4

// render encodes a result and replaces the IDs that `expand[]` names by their
// objects. See https://docs.stripe.com/api/expanding_objects.
func (c *Call) render(v any) ([]byte, error) {
	paths := c.Params.Strings("expand")
	if len(paths) == 0 {
		return wire.EncodePretty(v)
	}

	body, err := wire.Encode(v)
	if err != nil {
		return nil, err
	}

	tree, err := wire.DecodeTree(body)
	if err != nil {
		return nil, err
	}

	for _, path := range paths {
		steps := strings.Split(path, ".")
		if len(steps) > maxExpandDepth {
			return nil, wire.Malformed("", "expand",
				"You cannot expand more than %d levels of a property. Property: %s", maxExpandDepth, path)
		}
		if tree, err = c.expand(tree, steps, path); err != nil {
			return nil, err
		}
	}

	return wire.EncodePretty(tree)
}

// expand returns node with the property at the end of steps expanded.
func (c *Call) expand(node any, steps []string, path string) (any, error) {
	switch at := node.(type) {
	case []any:
		for i := range at {
			var err error
			if at[i], err = c.expand(at[i], steps, path); err != nil {
				return nil, err
			}
		}

		return at, nil

	case map[string]any:
		return at, c.expandIn(at, steps, path)

	case string:
		whole, err := c.whole(at, path)
		if err != nil || len(steps) == 0 {
			return whole, err
		}
		return c.expand(whole, steps, path)

	case nil:
		return nil, nil // there is nothing to show
	}

	return nil, wire.Malformed("", "expand", "This property cannot be expanded (%s).", path) // a number
}

func (c *Call) expandIn(at map[string]any, steps []string, path string) error {
	if len(steps) == 0 {
		if at["object"] == nil { // a hash that belongs to the object
			return wire.Malformed("", "expand", "This property cannot be expanded (%s).", path)
		}
		return nil
	}

	value, exists := at[steps[0]]
	if !exists {
		extra, known, err := c.included(at, steps[0])
		if err != nil {
			return err
		}
		if !known {
			return wire.Malformed("", "expand", "This property cannot be expanded (%s).", path)
		}
		if extra == nil {
			return nil // such as the tiers of a price that has none
		}
		if at[steps[0]] = extra; len(steps) == 1 {
			return nil
		}

		if len(steps) == 1 {
			at[steps[0]] = extra
			return nil
		}

		value = extra
	}

	if steps[0] == "total_count" && len(steps) == 1 {
		return nil // of a search, which has counted
	}

	next, err := c.expand(value, steps[1:], path)
	at[steps[0]] = next
	return err
}

// whole returns the object of an ID.
func (c *Call) whole(id, path string) (any, error) {
	obj, ok := c.Server.Lookup(c.Account, id)
	if !ok && strings.HasPrefix(id, "fee_") { // the platform has the fees of its direct charges
		obj, ok = c.Server.Lookup(PlatformAccount, id)
	}
	if !ok && (strings.HasPrefix(id, "py_") || strings.HasPrefix(id, "pyr_")) {
		return id, nil // of a transfer, which has no more than that
	}
	if !ok {
		return nil, wire.Malformed("", "expand", "This property cannot be expanded (%s).", path)
	}
	return wire.ToTree(obj)
}

// included returns a list that Stripe leaves out unless it is expanded, nil if
// this object has none, and reports whether Stripe knows such a list.
func (c *Call) included(at map[string]any, name string) (list any, known bool, err error) {
	kind, _ := at["object"].(string)
	id, _ := at["id"].(string)

	c.Server.Store.RLock()
	defer c.Server.Store.RUnlock()

	reading := *c
	reading.Tx = c.Server.beginRead(c)

	for _, m := range c.Server.modules {
		if read := m.Included[kind+"."+name]; read != nil {
			list, err = wire.ToTree(read(&reading, id))
			return list, true, err
		}
	}

	return nil, false, nil
}
