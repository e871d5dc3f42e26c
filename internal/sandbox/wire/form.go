package wire

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Params is one level of the bracketed form encoding of Stripe's API:
// a[b][c]=v, a[]=v, a[0][b]=v. A nil *Params has no parameters.
type Params struct {
	Value  string
	Leaf   bool // has a value
	Fields map[string]*Params
	Path   string // such as a[b][c]

	metadata int  // how many keys the object has after MergeMetadata
	used     bool // a handler has read the value
}

const maxFormDepth = 12

// ParseForm decodes a urlencoded body or query.
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

// insert adds one pair. counters number the members of a[]= lists.
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

	field := p.Fields[name]
	if field == nil {
		path := name
		if p.Path != "" {
			path = p.Path + "[" + name + "]"
		}

		field = &Params{Path: path}
		p.Fields[name] = field
	}

	return field
}

// At returns the parameters below a path, nil if there are none.
func (p *Params) At(names ...string) *Params {
	for _, name := range names {
		if p == nil {
			return nil
		}
		p = p.Fields[name]
	}
	return p
}

// Has reports whether a parameter was sent, even if it is empty.
func (p *Params) Has(names ...string) bool { return p.At(names...) != nil }

// String returns a parameter, "" if it was not sent.
func (p *Params) String(names ...string) string {
	found := p.At(names...)
	if found == nil {
		return ""
	}

	found.used = true
	return found.Value
}

// Text returns a parameter, nil if it was not sent or is empty.
func (p *Params) Text(names ...string) *string { return OrNil(p.String(names...)) }

// Int returns an integer. The parameter table has checked its form before.
func (p *Params) Int(names ...string) int64 {
	n, _ := strconv.ParseInt(p.String(names...), 10, 64)
	return n
}

// Bool returns a boolean parameter.
func (p *Params) Bool(names ...string) bool { return IsTrue(p.String(names...)) }

// IsTrue reports whether a boolean parameter is true. Stripe takes Python's
// spelling, True and False, as well.
func IsTrue(s string) bool { return s == "true" || s == "1" || s == "True" }

// IsFalse reports whether a boolean parameter is false.
func IsFalse(s string) bool { return s == "false" || s == "0" || s == "False" }

// Unset reports whether a parameter was sent empty, which removes a value.
func (p *Params) Unset(names ...string) bool {
	found := p.At(names...)
	return found != nil && found.Leaf && found.Value == "" && len(found.Fields) == 0
}

// Keys returns the names below p in order. Numbers are in numeric order. The
// values below p count as used.
func (p *Params) Keys() []string {
	if p == nil {
		return nil
	}

	for _, field := range p.Fields {
		field.used = true
	}

	return p.Names()
}

// Names is Keys for a caller that does not use the values.
func (p *Params) Names() []string {
	if p == nil {
		return nil
	}

	return slices.SortedFunc(maps.Keys(p.Fields), func(a, b string) int {
		i, errA := strconv.Atoi(a)
		j, errB := strconv.Atoi(b)
		if errA == nil && errB == nil {
			return cmp.Compare(i, j)
		}

		return cmp.Compare(a, b)
	})
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

// Strings returns the non-empty elements of a list of texts.
func (p *Params) Strings(names ...string) []string {
	var out []string
	for _, m := range p.Members(names...) {
		if m.Value != "" {
			out = append(out, m.Value)
		}
	}
	return out
}

// Ignore counts a parameter with everything below it as used, because it has no
// visible effect at Stripe either.
func (p *Params) Ignore(names ...string) {
	found := p.At(names...)
	if found == nil {
		return
	}

	found.used = true
	for name := range found.Fields {
		found.Ignore(name)
	}
}

// Unused returns the full name of a parameter that was sent with a value and
// that no handler has read, "" if there is none.
func (p *Params) Unused() string {
	for _, name := range p.Names() {
		field := p.Fields[name]
		if field.Leaf && field.Value != "" && !field.used {
			return field.Path
		}
		if below := field.Unused(); below != "" {
			return below
		}
	}

	return ""
}

// Canonical encodes the parameters in a fixed order, so that equal parameters
// have equal encodings.
func (p *Params) Canonical() string {
	var pairs []string
	p.collect(&pairs)
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func (p *Params) collect(out *[]string) {
	if p == nil {
		return
	}

	if p.Leaf {
		*out = append(*out, url.QueryEscape(p.Path)+"="+url.QueryEscape(p.Value))
	}

	for _, field := range p.Fields {
		field.collect(out)
	}
}
