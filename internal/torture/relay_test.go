package torture_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// relay is the endpoint to which Stripe delivers its webhooks. It passes them
// on to a running server and records what the server acknowledged. It is safe
// for concurrent use.
type relay struct {
	breakpoints
	addr     func() string // of a running server, or ""
	promised *promises
	client   *http.Client
	url      string

	mu      sync.Mutex
	rejects func(eventType string) bool // nil: rejects nothing
}

func newRelay(t *testing.T, promised *promises, addr func() string) *relay {
	t.Helper()
	r := &relay{
		addr:     addr,
		promised: promised,
		client:   &http.Client{Timeout: 20 * time.Second},
	}

	web := httptest.NewServer(r)
	r.url = web.URL
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		r.client.CloseIdleConnections()
	})

	return r
}

// ServeHTTP handles one delivery.
func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}

	var event struct{ ID, Type string }
	if err := json.Unmarshal(body, &event); err != nil {
		http.Error(w, "not an event", http.StatusBadRequest)
		return
	}

	if r.isRejected(event.Type) {
		http.Error(w, "rejected", http.StatusServiceUnavailable)
		return
	}

	pass := func(w http.ResponseWriter, req *http.Request) { r.pass(w, req, event.ID, body) }
	r.serve(w, req, "WEBHOOK "+event.Type, http.HandlerFunc(pass))
}

// pass sends the delivery to a server and returns the server's response.
func (r *relay) pass(w http.ResponseWriter, from *http.Request, id string, body []byte) {
	url := "http://" + r.addr() + "/webhooks/stripe"
	req, err := http.NewRequestWithContext(from.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}

	req.Header = from.Header.Clone()

	res, err := r.client.Do(req)
	if err != nil {
		http.Error(w, "no server", http.StatusBadGateway)
		return
	}
	defer func() { _ = res.Body.Close() }()

	if res.StatusCode >= 200 && res.StatusCode < 300 {
		r.promised.event(id)
	}

	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body) // Stripe reads the status only
}

// reject rejects the events whose type begins with prefix until accept is
// called. Stripe retries them.
func (r *relay) reject(prefix string) (accept func()) {
	set := func(rejects func(string) bool) {
		r.mu.Lock()
		defer r.mu.Unlock()

		r.rejects = rejects
	}

	set(func(eventType string) bool { return strings.HasPrefix(eventType, prefix) })
	return func() { set(nil) }
}

func (r *relay) isRejected(eventType string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()

	return r.rejects != nil && r.rejects(eventType)
}
