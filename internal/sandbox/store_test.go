package sandbox_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/sandbox"
)

func TestOldObjectsMakeRoom(t *testing.T) {
	t.Parallel()
	const limit = 20
	b := newBox(t, func(cfg *sandbox.Config) { cfg.MaxObjects = limit })
	cus := b.ok("/v1/customers", "name=x").str("id")
	ep := b.ok("/v1/webhook_endpoints", "url=https://shop.test/x", "enabled_events[]=charge.expired").str("id")
	var last string
	for range 3 * limit {
		last = b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true", "payment_method=pm_card_visa", "payment_method_types[]=card", "customer="+cus).str("id")
	}

	ledger := b.s.Ledger()
	want(t, "intents", len(ledger.Intents), limit)
	want(t, "charges", len(ledger.Charges), limit)
	want(t, "newest", ledger.Intents[limit-1].ID, last)
	want(t, "of the customer", b.get("/v1/payment_intents?limit=100&customer="+cus).size("data"), limit)
	page := b.get("/v1/payment_intents?limit=15")
	rest := b.get("/v1/payment_intents?limit=15&starting_after=" + page.tree["data"].([]any)[14].(map[string]any)["id"].(string))
	want(t, "rest", rest.size("data"), limit-15)
	want(t, "has_more", rest.at("has_more"), any(false))
	want(t, "configuration stays", b.get("/v1/webhook_endpoints/"+ep).status, 200)
}

// TestPlansOfForgottenObjectsAreDropped creates holds that would all expire in
// a week. Only few of them are kept that long.
func TestPlansOfForgottenObjectsAreDropped(t *testing.T) {
	t.Parallel()
	const limit = 20
	b := newBox(t, func(cfg *sandbox.Config) { cfg.MaxObjects = limit })
	var last string
	for range 1200 {
		last = b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true", "payment_method=pm_card_visa", "payment_method_types[]=card", "capture_method=manual").str("id")
	}

	eventually(t, "few plans", func() bool { return b.s.Planned() < 1000 })
	b.s.Advance(8 * 24 * time.Hour)
	eventually(t, "the kept ones are carried out", func() bool {
		return b.get("/v1/payment_intents/"+last).str("cancellation_reason") == "automatic" && b.s.Planned() == 0
	})
}

// TestAnswersAreInTheStateFile restores the file of a sandbox that was not
// closed, as after a kill.
func TestAnswersAreInTheStateFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, copied := filepath.Join(dir, "state"), filepath.Join(dir, "copy")
	b := newBox(t, func(cfg *sandbox.Config) { cfg.StateFile = file })
	body := form("amount=2000", "currency=usd", "confirm=true", "payment_method=pm_card_visa", "payment_method_types[]=card")
	var group sync.WaitGroup
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()

			for range 10 {
				b.do("POST", "/v1/payment_intents", body, header("Idempotency-Key", rand()))
			}
		}()
	}

	group.Wait()
	first := b.do("POST", "/v1/payment_intents", body, header("Idempotency-Key", "last"))

	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, raw, 0o600); err != nil {
		t.Fatal(err)
	}

	after := newBox(t, func(cfg *sandbox.Config) { cfg.StateFile = copied })
	want(t, "charges", len(after.s.Ledger().Charges), 81)
	again := after.do("POST", "/v1/payment_intents", body, header("Idempotency-Key", "last"))
	want(t, "replayed", string(again.raw), string(first.raw))
	want(t, "still", len(after.s.Ledger().Charges), 81)
}

func TestManyAtOnceOnOneIntentChargeOnce(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "payment_method_types[]=card").str("id")
	var group sync.WaitGroup
	codes := make(chan int, 20)
	for range 20 {
		group.Add(1)
		go func() {
			defer group.Done()

			codes <- b.post("/v1/payment_intents/"+pi+"/confirm", "payment_method=pm_card_visa").status
		}()
	}

	group.Wait()
	close(codes)
	won := 0
	for code := range codes {
		if code == http.StatusOK {
			won++
		}
	}

	want(t, "confirmed", won, 1)
	want(t, "charges", len(b.s.Ledger().Charges), 1)
	want(t, "events", strings.Count(joined(b.types()), "payment_intent.succeeded"), 1)
}

// FuzzForm sends arbitrary bodies to several operations. The sandbox must
// always respond in Stripe's form and never with a 500. A 501 is its answer to
// a parameter of Stripe's that it does not simulate.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"amount=1&currency=usd", "a[b][c]=1", "a[]=1&a[]=2", "a[=1", "%zz=1", "metadata[a]=b", "amount[x]=1", "shipping=1&amount=2", "payment_method_data[type]=card&payment_method_data[card][number]=4242", "customer=x&items[0][price_data][recurring][interval]=day&items[]=1&discounts[0]=x"} {
		f.Add(seed)
	}

	s, err := sandbox.New(sandbox.Config{DelayedAfter: -1})
	if err != nil {
		f.Fatal(err)
	}

	f.Cleanup(func() { _ = s.Close(context.Background()) })
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/v1/payment_intents", "/v1/customers", "/v1/test_helpers/confirmation_tokens", "/v1/accounts", "/v1/setup_intents", "/v1/subscriptions", "/v1/invoiceitems", "/v1/invoices"} {
			r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+secretKey)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)

			raw, _ := io.ReadAll(w.Body)
			failed := w.Code >= 500 && w.Code != http.StatusNotImplemented
			if failed || w.Code != http.StatusOK && !strings.Contains(string(raw), `"error"`) {
				t.Errorf("%s with %q: %d %s", path, body, w.Code, raw)
			}
		}
	})
}
