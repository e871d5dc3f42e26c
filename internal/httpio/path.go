package httpio

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
)

// unknownPath returns the path of the first member of a JSON object that the
// type of v has no field for, such as "items[0].colour"; "" if it finds none.
// encoding/json only tells the name.
func unknownPath(body []byte, v any) string {
	w := newWalker(body)
	w.value(reflect.TypeOf(v), "")
	return w.path
}

var index = regexp.MustCompile(`\[\d+\]`)

// valuePath returns the path of the value that ends at offset, or begins there
// if it is a list or an object. field is what encoding/json calls it, without
// the numbers of lists; it is returned if it does not fit.
func valuePath(body []byte, offset int64, field string) string {
	w := newWalker(body)
	w.until = offset
	w.value(nil, "")

	plain := index.ReplaceAllString(w.path, "")
	if plain != field && !strings.HasPrefix(plain, field+".") {
		return field // the value was decoded by itself, so that the offset counts from elsewhere
	}
	return w.path
}

// walker reads the tokens of a JSON object until it finds a path: that of the
// value in which offset until lies, or that of an unknown member if until is 0.
type walker struct {
	dec   *json.Decoder
	until int64
	path  string
}

func newWalker(body []byte) *walker {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // of any size
	return &walker{dec: dec}
}

// value reads a value that is decoded into t, nil for anything, and reports
// whether the path was found.
func (w *walker) value(t reflect.Type, path string) bool {
	token, err := w.dec.Token()
	if err != nil {
		return false
	}
	if w.until > 0 && w.dec.InputOffset() >= w.until {
		w.path = path
		return true
	}

	t = decodedType(t)
	switch token {
	case json.Delim('{'):
		return w.object(t, path)
	case json.Delim('['):
		return w.list(t, path)
	}
	return false
}

func (w *walker) object(t reflect.Type, path string) bool {
	for w.dec.More() {
		token, err := w.dec.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return false
		}

		inside := inObject(path, name)
		of, known := memberType(t, name)
		if !known && w.until == 0 {
			w.path = inside
			return true
		}
		if w.value(of, inside) {
			return true
		}
	}

	_, _ = w.dec.Token() // the end of the object
	return false
}

func (w *walker) list(t reflect.Type, path string) bool {
	var of reflect.Type
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		of = t.Elem()
	}

	for i := 0; w.dec.More(); i++ {
		if w.value(of, inList(path, i)) {
			return true
		}
	}

	_, _ = w.dec.Token() // the end of the list
	return false
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// decodedType returns the type whose fields a value of t decodes into, nil for
// none. A type that decodes itself does that into its field Value, if it has
// one.
func decodedType(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || !reflect.PointerTo(t).Implements(unmarshaler) {
		return t
	}

	if t.Kind() == reflect.Struct {
		if f, ok := t.FieldByName("Value"); ok {
			return decodedType(f.Type)
		}
	}
	return nil
}

// memberType returns the type of the member that a struct or a map has under a
// name. Everything is a member of another type.
func memberType(t reflect.Type, name string) (of reflect.Type, known bool) {
	switch {
	case t == nil:
		return nil, true
	case t.Kind() == reflect.Map:
		return t.Elem(), true
	case t.Kind() != reflect.Struct:
		return nil, true
	}

	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || tag == "-" || f.Anonymous && tag == "" {
			continue
		}
		if tag == "" {
			tag = f.Name
		}
		if foldName(tag) == foldName(name) {
			return f.Type, true
		}
	}
	return nil, false
}
