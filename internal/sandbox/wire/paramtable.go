package wire

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed params.txt
var paramText string

// shape is what a parameter may look like. See the head of params.txt for the
// notation.
type shape struct {
	kind   byte // s text, i integer, b boolean, n decimal, e enum, h hash, l list, m map
	empty  bool // may be sent empty, or as a plain value
	enum   []string
	Fields map[string]*shape
	item   *shape
	needed []string // names of the required fields, sorted
}

// Operations maps "METHOD /path" to its parameters, read from the table on
// first use; a nil shape is an operation of Stripe's that is not simulated.
var Operations = sync.OnceValue(func() map[string]func() *shape {
	out := map[string]func() *shape{}
	for _, row := range strings.Split(paramText, "\n") {
		if row == "" || row[0] == '#' {
			continue
		}

		method, rest, _ := strings.Cut(row, " ")
		path, fields, _ := strings.Cut(rest, " ")
		out[method+" "+path] = sync.OnceValue(func() *shape {
			s, _ := parseFields(fields)
			return s
		})
	}

	return out
})

// shapeParser walks one line of the table.
type shapeParser struct {
	text string
}

func parseFields(text string) (*shape, string) {
	p := &shapeParser{text}
	s := p.fields()
	return s, p.text
}

// fields reads `name... name...` up to a closing brace or the end.
func (p *shapeParser) fields() *shape {
	out := &shape{kind: 'h', Fields: map[string]*shape{}}
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
		if out.Fields[name] = field; required {
			out.needed = append(out.needed, name) // the table is sorted
		}
	}

	return out
}

func (p *shapeParser) eat(prefix string) bool {
	rest, ok := strings.CutPrefix(p.text, prefix)
	p.text = rest
	return ok
}

// form reads what follows a name.
func (p *shapeParser) form() *shape {
	out := &shape{kind: 's'}
	switch {
	case p.eat("{"):
		out = p.fields()
		p.eat("}")
	case p.eat("["):
		out = &shape{kind: 'l', item: p.form()}
		p.eat("]")
	case p.eat("*"):
		out.kind = 'm'
	case p.eat(":"):
		out.kind = p.text[0]
		p.text = p.text[1:]
	case p.eat("="):
		end := strings.IndexAny(p.text, " ?}]")
		if end < 0 {
			end = len(p.text)
		}

		out.kind, out.enum = 'e', strings.Split(p.text[:end], "|")
		p.text = p.text[end:]
	}

	out.empty = p.eat("?")
	return out
}

// CheckParams refuses what the parameters of an operation, "METHOD /path", may
// not be.
func CheckParams(operation string, p *Params) error {
	known := Operations()[operation]
	if known == nil {
		return nil
	}
	return known().checkHash(p, "")
}

// ShapeOf returns the parameters of a simulated operation, nil when the table
// has none.
func ShapeOf(operation string) *shape {
	known := Operations()[operation]
	if known == nil {
		return nil
	}
	return known()
}

func (s *shape) checkHash(p *Params, path string) error {
	for _, name := range p.Keys() {
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

func (s *shape) check(p *Params, path string) error {
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

func (s *shape) checkList(p *Params, path string) error {
	if p.Leaf {
		if p.Value == "" {
			return nil // an empty list
		}
		return Malformed("", path, "Invalid array")
	}

	for _, key := range p.Keys() {
		if err := s.item.check(p.Fields[key], path+"["+key+"]"); err != nil {
			return err
		}
	}

	return nil
}

// checkValue checks a plain value.
func (s *shape) checkValue(value, path string) error {
	if value == "" && s.kind != 's' && (s.kind != 'e' || s.checkEnum("", path) != nil) {
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
		if value != "true" && value != "false" && value != "1" && value != "0" {
			return Malformed("", path, "Invalid boolean: %s", value)
		}

	case 'e':
		return s.checkEnum(value, path)
	}

	return nil
}

func (s *shape) checkEnum(value, path string) error {
	for _, known := range s.enum {
		if known == value {
			return nil
		}
	}
	options := strings.Join(s.enum, ", ")
	if n := len(s.enum); n > 1 {
		options = strings.Join(s.enum[:n-1], ", ") + ", or " + s.enum[n-1]
	}
	return Malformed("", path, "Invalid %s: must be one of %s", path, options)
}

// InStripesAPI tells whether a URL belongs to Stripe's API.
func InStripesAPI(method, path string) bool {
	steps := strings.Split(path, "/")
	for name := range Operations() {
		verb, pattern, _ := strings.Cut(name, " ")
		if verb == method && matchesPattern(strings.Split(pattern, "/"), steps) {
			return true
		}
	}
	return false
}

func matchesPattern(pattern, steps []string) bool {
	if len(pattern) != len(steps) {
		return false
	}
	for i, p := range pattern {
		if !strings.HasPrefix(p, "{") && p != steps[i] {
			return false
		}
	}
	return true
}

// Value turns a parameter into JSON; an empty one is null, an object is laid
// over its former self.
func (s *shape) Value(p *Params, former map[string]any) any {
	switch {
	case p.Leaf && p.Value == "":
		return nil
	case s.kind == 'h' && !p.Leaf:
		out := make(map[string]any, len(former))
		for k, v := range former {
			out[k] = v
		}

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
