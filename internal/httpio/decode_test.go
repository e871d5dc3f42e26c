package httpio_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

type orderBody struct {
	Items []struct {
		SKU      string `json:"sku"`
		Quantity int    `json:"quantity"`
	} `json:"items"`
	Note   string            `json:"note"`
	Gift   bool              `json:"gift"`
	Weight float64           `json:"weight"`
	Extra  map[string]string `json:"extra"`
}

const limit = 4096

func post(body io.Reader, contentType string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/orders", body)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

func decode(body, contentType string) (orderBody, error) {
	var v orderBody
	err := httpio.DecodeJSON(httptest.NewRecorder(), post(strings.NewReader(body), contentType), &v, limit)
	return v, err
}

func TestDecodeJSONAccepts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ body, contentType string }{
		"plain":                {`{"items":[{"sku":"a","quantity":2}]}`, "application/json"},
		"charset":              {`{"items":[{"sku":"a","quantity":2}]}`, "application/json; charset=utf-8"},
		"charset in capitals":  {`{"items":[{"sku":"a","quantity":2}]}`, `Application/JSON;charset="UTF-8"`},
		"white space around":   {"\r\n\t {\"items\":[{\"sku\":\"a\",\"quantity\":2}]} \n", "application/json"},
		"byte order mark":      {"\ufeff{\"items\":[{\"sku\":\"a\",\"quantity\":2}]}", "application/json"},
		"null for other parts": {`{"items":[{"sku":"a","quantity":2}],"extra":null}`, "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := decode(tt.body, tt.contentType)
			if err != nil || len(v.Items) != 1 || v.Items[0].SKU != "a" || v.Items[0].Quantity != 2 {
				t.Errorf("got %+v, %v", v, err)
			}
		})
	}
}

func TestDecodeJSONRefuses(t *testing.T) {
	t.Parallel()
	const js = "application/json"
	tests := []struct {
		name, body, contentType string
		kind                    fault.Kind
		code, field, message    string
	}{
		{"no content type", `{}`, "", fault.Unsupported, "unsupported_content_type", "", "application/json"},
		{"a form", `a=b`, "application/x-www-form-urlencoded", fault.Unsupported, "unsupported_content_type", "", ""},
		{"text", `{}`, "text/plain", fault.Unsupported, "unsupported_content_type", "", ""},
		{"a type with the same prefix", `{}`, "application/json-seq", fault.Unsupported,
			"unsupported_content_type", "", ""},
		{"a malformed type", `{}`, "application/json; charset", fault.Unsupported,
			"unsupported_content_type", "", ""},
		{"another charset", `{}`, "application/json; charset=evil", fault.Unsupported,
			"unsupported_charset", "", "UTF-8"},
		{"utf-7", `{}`, "application/json; charset=utf-7", fault.Unsupported, "unsupported_charset", "", ""},
		{"no body", ``, js, fault.Malformed, "body_missing", "", "needs a JSON body"},
		{"white space only", " \n", js, fault.Malformed, "body_missing", "", ""},
		{"not JSON", `hello`, js, fault.Malformed, "invalid_json", "", "one JSON object"},
		{"null", `null`, js, fault.Malformed, "invalid_json", "", "one JSON object"},
		{"a list", `[]`, js, fault.Malformed, "invalid_json", "", "one JSON object"},
		{"cut off", `{"items":[`, js, fault.Malformed, "invalid_json", "", "near byte"},
		{"a comma too many", `{"note":"a",}`, js, fault.Malformed, "invalid_json", "", "near byte"},
		{"single quotes", `{'note':1}`, js, fault.Malformed, "invalid_json", "", "near byte 1"},
		{"a second object", `{}{}`, js, fault.Malformed, "invalid_json", "", "something after"},
		{"garbage after the object", `{} x`, js, fault.Malformed, "invalid_json", "", "something after"},
		{"a closing brace after the object", `{}}`, js, fault.Malformed, "invalid_json", "", "something after"},
		{"an unknown field", `{"price":1}`, js, fault.Malformed, "unknown_field", "price", `"price" is unknown`},
		{"an unknown field inside", `{"items":[{"sku":"a","price":1}]}`, js, fault.Malformed,
			"unknown_field", "items[0].price", ""},
		{"an unknown field that is known elsewhere", `{"items":[{"sku":"a"},{"note":"b","sku":"a"}]}`, js, fault.Malformed,
			"unknown_field", "items[1].note", `"items[1].note" is unknown`},
		{"a field twice", `{"note":"a","note":"b"}`, js, fault.Malformed, "duplicate_field", "note", "is repeated"},
		{"a field twice in different case", `{"note":"a","NOTE":"b"}`, js, fault.Malformed,
			"duplicate_field", "NOTE", ""},
		{"a field twice with the Kelvin sign", `{"items":[{"sku":"a","s` + "\u212a" + `u":"b"}]}`, js,
			fault.Malformed, "duplicate_field", "items[0].s\u212au", ""},
		{"a field twice with an escape", `{"note":"a","\u006eote":"b"}`, js, fault.Malformed,
			"duplicate_field", "note", ""},
		{"text for a number", `{"items":[{"quantity":"2"}]}`, js, fault.Malformed, "wrong_type",
			"items[0].quantity", "a whole number"},
		{"a number for text", `{"note":1}`, js, fault.Malformed, "wrong_type", "note", "a string"},
		{"text for a list", `{"items":"x"}`, js, fault.Malformed, "wrong_type", "items", "a list"},
		{"text for an object", `{"items":["x"]}`, js, fault.Malformed, "wrong_type", "items[0]", "holds a string where an object is expected"},
		{"a list for an object", `{"items":[[]]}`, js, fault.Malformed, "wrong_type", "items[0]", "an object"},
		{"text for a boolean", `{"gift":"yes"}`, js, fault.Malformed, "wrong_type", "gift", "true or false"},
		{"text for a fraction", `{"weight":"1"}`, js, fault.Malformed, "wrong_type", "weight", "a number"},
		{"a fraction", `{"items":[{"quantity":1.5}]}`, js, fault.Invalid, "number_out_of_range",
			"items[0].quantity", "within range"},
		{"a number beyond range", `{"items":[{"quantity":99999999999999999999}]}`, js, fault.Invalid,
			"number_out_of_range", "items[0].quantity", ""},
		{"a number with an exponent", `{"items":[{"quantity":1e999999}]}`, js, fault.Invalid,
			"number_out_of_range", "items[0].quantity", ""},
		{"a NUL character", "{\"note\":\"a\x00b\"}", js, fault.Malformed, "invalid_json", "", ""},
		{"an escaped NUL character", `{"note":"a\u0000b"}`, js, fault.Malformed, "invalid_json", "", "NUL"},
		{"a NUL character in a name", `{"a\u0000":1}`, js, fault.Malformed, "invalid_json", "", "NUL"},
		{"text that is not UTF-8", "{\"note\":\"\xff\xfe\"}", js, fault.Malformed, "invalid_json", "", "UTF-8"},
		{"UTF-16", "\xff\xfe{\x00}\x00", js, fault.Malformed, "invalid_json", "", "UTF-8"},
		{"nested lists", `{"items":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`, js,
			fault.Malformed, "invalid_json", "", "too deeply"},
		{"nested objects", strings.Repeat(`{"a":`, 400) + "1" + strings.Repeat("}", 400), js,
			fault.Malformed, "invalid_json", "", "too deeply"},
		{"one byte over the limit", `{"note":"` + strings.Repeat("a", limit-10) + `"}`, js, fault.TooLarge,
			"body_too_large", "", "4096 bytes"},
		{"white space over the limit", `{}` + strings.Repeat(" ", limit), js, fault.TooLarge,
			"body_too_large", "", ""},
		{"a long unknown name is cut", `{"` + strings.Repeat("é", 500) + `":1}`, js, fault.Malformed,
			"unknown_field", strings.Repeat("é", 64) + "…", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := decode(tt.body, tt.contentType)
			var f *fault.Error
			if !errors.As(err, &f) {
				t.Fatalf("got %v, want a fault", err)
			}

			if f.Kind != tt.kind || f.Code != tt.code || f.Field != tt.field ||
				!strings.Contains(f.Message, tt.message) {
				t.Errorf("got kind %d code %q field %q %q,\nwant kind %d code %q field %q and %q",
					f.Kind, f.Code, f.Field, f.Message, tt.kind, tt.code, tt.field, tt.message)
			}
		})
	}

	t.Run("exactly the limit is accepted", func(t *testing.T) {
		t.Parallel()
		if _, err := decode(`{"note":"`+strings.Repeat("a", limit-11)+`"}`, js); err != nil {
			t.Error(err)
		}
	})

	t.Run("two content types", func(t *testing.T) {
		t.Parallel()
		r := post(strings.NewReader(`{}`), js)
		r.Header.Add("Content-Type", "text/plain")

		err := httpio.DecodeJSON(httptest.NewRecorder(), r, &orderBody{}, limit)
		if !fault.Is(err, "unsupported_content_type") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a compressed body", func(t *testing.T) {
		t.Parallel()
		r := post(strings.NewReader(`{}`), js)
		r.Header.Set("Content-Encoding", "gzip")

		err := httpio.DecodeJSON(httptest.NewRecorder(), r, &orderBody{}, limit)
		if !fault.Is(err, "unsupported_content_encoding") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a truncated body", func(t *testing.T) {
		t.Parallel()
		broken := io.MultiReader(strings.NewReader(`{"note":`), errReader{io.ErrUnexpectedEOF})
		err := httpio.DecodeJSON(httptest.NewRecorder(), post(broken, js), &orderBody{}, limit)
		if !fault.Is(err, "body_unreadable") || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v, want body_unreadable with its cause", err)
		}
	})
}

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

func TestDecodeOptionalJSON(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, contentType, code, note string }{
		{"no body and no content type", "", "", "", ""},
		{"no body and a form's content type", "", "application/x-www-form-urlencoded", "", ""},
		{"no body and text", "", "text/plain;charset=UTF-8", "", ""},
		{"a JSON body", `{"note":"a"}`, "application/json", "", "a"},
		{"a JSON body without a type", `{"note":"a"}`, "", "unsupported_content_type", ""},
		{"a form", `a=b`, "application/x-www-form-urlencoded", "unsupported_content_type", ""},
		{"malformed", `{`, "application/json", "invalid_json", ""},
		{"too large", strings.Repeat(" ", limit+1), "", "body_too_large", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var v orderBody
			err := httpio.DecodeOptionalJSON(httptest.NewRecorder(),
				post(strings.NewReader(tt.body), tt.contentType), &v, limit)
			if (err == nil) != (tt.code == "") || err != nil && !fault.Is(err, tt.code) || v.Note != tt.note {
				t.Errorf("got %v and note %q, want code %q and note %q", err, v.Note, tt.code, tt.note)
			}
		})
	}
}

// FuzzDecodeJSON checks that nothing panics, that every refusal is a fault of
// the caller with a public message, and that an accepted body is one valid
// object which an independent parser reads in the same way.
func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"items":[{"sku":"a","quantity":2}],"note":"é","gift":true,"weight":1.5,"extra":{"a":"b"}}`,
		`{"note":"a","Note":"b"}`, `{"note":null}`, `{"items":[[[[[[`, `{"items":[{"quantity":1e400}]}`,
		`{"note":"\ud800"}`, `{"note":"\u0000"}`, "{\"\xff\":1}", `{} {}`, `{"a":{"b":{"c":[1,2,{"d":null}]}}}`,
	} {
		f.Add([]byte(seed))
	}

	f.Fuzz(func(t *testing.T, body []byte) {
		var v orderBody
		err := httpio.DecodeJSON(httptest.NewRecorder(), post(bytes.NewReader(body), "application/json"), &v, limit)
		var ref map[string]any
		refErr := json.Unmarshal(body, &ref)
		if err == nil {
			if refErr != nil || ref == nil {
				t.Errorf("accepted %q, which is not a JSON object: %v", body, refErr)
			}
			if v.Note != "" && !utf8.ValidString(v.Note) {
				t.Errorf("note %q is not UTF-8", v.Note)
			}
			return
		}

		var fe *fault.Error
		if !errors.As(err, &fe) {
			t.Fatalf("%q: got %v, want a fault", body, err)
		}
		if status := httpio.Status(fe.Kind); status < 400 || status > 499 {
			t.Errorf("%q: got status %d, want the caller's fault", body, status)
		}
		if !utf8.ValidString(fe.Message) || len(fe.Message) > 600 {
			t.Errorf("%q: message %q", body, fe.Message)
		}
	})
}
