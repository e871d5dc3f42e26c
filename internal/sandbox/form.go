package sandbox

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// params is one level of the bracketed form encoding that Stripe's API uses: a[b][c]=v, a[]=v, a[0][b]=v.
// A nil *params is an empty one.
type params struct {
	value string
	leaf  bool
	kids  map[string]*params
	list  bool
	path  string

	metadata int // how many keys the object would have that its metadata went into
}

const maxFormDepth = 12

// parseForm decodes a urlencoded body or query into a tree.
func parseForm(raw string) (*params, error) {
	root := &params{}
	counters := map[string]int{}
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		if err != nil {
			return nil, badForm()
		}
		text, err := url.QueryUnescape(value)
		if err != nil {
			return nil, badForm()
		}
		if err := root.insert(name, text, counters); err != nil {
			return nil, err
		}
	}
	return root, nil
}

func badForm() *Error {
	return invalid("", "", "Invalid request body: it is not valid application/x-www-form-urlencoded data.")
}

// insert puts one pair into the tree. counters numbers the members of a[]= lists.
func (p *params) insert(name, value string, counters map[string]int) error {
	head, rest, nested := strings.Cut(name, "[")
	at := p.child(head)
	for depth := 0; nested; depth++ {
		var part string
		var closed bool
		part, rest, closed = strings.Cut(rest, "]")
		if !closed || depth > maxFormDepth {
			return badForm()
		}
		if part == "" {
			at.list = true
			part = strconv.Itoa(counters[at.path])
			counters[at.path]++
		}
		at = at.child(part)
		_, rest, nested = strings.Cut(rest, "[")
	}
	at.leaf, at.value = true, value
	return nil
}

func (p *params) child(name string) *params {
	if p.kids == nil {
		p.kids = map[string]*params{}
	}
	kid := p.kids[name]
	if kid == nil {
		path := name
		if p.path != "" {
			path = p.path + "[" + name + "]"
		}
		kid = &params{path: path}
		p.kids[name] = kid
	}
	return kid
}

// at walks down and returns nil when the way ends.
func (p *params) at(names ...string) *params {
	for _, name := range names {
		if p == nil {
			return nil
		}
		p = p.kids[name]
	}
	return p
}

// has tells whether the parameter was sent at all, even empty.
func (p *params) has(names ...string) bool { return p.at(names...) != nil }

// str returns the text of a parameter, "" when absent.
func (p *params) str(names ...string) string {
	if found := p.at(names...); found != nil {
		return found.value
	}
	return ""
}

// text returns nil when the parameter is absent or empty.
func (p *params) text(names ...string) *string { return orNil(p.str(names...)) }

// num returns a whole number; the parameter table has checked its form before.
func (p *params) num(names ...string) int64 {
	n, _ := strconv.ParseInt(p.str(names...), 10, 64)
	return n
}

// flag returns a boolean parameter.
func (p *params) flag(names ...string) bool { return isTrue(p.str(names...)) }

func isTrue(s string) bool { return s == "true" || s == "1" }

// unset tells whether a parameter was sent empty, which is how a value is removed.
func (p *params) unset(names ...string) bool {
	found := p.at(names...)
	return found != nil && found.leaf && found.value == "" && len(found.kids) == 0
}

// keys returns the names below p, numbers in numeric order.
func (p *params) keys() []string {
	if p == nil {
		return nil
	}
	out := make([]string, 0, len(p.kids))
	for name := range p.kids {
		out = append(out, name)
	}
	sort.Slice(out, func(i, j int) bool {
		a, errA := strconv.Atoi(out[i])
		b, errB := strconv.Atoi(out[j])
		if errA == nil && errB == nil {
			return a < b
		}
		return out[i] < out[j]
	})
	return out
}

// members returns the elements of a list parameter.
func (p *params) members(names ...string) []*params {
	found := p.at(names...)
	var out []*params
	for _, key := range found.keys() {
		out = append(out, found.kids[key])
	}
	return out
}

// strs returns a list of texts.
func (p *params) strs(names ...string) []string {
	var out []string
	for _, m := range p.members(names...) {
		if m.value != "" {
			out = append(out, m.value)
		}
	}
	return out
}

// flat writes the tree as sorted pairs, so that equal parameters compare equal whatever their order was.
func (p *params) flat() string {
	var pairs []string
	p.collect(&pairs)
	sort.Strings(pairs)
	return strings.Join(pairs, "&")
}

func (p *params) collect(out *[]string) {
	if p == nil {
		return
	}
	if p.leaf {
		*out = append(*out, url.QueryEscape(p.path)+"="+url.QueryEscape(p.value))
	}
	for _, kid := range p.kids {
		kid.collect(out)
	}
}
