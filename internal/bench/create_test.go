package bench_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/api"
	"checkoutd/internal/orders"
	"checkoutd/internal/store"
)

// BenchmarkCreate compares POST /v1/orders with an Idempotency-Key, 16 callers
// at once, to how often the disk under the database makes one block durable. A
// creation is three transactions: the request, the order, and the answer.
func BenchmarkCreate(b *testing.B) {
	engines(b, func(b *testing.B, url func() string) {
		s := openStore(b, url())
		create, secret := creating(b, s)
		disk := openDisk(b)
		next := 0
		created := func() float64 {
			const many = 400
			first := next
			next += many
			start := time.Now()

			err := spread(16, many, func(i int) error { return createOrder(create, secret, first+i) })
			if err != nil {
				b.Fatal(err)
			}
			return many / time.Since(start).Seconds()
		}

		alternate(5, created, disk.perSecond).report(b, "created/s", "syncs/s")
	})
}

// creating returns the handler of POST /v1/orders and a key for it.
func creating(b *testing.B, s *store.Store) (h http.Handler, secret string) {
	b.Helper()
	key, secret, err := api.NewKey("bench", api.ScopeWrite, false, time.Now())
	if err == nil {
		err = s.CreateAPIKey(b.Context(), key)
	}
	if err != nil {
		b.Fatal(err)
	}

	catalog, err := orders.ParseCatalog([]byte(`{"currency":"usd","products":[{"sku":"mug","name":"Mug","price":"9.00"}]}`))
	if err != nil {
		b.Fatal(err)
	}

	svc := api.New(api.Config{
		Keys:     s,
		Requests: s,
		Orders:   s,
		Shop: orders.New(orders.Config{
			Store: s, Catalog: catalog.Always(), Now: time.Now, ExpiresAfter: time.Hour, BaseURL: "http://localhost",
		}),
		Now: time.Now,
		Log: zerolog.Nop(),
	})

	return svc.Post(api.ScopeWrite, svc.ServeCreate), secret
}

// createOrder sends the request with the number.
func createOrder(h http.Handler, secret string, number int) error {
	r := httptest.NewRequest(http.MethodPost, "/v1/orders", strings.NewReader(fmt.Sprintf(
		`{"reference":"A-%d","items":[{"sku":"mug","quantity":2},{"name":"Gift wrap","unit_amount":300}]}`, number)))
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", fmt.Sprint("order ", number))

	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusCreated {
		return fmt.Errorf("order %d: %d %s", number, w.Code, w.Body)
	}
	return nil
}
