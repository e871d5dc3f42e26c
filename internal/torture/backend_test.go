package torture_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// backend is the shop's backend: it receives what the server tells of orders,
// and takes everything. It is safe for concurrent use.
type backend struct {
	breakpoints
	t   *testing.T
	url string

	mu       sync.Mutex
	got      []webhook
	open     map[string]bool // the orders of requests that are not answered
	overlaps []string        // orders with two requests at once
}

// webhook is one that the backend took.
type webhook struct {
	ID       string
	Type     string
	Sequence int
	Data     struct{ ID, Status string }
}

const backendSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func newBackend(t *testing.T) *backend {
	t.Helper()
	b := &backend{t: t, open: map[string]bool{}}
	web := httptest.NewServer(b)
	b.url = web.URL
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
	})
	return b
}

// settingsOf returns the settings of a server that tells the backends.
func settingsOf(list ...*backend) []string {
	type endpoint struct {
		URL     string   `json:"url"`
		Secrets []string `json:"secrets"`
	}
	var endpoints []endpoint
	for _, b := range list {
		endpoints = append(endpoints, endpoint{b.url, []string{backendSecret}})
	}
	text, _ := json.Marshal(endpoints) // cannot fail
	return []string{"ENDPOINTS=" + string(text), "ENDPOINTS_ALLOW_NETWORKS=127.0.0.1"}
}

// ServeHTTP receives one webhook.
func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // its sender was killed
	}

	wh, err := standardwebhooks.NewWebhook(backendSecret)
	if err == nil {
		err = wh.Verify(body, r.Header)
	}
	var got webhook
	if err == nil {
		err = json.Unmarshal(body, &got)
	}
	if err != nil || got.ID != r.Header.Get("webhook-id") {
		b.t.Errorf("a webhook that is not the server's: %v", err)
		return
	}

	defer b.begin(got.Data.ID)()
	b.serve(w, r, "HOOK "+got.Type, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		b.take(got)
		w.WriteHeader(http.StatusNoContent)
	}))
}

func (b *backend) take(got webhook) {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.got = append(b.got, got)
}

// begin notes that a request about an order is being answered. It takes a
// while, in which no other may come.
func (b *backend) begin(order string) (end func()) {
	set := func(open bool) {
		b.mu.Lock()
		defer b.mu.Unlock()

		if open && b.open[order] {
			b.overlaps = append(b.overlaps, order)
		}
		b.open[order] = open
	}

	set(true)
	time.Sleep(settling)
	return func() { set(false) }
}

// wantOneAtATime checks that no two requests about an order came at once.
func (b *backend) wantOneAtATime() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()

	for _, order := range b.overlaps {
		b.t.Errorf("two webhooks about %s came at once", order)
	}
}

// counts returns how often each webhook came.
func (b *backend) counts() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	counts := map[string]int{}
	for _, got := range b.got {
		counts[got.ID]++
	}
	return counts
}

// misordered returns what is wrong with the webhooks: an order's must come in
// their order, except those that come again, and say what the order was.
func (b *backend) misordered() (found []string) {
	b.mu.Lock()
	defer b.mu.Unlock()

	last, seen := map[string]int{}, map[string]bool{}
	for _, got := range b.got {
		if got.Type == "order.paid" && got.Data.Status != "paid" {
			found = append(found, fmt.Sprintf("%s says that the order is %s", got.ID, got.Data.Status))
		}
		if seen[got.ID] {
			continue
		}

		seen[got.ID] = true
		if got.Sequence != last[got.Data.ID]+1 {
			found = append(found, fmt.Sprintf("order %s: number %d comes after %d",
				got.Data.ID, got.Sequence, last[got.Data.ID]))
		}
		last[got.Data.ID] = got.Sequence
	}

	return found
}

// wantTold waits until the backend has everything that happened, and checks
// that nothing came more than most times.
func (b *backend) wantTold(h *harness, most int) {
	h.t.Helper()
	missing := func() (list []string) {
		rows, err := h.db.read(h.t.Context())
		if err != nil {
			return []string{err.Error()}
		}
		counts := b.counts()
		for _, e := range rows.effects {
			if counts[e.id] == 0 {
				list = append(list, e.kind+" of "+e.order)
			}
		}
		return list
	}
	h.eventually("the backend is told everything", func() bool { return len(missing()) == 0 })

	again := 0
	counts := b.counts()
	for id, n := range counts {
		again += n - 1
		if n > most {
			h.t.Errorf("%s came %d times, want at most %d", id, n, most)
		}
	}
	for _, problem := range b.misordered() {
		h.t.Error(problem)
	}
	h.t.Logf("%d webhooks came, %d of them again", len(counts), again)
}
