package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/store"
	"checkoutd/internal/stripeapi"
)

// BenchmarkConfirm measures what POST /create-confirm-intent adds to its call
// to Stripe. It alternates with the same call made directly, to the same
// offline Stripe; added-ms is the median of the differences.
func BenchmarkConfirm(b *testing.B) {
	engines(b, func(b *testing.B, url func() string) {
		shop := openShop(b, openStore(b, url()), nil)
		b.Run("1", func(b *testing.B) { latency(b, shop) })
		b.Run("16", func(b *testing.B) {
			const calls = 400
			alternate(5,
				func() float64 {
					carts := shop.prepare(calls)
					return shop.perSecond(calls, func(i int) error { return shop.confirm(carts[i]) })
				},
				func() float64 {
					tokens := shop.tokens(calls)
					return shop.perSecond(calls, func(i int) error { return shop.upstream(tokens[i]) })
				}).report(b, "confirm/s", "upstream/s")
		})
	})
}

// latency measures one buyer at a time. sync-ms is the time in which the disk
// makes one block durable; the call commits twice.
func latency(b *testing.B, shop *shop) {
	const calls = 300
	carts, tokens := shop.prepare(calls+1), shop.tokens(calls+1) // one to warm up
	confirmed, sent := 0, 0
	disk := openDisk(b)
	var synced []float64

	p := alternate(calls,
		func() float64 {
			synced = append(synced, millis(disk.sync()))
			confirmed++
			return millis(shop.timed(func() error { return shop.confirm(carts[confirmed-1]) }))
		},
		func() float64 {
			sent++
			return millis(shop.timed(func() error { return shop.upstream(tokens[sent-1]) }))
		})

	added := make([]float64, calls)
	for i := range added {
		added[i] = p.a[i] - p.b[i]
	}

	b.ReportMetric(median(added), "added-ms")
	b.ReportMetric(quantile(added, 0.25), "added-ms-q1")
	b.ReportMetric(quantile(added, 0.75), "added-ms-q3")
	b.ReportMetric(median(p.a), "confirm-ms")
	b.ReportMetric(median(p.b), "upstream-ms")
	b.ReportMetric(median(synced), "sync-ms")
	hideDuration(b)
}

// shop serves the checkout's confirm call over HTTP, with an offline Stripe
// that sends no webhooks.
type shop struct {
	b      *testing.B
	orders *orders.Service
	addr   string
	stripe string // origin
	client *stripeapi.Client
	http   *http.Client
	calls  atomic.Int64
}

// cart is an order that is ready for its confirm call.
type cart struct{ order, cookie, token string }

const catalog = `{"currency": "usd", "products": [{"sku": "mug", "name": "Enamel mug", "price": "10.99"}]}`

func openShop(b *testing.B, s *store.Store, judge payments.Judge) *shop {
	b.Helper()
	offline, err := sandbox.New(sandbox.Config{Logger: zerolog.Nop(), MaxObjects: 100_000})
	if err != nil {
		b.Fatal(err)
	}

	upstream := httptest.NewServer(offline)
	b.Cleanup(func() {
		upstream.Close()
		if err := offline.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})

	products, err := orders.ParseCatalog([]byte(catalog))
	if err != nil {
		b.Fatal(err)
	}

	shop := &shop{b: b, stripe: upstream.URL}
	shop.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: time.Minute}
	b.Cleanup(shop.http.CloseIdleConnections)

	shop.client = stripeapi.New(stripeapi.Config{
		Key:        stripeapi.FixedKey(apiKey),
		BaseURL:    upstream.URL,
		Timeout:    20 * time.Second,
		Retries:    2,
		AppVersion: "bench",
	})

	shop.orders = orders.New(orders.Config{
		Store:        s,
		Catalog:      products.Always(),
		Now:          time.Now,
		ExpiresAfter: time.Hour,
		BaseURL:      "http://localhost:4242",
	})

	pay := payments.NewHandler(payments.New(payments.Config{
		Store:        s,
		Stripe:       func(account string) payments.Stripe { return shop.client.For(account) },
		Judge:        judge,
		Now:          time.Now,
		Log:          accessLog(b),
		ReturnURL:    returnURL,
		UnknownAfter: time.Minute,
		CallTimeout:  30 * time.Second,
	}), shop.orders, nil, nil)

	shop.addr = listen(b, chained(b, func(r chi.Router) {
		r.Post("/create-confirm-intent", httpio.HandleStripe(pay.ServeHTTP))
	}))

	return shop
}

func returnURL(id string) string { return "http://localhost:4242/complete?order=" + id }

// prepare creates n orders, each with a token to pay it.
func (s *shop) prepare(n int) []cart {
	s.b.Helper()
	carts := make([]cart, n)
	tokens := s.tokens(n)
	s.perSecond(n, func(i int) error {
		o, secret, err := s.orders.Create(context.Background(), orders.Cart{
			Items: []orders.CartLine{{SKU: "mug", Quantity: 1}},
		})
		carts[i] = cart{
			order:  o.ID,
			cookie: "checkoutd_order=" + o.ID + ":" + secret,
			token:  tokens[i],
		}

		return err
	})

	return carts
}

// tokens creates n ConfirmationTokens, as the page does.
func (s *shop) tokens(n int) []string {
	s.b.Helper()
	tokens := make([]string, n)
	s.perSecond(n, func(i int) (err error) {
		tokens[i], err = s.token()
		return err
	})
	return tokens
}

func (s *shop) token() (string, error) {
	body := "payment_method=pm_card_visa&return_url=http://localhost:4242/complete"
	r, err := http.NewRequest(http.MethodPost, s.stripe+"/v1/test_helpers/confirmation_tokens", strings.NewReader(body))
	if err != nil {
		return "", err
	}

	r.Header.Set("Authorization", "Bearer "+apiKey)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var token struct {
		ID string `json:"id"`
	}
	err = s.do(r, &token)

	return token.ID, err
}

// confirm makes the page's confirm call.
func (s *shop) confirm(c cart) error {
	body := fmt.Appendf(nil, `{"confirmationTokenId":%q,"orderId":%q,"expectedAmount":1099}`, c.token, c.order)
	r, err := http.NewRequest(http.MethodPost, "http://"+s.addr+"/create-confirm-intent", bytes.NewReader(body))
	if err != nil {
		return err
	}

	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Cookie", c.cookie)

	var got payments.Answer
	if err := s.do(r, &got); err != nil {
		return err
	}

	return wantSucceeded(got.Status)
}

// upstream makes only the call to Stripe that confirm leads to.
func (s *shop) upstream(token string) error {
	n := s.calls.Add(1)
	id := fmt.Sprintf("ord_bench%021d", n)
	snap, err := s.client.Send(context.Background(), payments.Params{
		Token:     token,
		Amount:    1099,
		Currency:  "usd",
		ReturnURL: returnURL(id),
		Metadata:  map[string]string{payments.MetaOrder: id, payments.MetaAttempt: "att" + id[3:]},
	}, fmt.Sprintf("checkoutd-att_bench%021d", n))
	if err != nil {
		return err
	}

	return wantSucceeded(snap.Status)
}

func wantSucceeded(got payments.Status) error {
	if got != payments.StatusSucceeded {
		return fmt.Errorf("the payment's status is %q, want succeeded", got)
	}
	return nil
}

func (s *shop) do(r *http.Request, into any) error {
	resp, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()

	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %d: %s", r.URL.Path, resp.StatusCode, text)
	}

	return json.Unmarshal(text, into)
}

func (s *shop) timed(call func() error) time.Duration {
	s.b.Helper()
	start := time.Now()
	err := call()
	took := time.Since(start)
	if err != nil {
		s.b.Fatal(err)
	}
	return took
}

// perSecond makes n calls with 16 callers and returns calls per second.
func (s *shop) perSecond(n int, call func(i int) error) float64 {
	s.b.Helper()
	start := time.Now()
	if err := spread(16, n, call); err != nil {
		s.b.Fatal(err)
	}
	return float64(n) / time.Since(start).Seconds()
}

// spread makes n calls with that many callers and returns the first error.
func spread(callers, n int, call func(i int) error) error {
	var taken atomic.Int64
	failed := make(chan error, callers)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := int(taken.Add(1)) - 1; i < n; i = int(taken.Add(1)) - 1 {
				if err := call(i); err != nil {
					failed <- err
					return
				}
			}
		})
	}

	wg.Wait()

	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}
