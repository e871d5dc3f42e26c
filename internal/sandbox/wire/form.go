package wire

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// Params is one level of the bracketed form encoding that Stripe's API uses:
// a[b][c]=v, a[]=v, a[0][b]=v. A nil *params is an empty one.
type Params struct {
	Value  string
	Leaf   bool
	Fields map[string]*Params
	list   bool
	Path   string

	metadata int // how many keys the object would have that its metadata went into
}

const maxFormDepth = 12

// ParseForm decodes a urlencoded body or query into a tree.
func ParseForm(raw string) (*Params, error) {
	root := &Params{}
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
	return Invalid("", "", "Invalid request body: it is not valid application/x-www-form-urlencoded data.")
}

// insert puts one pair into the tree. counters numbers the members of a[]=
// lists.
func (p *Params) insert(name, value string, counters map[string]int) error {
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
			part = strconv.Itoa(counters[at.Path])
			counters[at.Path]++
		}

		at = at.child(part)
		_, rest, nested = strings.Cut(rest, "[")
	}

	at.Leaf, at.Value = true, value
	return nil
}

func (p *Params) child(name string) *Params {
	if p.Fields == nil {
		p.Fields = map[string]*Params{}
	}

	kid := p.Fields[name]
	if kid == nil {
		path := name
		if p.Path != "" {
			path = p.Path + "[" + name + "]"
		}

		kid = &Params{Path: path}
		p.Fields[name] = kid
	}

	return kid
}

// At walks down and returns nil when the way ends.
func (p *Params) At(names ...string) *Params {
	for _, name := range names {
		if p == nil {
			return nil
		}
		p = p.Fields[name]
	}
	return p
}

// Has tells whether the parameter was sent at all, even empty.
func (p *Params) Has(names ...string) bool { return p.At(names...) != nil }

// String returns the text of a parameter, "" when absent.
func (p *Params) String(names ...string) string {
	if found := p.At(names...); found != nil {
		return found.Value
	}
	return ""
}

// Text returns nil when the parameter is absent or empty.
func (p *Params) Text(names ...string) *string { return OrNil(p.String(names...)) }

// Int returns a whole number; the parameter table has checked its form before.
func (p *Params) Int(names ...string) int64 {
	n, _ := strconv.ParseInt(p.String(names...), 10, 64)
	return n
}

// Bool returns a boolean parameter.
func (p *Params) Bool(names ...string) bool { return IsTrue(p.String(names...)) }

func IsTrue(s string) bool { return s == "true" || s == "1" }

// Unset tells whether a parameter was sent empty, which is how a value is
// removed.
func (p *Params) Unset(names ...string) bool {
	found := p.At(names...)
	return found != nil && found.Leaf && found.Value == "" && len(found.Fields) == 0
}

// Keys returns the names below p, numbers in numeric order.
func (p *Params) Keys() []string {
	if p == nil {
		return nil
	}

	out := make([]string, 0, len(p.Fields))
	for name := range p.Fields {
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

// Members returns the elements of a list parameter.
func (p *Params) Members(names ...string) []*Params {
	found := p.At(names...)
	var out []*Params
	for _, key := range found.Keys() {
		out = append(out, found.Fields[key])
	}
	return out
}

// Strings returns a list of texts.
func (p *Params) Strings(names ...string) []string {
	var out []string
	for _, m := range p.Members(names...) {
		if m.Value != "" {
			out = append(out, m.Value)
		}
	}
	return out
}

// Canonical writes the tree as sorted pairs, so that equal parameters compare equal
// whatever their order was.
func (p *Params) Canonical() string {
	var pairs []string
	p.collect(&pairs)
	sort.Strings(pairs)
	return strings.Join(pairs, "&")
}

func (p *Params) collect(out *[]string) {
	if p == nil {
		return
	}
	if p.Leaf {
		*out = append(*out, url.QueryEscape(p.Path)+"="+url.QueryEscape(p.Value))
	}
	for _, kid := range p.Fields {
		kid.collect(out)
	}
}
