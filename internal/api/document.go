package api

import (
	_ "embed"
	"net/http"
	"strconv"
)

// document describes the API in OpenAPI 3.1. It is written by hand; the tests
// hold every request and every answer against it.
//
//go:embed openapi.json
var document []byte

// Document returns the description of the API.
func Document() []byte { return document }

// ServeDocument is GET /v1/openapi.json. It is public: it says nothing about
// the shop.
func (s *Service) ServeDocument(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(document)))
	h.Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(document) // a client that has left is no error
}
