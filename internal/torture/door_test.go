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

// door is where Stripe delivers its webhooks: it hands them to a server that
// runs, and notes what the server acknowledged. It is safe for concurrent use.
type door struct {
	stops
	addr     func() string // of a server, "" if none runs
	promised *promises
	client   *http.Client
	url      string

	mu   sync.Mutex
	shut func(event string) bool // refuses an event by its type; nil: none
}

func newDoor(t *testing.T, promised *promises, addr func() string) *door {
	t.Helper()
	d := &door{addr: addr, promised: promised, client: &http.Client{Timeout: 20 * time.Second}}
	web := httptest.NewServer(d)
	d.url = web.URL
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		d.client.CloseIdleConnections()
	})
	return d
}

// ServeHTTP is one delivery.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}

	var e struct{ ID, Type string }
	if err := json.Unmarshal(body, &e); err != nil {
		http.Error(w, "not an event", http.StatusBadRequest)
		return
	}

	if d.isShut(e.Type) {
		http.Error(w, "come back later", http.StatusServiceUnavailable)
		return
	}

	d.serve(w, r, "WEBHOOK "+e.Type, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.hand(w, r, e.ID, body) }))
}

// hand gives the delivery to a server, and its answer back.
func (d *door) hand(w http.ResponseWriter, r *http.Request, id string, body []byte) {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, "http://"+d.addr()+"/webhooks/stripe", bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}

	req.Header = r.Header.Clone()

	res, err := d.client.Do(req)
	if err != nil {
		http.Error(w, "no server", http.StatusBadGateway)
		return
	}
	defer func() { _ = res.Body.Close() }()

	if res.StatusCode >= 200 && res.StatusCode < 300 {
		d.promised.event(id)
	}

	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body) // Stripe reads the status only
}

// shutFor refuses the events whose type begins with prefix until open: they
// come back later.
func (d *door) shutFor(prefix string) (open func()) {
	set := func(shut func(string) bool) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.shut = shut
	}
	set(func(event string) bool { return strings.HasPrefix(event, prefix) })
	return func() { set(nil) }
}

func (d *door) isShut(event string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shut != nil && d.shut(event)
}
