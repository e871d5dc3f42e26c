package pages_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// node is one element of a page. The pages are written so that encoding/xml can
// parse them in its lenient mode.
type node struct {
	name   string
	attr   map[string]string
	text   string // of the element and all below it
	parent *node
}

// parse returns every element of a page in document order. It fails on
// unbalanced tags.
func parse(t *testing.T, page string) []*node {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(page))
	dec.Strict, dec.AutoClose, dec.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var all, open []*node
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}

		switch token := token.(type) {
		case xml.StartElement:
			n := &node{name: token.Name.Local, attr: map[string]string{}}
			for _, a := range token.Attr {
				n.attr[a.Name.Local] = a.Value
			}

			if len(open) > 0 {
				n.parent = open[len(open)-1]
			}

			all, open = append(all, n), append(open, n)

		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			for _, n := range open {
				n.text += string(token)
			}
		}
	}

	if len(open) > 0 {
		t.Errorf("<%s> is never closed", open[0].name)
	}

	return all
}

func find(all []*node, match func(*node) bool) []*node {
	var found []*node
	for _, n := range all {
		if match(n) {
			found = append(found, n)
		}
	}
	return found
}

func named(names ...string) func(*node) bool {
	return func(n *node) bool {
		for _, name := range names {
			if n.name == name {
				return true
			}
		}
		return false
	}
}

func byID(t *testing.T, all []*node, id string) *node {
	t.Helper()
	found := find(all, func(n *node) bool { return n.attr["id"] == id })
	if len(found) != 1 {
		t.Fatalf("got %d elements #%s, want 1", len(found), id)
	}
	return found[0]
}

func has(all []*node, id string) bool {
	return len(find(all, func(n *node) bool { return n.attr["id"] == id })) > 0
}

// label returns the name of a control as a screen reader reads it.
func (n *node) label() string {
	if l := n.attr["aria-label"]; l != "" {
		return l
	}
	return strings.TrimSpace(n.text)
}
