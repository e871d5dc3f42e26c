package api

import (
	"regexp"
	"sync"
	"time"
)

// RequestEntry is one API request as the desk shows it. Card numbers and codes
// are blanked.
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
	Cut            bool      `json:"cut,omitempty"` // the connection was cut instead of answering
	Fault          string    `json:"fault,omitempty"`
	Body           string    `json:"body,omitempty"`
}

// requestLog keeps the last requests in a ring. It is safe for concurrent use.
type requestLog struct {
	mu   sync.Mutex
	ring []loggedCall
	next int
	full bool
}

type loggedCall struct {
	call   *Call
	answer Answer
}

func newRequestLog(size int) *requestLog { return &requestLog{ring: make([]loggedCall, size)} }

func (l *requestLog) add(c *Call, ans Answer) {
	// What is kept must not keep the request's connection and transaction
	// alive.
	kept := *c
	kept.Tx, kept.Params = nil, nil
	kept.path, kept.method = c.Request.URL.Path, c.Request.Method
	kept.Request = nil
	l.mu.Lock()
	defer l.mu.Unlock()

	l.ring[l.next] = loggedCall{&kept, ans}

	if l.next++; l.next == len(l.ring) {
		l.next, l.full = 0, true
	}
}

// Entries returns the remembered API requests, oldest first.
func (l *requestLog) Entries() []RequestEntry {
	l.mu.Lock()
	kept := append([]loggedCall(nil), l.ring[:l.next]...)
	if l.full {
		kept = append(append([]loggedCall(nil), l.ring[l.next:]...), l.ring[:l.next]...)
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
		Params:         blankCards(k.call.body),
		IdempotencyKey: k.call.idemKey,
		Status:         k.answer.Status,
		ErrorCode:      k.answer.errCode,
		Replayed:       k.answer.replayed,
		Cut:            k.answer.cut,
		Body:           string(k.answer.Body),
	}

	if k.call.fault != nil {
		e.Fault = k.call.fault.Kind
	}

	return e
}

var cardFields = regexp.MustCompile(`((?:number|cvc|iban|account_number)(?:%5D|\])=)[^&]*`)

func blankCards(params string) string { return cardFields.ReplaceAllString(params, "${1}***") }

func (l *requestLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring, l.next, l.full = make([]loggedCall, len(l.ring)), 0, false
}
