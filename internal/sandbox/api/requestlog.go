package api

import (
	"regexp"
	"slices"
	"sync"
	"time"
)

// RequestEntry is one API request as the desk shows it. Card and account
// numbers are masked.
type RequestEntry struct {
	ID             string    `json:"id"`
	At             time.Time `json:"at"`
	Account        string    `json:"account"`
	Method         string    `json:"method"`
	Path           string    `json:"path"`
	Params         string    `json:"params"`
	IdempotencyKey string    `json:"idempotency_key,omitempty"`
	Status         int       `json:"status"`
	ErrorCode      string    `json:"error_code,omitempty"`
	Replayed       bool      `json:"replayed,omitempty"`
	Cut            bool      `json:"cut,omitempty"` // the connection was cut instead of a response
	Fault          string    `json:"fault,omitempty"`
	Body           string    `json:"body,omitempty"`
}

// RequestLog keeps the latest requests. It is safe for concurrent use.
type RequestLog struct {
	mu   sync.Mutex
	ring []loggedCall // the oldest are overwritten
	next int
	full bool
}

type loggedCall struct {
	call     *Call
	response Response
}

func newRequestLog(size int) *RequestLog { return &RequestLog{ring: make([]loggedCall, size)} }

// add logs a request.
func (l *RequestLog) add(c *Call, resp Response) {
	// The log must not keep the connection and the transaction of a request
	// in memory.
	kept := *c
	kept.Tx, kept.Params = nil, nil
	kept.path, kept.method = c.Request.URL.Path, c.Request.Method
	kept.Request = nil

	l.mu.Lock()
	defer l.mu.Unlock()

	l.ring[l.next] = loggedCall{&kept, resp}

	if l.next++; l.next == len(l.ring) {
		l.next, l.full = 0, true
	}
}

// Entries returns the latest requests, oldest first.
func (l *RequestLog) Entries() []RequestEntry {
	l.mu.Lock()
	kept := slices.Clone(l.ring[:l.next])
	if l.full {
		kept = slices.Concat(l.ring[l.next:], l.ring[:l.next])
	}

	l.mu.Unlock()

	out := make([]RequestEntry, 0, len(kept))
	for _, k := range kept {
		out = append(out, k.entry())
	}

	return out
}

func (k loggedCall) entry() RequestEntry {
	e := RequestEntry{
		ID:             k.call.RequestID,
		At:             k.call.Now,
		Account:        k.call.Account,
		Method:         k.call.method,
		Path:           k.call.path,
		Params:         maskCards(k.call.body),
		IdempotencyKey: k.call.idempotencyKey,
		Status:         k.response.Status,
		ErrorCode:      k.response.errorCode,
		Replayed:       k.response.replayed,
		Cut:            k.response.cut,
		Body:           string(k.response.Body),
	}

	if k.call.fault != nil {
		e.Fault = k.call.fault.Kind
	}

	return e
}

var cardFields = regexp.MustCompile(`((?:number|cvc|iban|account_number)(?:%5D|\])=)[^&]*`)

func maskCards(params string) string { return cardFields.ReplaceAllString(params, "${1}***") }

// clear deletes all entries.
func (l *RequestLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring, l.next, l.full = make([]loggedCall, len(l.ring)), 0, false
}
