package sandbox

import (
	"strings"
)

const maxExpandDepth = 4

// render encodes a result and replaces ids by objects where `expand[]` asks for it.
// See https://docs.stripe.com/api/expanding_objects.
func (c *call) render(v any) ([]byte, error) {
	paths := c.p.strs("expand")
	if len(paths) == 0 {
		return encodePretty(v)
	}
	body, err := encode(v)
	if err != nil {
		return nil, err
	}
	tree, err := decodeTree(body)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		steps := strings.Split(path, ".")
		if len(steps) > maxExpandDepth {
			return nil, malformed("", "expand", "You cannot expand more than %d levels of a property. Property: %s", maxExpandDepth, path)
		}
		if tree, err = c.expand(tree, steps, path); err != nil {
			return nil, err
		}
	}
	return encodePretty(tree)
}

// expand returns node with the property that steps name made whole.
func (c *call) expand(node any, steps []string, path string) (any, error) {
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
	return nil, malformed("", "expand", "This property cannot be expanded (%s).", path) // a number
}

func (c *call) expandIn(at map[string]any, steps []string, path string) error {
	if len(steps) == 0 {
		if at["object"] == nil { // a hash of the object itself
			return malformed("", "expand", "This property cannot be expanded (%s).", path)
		}
		return nil
	}
	value, there := at[steps[0]]
	if !there {
		extra, err := c.included(at, steps[0])
		if err != nil {
			return err
		}
		if extra == nil {
			return malformed("", "expand", "This property cannot be expanded (%s).", path)
		}
		value = extra
	}
	next, err := c.expand(value, steps[1:], path)
	at[steps[0]] = next
	return err
}

// whole loads the object that an id stands for.
func (c *call) whole(id, path string) (any, error) {
	obj, ok := c.srv.lookup(c.account, id)
	if !ok {
		return nil, malformed("", "expand", "This property cannot be expanded (%s).", path)
	}
	return asTree(obj)
}

// included builds the lists that Stripe leaves out unless they are asked for.
func (c *call) included(at map[string]any, name string) (any, error) {
	kind, _ := at["object"].(string)
	id, _ := at["id"].(string)
	c.srv.store.mu.RLock()
	defer c.srv.store.mu.RUnlock()
	reading := *c
	reading.tx = c.srv.beginRead(c)
	for _, m := range c.srv.modules {
		if list := m.included[kind+"."+name]; list != nil {
			return asTree(list(&reading, id))
		}
	}
	return nil, nil
}
