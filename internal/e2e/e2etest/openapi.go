package e2etest

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"checkoutd/internal/api"
)

// described is the API as its document describes it.
type described struct {
	doc    *openapi3.T
	router routers.Router
}

var openDocument = sync.OnceValues(func() (d described, err error) {
	if d.doc, err = openapi3.NewLoader().LoadFromData(api.Document()); err != nil {
		return d, err
	}
	d.router, err = legacy.NewRouter(d.doc)
	return d, err
})

// DocumentedRoutes returns every route of the API's document, each as
// "METHOD /pattern".
func DocumentedRoutes(t *testing.T) (list []string) {
	t.Helper()
	d, err := openDocument()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range d.doc.Paths.Map() {
		for method := range item.Operations() {
			list = append(list, method+" "+path)
		}
	}
	return list
}

// wantDescribed checks a request to the API and its answer against the
// document: an answer must be described, and a request that was accepted, too.
// Addresses and methods that do not exist are not described.
func wantDescribed(t *testing.T, method, path, body string, headers []string, reply Reply) {
	t.Helper()
	d, err := openDocument()
	if err != nil {
		t.Fatal(err)
	}

	r, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Set(name, strings.TrimSpace(value))
	}

	route, params, err := d.router.FindRoute(r)
	if err != nil {
		if reply.Status != http.StatusNotFound && reply.Status != http.StatusMethodNotAllowed {
			t.Errorf("%s %s: %d, and the document does not describe it", method, path, reply.Status)
		}
		return
	}

	options := &openapi3filter.Options{
		AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
		IncludeResponseStatus: true,
		SkipSettingDefaults:   true,
	}
	input := &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: params,
		Route:      route,
		Options:    options,
	}

	if reply.Status < http.StatusBadRequest {
		if err := openapi3filter.ValidateRequest(t.Context(), input); err != nil {
			t.Errorf("%s %s %s was accepted, against the document: %v", method, path, body, err)
		}
	}

	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input,
		Status:                 reply.Status,
		Header:                 reply.Header,
		Body:                   io.NopCloser(bytes.NewReader([]byte(reply.Body))),
		Options:                options,
	})
	if err != nil {
		t.Errorf("%s %s: the answer %d %s is against the document: %v", method, path, reply.Status, reply.Body, err)
	}
}
