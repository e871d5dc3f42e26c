package wire

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Shape is the type of a parameter. The head of params.txt explains the
// notation.
type Shape struct {
	kind   byte     // s text, i integer, b boolean, n decimal, e enum, h hash, l list, m map
	empty  bool     // may be sent empty, or as a plain value
	enum   []string // of an enum, or the words that a number may be, such as minimum
	Fields map[string]*Shape
	item   *Shape
	solid  bool     // a text that cannot be unset: it may not be sent empty
	needed []string // names of the required fields, sorted
}

// parser reads one row of the table.
type parser struct{ text string }

// fields reads `name... name...` up to a closing brace or the end.
func (p *parser) fields() *Shape {
	out := &Shape{kind: 'h', Fields: map[string]*Shape{}}
	for p.text != "" && p.text[0] != '}' {
		if p.text[0] == ' ' {
			p.text = p.text[1:]
			continue
		}

		required := p.eat("!")
		end := strings.IndexAny(p.text, " {}[]:=*?")
		if end < 0 {
			end = len(p.text)
		}

		name := p.text[:end]
		p.text = p.text[end:]

		field := p.form()
		field.solid = field.kind == 's' && !field.empty && (required || slices.Contains(references, name))

		if out.Fields[name] = field; required {
			out.needed = append(out.needed, name) // the table is sorted
		}
	}

	return out
}

// references are the texts that name another object or a currency. Stripe
// refuses them when they are empty, unless the table says otherwise.
var references = []string{
	"account",
	"charge",
	"confirmation_token",
	"coupon",
	"currency",
	"customer",
	"destination",
	"invoice",
	"mandate",
	"payment_intent",
	"payment_method",
	"payment_method_configuration",
	"price",
	"product",
	"promotion_code",
	"setup_intent",
	"source",
	"subscription",
	"test_clock",
}

// eat skips prefix and reports whether it was there.
func (p *parser) eat(prefix string) bool {
	rest, ok := strings.CutPrefix(p.text, prefix)
	p.text = rest
	return ok
}

// form reads what follows a name.
func (p *parser) form() *Shape {
	out := &Shape{kind: 's'}
	switch {
	case p.eat("{"):
		out = p.fields()
		p.eat("}")
	case p.eat("["):
		out = &Shape{kind: 'l', item: p.form()}
		p.eat("]")
	case p.eat("*"):
		out.kind = 'm'
	case p.eat(":"):
		out.kind = p.text[0]
		p.text = p.text[1:]
		out.enum = p.words()

	default:
		if out.enum = p.words(); out.enum != nil {
			out.kind = 'e'
		}
	}

	out.empty = p.eat("?")
	return out
}

// words reads =a|b, nil if it is not there.
func (p *parser) words() []string {
	if !p.eat("=") {
		return nil
	}

	end := strings.IndexAny(p.text, " ?}]")
	if end < 0 {
		end = len(p.text)
	}

	out := strings.Split(p.text[:end], "|")
	p.text = p.text[end:]
	return out
}

// CheckParams returns Stripe's error for parameters that an operation, such as
// "POST /v1/refunds", does not take.
func CheckParams(operation string, p *Params) error {
	known := operations()[operation]
	if known == nil {
		return nil
	}
	return known().checkHash(p, "")
}

func (s *Shape) checkHash(p *Params, path string) error {
	for _, name := range p.Names() {
		field := s.Fields[name]
		at := joinPath(path, name)
		if field == nil {
			if path == "" && name == "expand" {
				continue
			}
			return Malformed("parameter_unknown", at, "Received unknown parameter: %s", at)
		}

		if err := field.check(p.Fields[name], at); err != nil {
			return err
		}
	}

	for _, name := range s.needed {
		if p.At(name) == nil {
			return MissingParam(joinPath(path, name))
		}
	}

	return nil
}

func joinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "[" + name + "]"
}

func (s *Shape) check(p *Params, path string) error {
	switch {
	case s.kind == 'm' && p.Leaf && p.Value != "":
		return Malformed("", path, "Invalid object")
	case s.empty && p.Leaf:
		return nil
	case s.kind == 'h' && !p.Leaf:
		return s.checkHash(p, path)
	case s.kind == 'h':
		return Malformed("", path, "Invalid object")
	case s.kind == 'l':
		return s.checkList(p, path)
	case s.kind == 'm':
		return nil
	case !p.Leaf:
		return Malformed("", path, "Invalid string: {...}")
	}

	return s.checkValue(p.Value, path)
}

func (s *Shape) checkList(p *Params, path string) error {
	if p.Leaf {
		if p.Value == "" {
			return nil // an empty list
		}
		return Malformed("", path, "Invalid array")
	}

	for _, key := range p.Names() {
		if err := s.item.check(p.Fields[key], path+"["+key+"]"); err != nil {
			return err
		}
	}

	return nil
}

// checkValue checks a plain value.
func (s *Shape) checkValue(value, path string) error {
	if s.isWord(value) {
		return nil
	}

	refusesEmpty := s.kind != 's' && (s.kind != 'e' || s.checkEnum("", path) != nil)
	if value == "" && (s.solid || refusesEmpty) {
		return Malformed("parameter_invalid_empty", path, "You passed an empty string for '%s'. We assume empty values are an attempt to unset a parameter; however '%s' cannot be unset. You should remove '%s' from your request or supply a non-empty value.", path, path, path)
	}

	switch s.kind {
	case 'i':
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			return Malformed("parameter_invalid_integer", path, "Invalid integer: %s", value)
		}

	case 'n':
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return Malformed("", path, "Invalid decimal: %s", value)
		}

	case 'b':
		if !IsTrue(value) && !IsFalse(value) {
			return Malformed("", path, "Invalid boolean: %s", value)
		}

	case 'e':
		return s.checkEnum(value, path)
	}

	return nil
}

// isWord reports whether value is one of the words that a number may be.
func (s *Shape) isWord(value string) bool { return s.kind != 'e' && slices.Contains(s.enum, value) }

func (s *Shape) checkEnum(value, path string) error {
	if slices.Contains(s.enum, value) {
		return nil
	}

	options := strings.Join(s.enum, ", ")
	if n := len(s.enum); n > 1 {
		options = strings.Join(s.enum[:n-1], ", ") + ", or " + s.enum[n-1]
	}

	return Malformed("", path, "Invalid %s: must be one of %s", path, options)
}

// Merge returns prev with the parameters within p laid over it, hash by hash.
// An empty one removes its value. It does not change prev, which others may
// share.
func (s *Shape) Merge(prev map[string]any, p *Params) map[string]any {
	merged := make(map[string]any, len(prev))
	maps.Copy(merged, prev)

	for _, key := range p.Keys() {
		child, field := p.Fields[key], s.At(key)
		switch {
		case field == nil:
		case child.Leaf && child.Value == "":
			delete(merged, key)
		case field.kind == 'h' && !child.Leaf:
			inner, _ := merged[key].(map[string]any)
			merged[key] = field.Merge(inner, child)
		default:
			merged[key] = field.Value(child, nil)
		}
	}

	return merged
}

// At returns the shape of a parameter within s, nil if s has none.
func (s *Shape) At(names ...string) *Shape {
	for _, name := range names {
		if s == nil {
			return nil
		}
		s = s.Fields[name]
	}
	return s
}

// Value returns a parameter as a JSON value. An empty one is null, and a hash
// is laid over its previous value.
func (s *Shape) Value(p *Params, prev map[string]any) any {
	switch {
	case p.Leaf && p.Value == "":
		return nil
	case s.kind == 'h' && !p.Leaf:
		out := make(map[string]any, len(prev))
		maps.Copy(out, prev)

		for _, key := range p.Keys() {
			if field := s.Fields[key]; field != nil {
				inner, _ := out[key].(map[string]any)
				out[key] = field.Value(p.Fields[key], inner)
			}
		}

		return out

	case s.kind == 'l':
		out := []any{}
		for _, key := range p.Keys() {
			out = append(out, s.item.Value(p.Fields[key], nil))
		}

		return out

	case s.kind == 'm':
		out := map[string]any{}
		for _, key := range p.Keys() {
			out[key] = p.Fields[key].Value
		}

		return out

	case s.isWord(p.Value):
		return p.Value
	case s.kind == 'i':
		n, _ := strconv.ParseInt(p.Value, 10, 64)
		return n
	case s.kind == 'n':
		n, _ := strconv.ParseFloat(p.Value, 64)
		return n
	case s.kind == 'b':
		return IsTrue(p.Value)
	}

	return p.Value
}
