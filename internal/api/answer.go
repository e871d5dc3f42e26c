package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"

	"checkoutd/internal/fault"
)

// answer is a response that is stored before it is sent.
type answer struct {
	header http.Header
	status int
	body   []byte
}

// storedAnswer is an answer at rest.
type storedAnswer struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   string      `json:"body"`
	Erased bool        `json:"erased,omitempty"` // it has nothing else then
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.body = append(a.body, p...)
	return len(p), nil
}

// send writes the answer to w.
func (a *answer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that has left is no error
}

// encode returns the answer as it is stored.
func (a *answer) encode() ([]byte, error) {
	text, err := json.Marshal(storedAnswer{Status: a.status, Header: a.header, Body: string(a.body)})
	if err != nil {
		return nil, fmt.Errorf("encode the answer: %w", err)
	}
	return text, nil
}

// errErased is what a repetition gets once the customer was erased whom the
// answer was about.
var errErased = fault.New(fault.Conflict, "answer_erased",
	"The answer to this request was erased with the customer's personal data. The request was carried out.")

// replay sends a stored answer.
func replay(w http.ResponseWriter, stored []byte) error {
	var s storedAnswer
	if err := json.Unmarshal(stored, &s); err != nil {
		return fmt.Errorf("decode a stored answer: %w", err)
	}
	if s.Erased {
		return errErased
	}

	w.Header().Set("Idempotent-Replayed", "true")
	a := answer{header: s.Header, status: s.Status, body: []byte(s.Body)}
	a.send(w)

	return nil
}
