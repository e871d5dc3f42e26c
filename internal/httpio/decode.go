package httpio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"checkoutd/internal/cleantext"
	"checkoutd/internal/fault"
)

// DecodeJSON reads the body, one JSON object of at most limit bytes, into v.
//
// Its errors are faults:
//
//   - TooLarge: the body exceeds the limit;
//   - Unsupported: a content type other than application/json, or a charset
//     other than utf-8;
//   - Malformed: an empty or truncated body, text that is not JSON or not
//     UTF-8, a second value after the object, an unknown or repeated field, a
//     NUL character, or nesting deeper than 32;
//   - Invalid: a number that the field cannot hold.
//
// The error names the field if there is one. After an error v may be partly
// filled.
func DecodeJSON(w http.ResponseWriter, r *http.Request, v any, limit int64) error {
	if err := checkContentType(r.Header); err != nil {
		return err
	}

	body, err := ReadBody(w, r, limit)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return fault.New(fault.Malformed, "body_missing", "The request needs a JSON body.")
	}

	return unmarshal(body, v)
}

// DecodeOptionalJSON is DecodeJSON for requests whose body is optional. An
// empty body leaves v unchanged, whatever its content type.
func DecodeOptionalJSON(w http.ResponseWriter, r *http.Request, v any, limit int64) error {
	body, err := ReadBody(w, r, limit)
	if err != nil || len(body) == 0 {
		return err
	}
	if err := checkContentType(r.Header); err != nil {
		return err
	}
	return unmarshal(body, v)
}

func checkContentType(h http.Header) error {
	unsupported := fault.New(fault.Unsupported, "unsupported_content_type",
		"The body must be JSON: send Content-Type: application/json.")
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return fault.New(fault.Unsupported, "unsupported_content_encoding",
			"The body must not be compressed: send no Content-Encoding.")
	}

	values := h.Values("Content-Type")
	if len(values) != 1 {
		return unsupported
	}

	kind, params, err := mime.ParseMediaType(values[0])
	if err != nil || kind != "application/json" {
		return unsupported
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return fault.New(fault.Unsupported, "unsupported_charset", "The body must be JSON in UTF-8.")
	}

	return nil
}

// ReadBody returns the body, of at most limit bytes, without the white space
// around it. Errors as in DecodeJSON.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		// Closing the connection is cheaper than reading the rest of the body.
		w.Header().Set("Connection", "close")
		return nil, TooLarge(err, tooLarge.Limit)

	case err != nil:
		return nil, fault.Wrap(err, fault.Malformed, "body_unreadable",
			"The request body could not be read completely.")
	}

	return bytes.Trim(cleantext.WithoutBOM(body), " \t\r\n"), nil
}

// TooLarge returns the error for a body of more than limit bytes, for handlers
// that do not use DecodeJSON.
func TooLarge(cause error, limit int64) *fault.Error {
	return fault.Wrap(cause, fault.TooLarge, "body_too_large",
		fmt.Sprintf("The request body is larger than %d bytes.", limit))
}

// DecodeFile decodes a file of the shop as strictly as DecodeJSON a body, so
// that a misspelt or repeated member is not ignored.
func DecodeFile(data []byte, v any) error {
	data = bytes.Trim(cleantext.WithoutBOM(data), " \t\r\n")
	if len(data) == 0 {
		return errors.New("the file is empty")
	}

	err := unmarshal(data, v)
	var f *fault.Error
	if errors.As(err, &f) {
		return errors.New(f.Message)
	}
	return err
}

func unmarshal(body []byte, v any) error {
	if err := scanJSON(body); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	return publicDecodeError(dec.Decode(v), body, v)
}

// publicDecodeError turns an error of encoding/json into a fault, which names
// the field by its path. It never repeats values of the body, only the names of
// fields, shortened.
func publicDecodeError(err error, body []byte, v any) error {
	if err == nil {
		return nil
	}

	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return typeError(wrongType, body)
	}

	// encoding/json has no error type for unknown fields, only this text.
	if quoted, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name, unquoteErr := strconv.Unquote(quoted)
		if unquoteErr != nil {
			name = quoted
		}

		if path := unknownPath(body, v); strings.HasSuffix(path, name) {
			name = path
		}
		return fieldError("unknown_field", name, "is unknown")
	}

	return fault.Wrap(err, fault.Malformed, "invalid_json", "The JSON is not valid.")
}

func typeError(e *json.UnmarshalTypeError, body []byte) error {
	want, path := typeName(e.Type), valuePath(body, e.Offset, e.Field)
	if strings.HasPrefix(e.Value, "number") && want == "a whole number" {
		f := fieldError("number_out_of_range", path, "must be a whole number within range")
		f.Kind = fault.Invalid
		return f
	}
	if e.Field == "" {
		return fault.New(fault.Malformed, "wrong_type", "The JSON must be "+want+".")
	}

	return fieldError("wrong_type", path, "holds "+valueName(e.Value)+" where "+want+" is expected")
}

// valueName returns the words for a JSON value as encoding/json calls it.
func valueName(value string) string {
	switch kind, _, _ := strings.Cut(value, " "); kind {
	case "array":
		return "a list"
	case "object":
		return "an object"
	case "bool":
		return "true or false"
	default:
		return "a " + kind // a string, a number
	}
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Float32, reflect.Float64:
		return "a number"
	default:
		return "a whole number"
	}
}

// maxFieldName is how many runes of a field's name an error repeats.
const maxFieldName = 64

func fieldError(code, name, problem string) *fault.Error {
	if r := []rune(name); len(r) > maxFieldName {
		name = string(r[:maxFieldName]) + "…"
	}
	f := fault.New(fault.Malformed, code, fmt.Sprintf("The field %q %s.", name, problem))
	f.Field = name
	return f
}
