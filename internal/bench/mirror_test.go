package bench_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/httpio"
	"checkoutd/internal/store"
)

// BenchmarkMirror measures how long a page of an account's payments takes, by
// the filters, when the account has many: ms-page is the slowest of them. And
// how many payments, with their charges, are stored in a second, and how long
// the longest report takes.
func BenchmarkMirror(b *testing.B) {
	payments := numberFromEnv(b, "CHECKOUTD_BENCH_PAYMENTS", 100_000)
	engines(b, func(b *testing.B, url func() string) {
		s := openStore(b, url())
		oldest := time.Now().Add(-3 * 365 * 24 * time.Hour).Truncate(time.Second)
		began := time.Now()
		fillMirror(b, s, payments, oldest)
		b.ReportMetric(float64(payments)/time.Since(began).Seconds(), "stored/s")

		reader := &mirror.Reader{Store: s, Accounts: s, Now: time.Now}
		var slowest time.Duration
		for _, query := range []string{
			"limit=100",
			"limit=100&starting_after=" + paymentID(payments/2),
			"limit=100&status=canceled",
			"limit=100&currency=jpy",
			"limit=100&currency=jpy&status=canceled",
			"limit=100&created_to=" + oldest.Add(time.Hour*24*90).Format(time.DateOnly),
			"limit=100&amount_min=777&amount_max=777",
			"limit=100&amount_min=777&amount_max=777&status=canceled&currency=jpy",
			"limit=100&amount_min=15000",
			"limit=100&amount_min=15000&status=requires_capture",
			"limit=100&amount_min=19990&currency=jpy&status=requires_capture",
			"limit=100&amount_min=30000", // only the oldest have it
			"limit=100&currency=chf",
		} {
			took := servePages(b, reader, query)
			b.Logf("%-75s %s", query, took)
			slowest = max(slowest, took)
		}
		b.ReportMetric(float64(slowest.Microseconds())/1000, "ms-page")

		slowest = 0
		for _, name := range mirror.ReportNames() {
			began := time.Now()
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.SetPathValue("id", "acct_1")
			r.SetPathValue("report", name)
			httpio.Handle(reader.ServeReport).ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				b.Fatal(w.Body)
			}
			b.Logf("report %-10s %8d bytes %s", name, w.Body.Len(), time.Since(began))
			slowest = max(slowest, time.Since(began))
		}
		b.ReportMetric(float64(slowest.Milliseconds()), "ms-report")
	})
}

// servePages returns the median time of a request.
func servePages(b *testing.B, reader *mirror.Reader, query string) time.Duration {
	b.Helper()
	var took []time.Duration
	for range 9 {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/?"+query, nil)
		r.SetPathValue("id", "acct_1")

		began := time.Now()
		httpio.Handle(reader.ServePayments).ServeHTTP(w, r)
		took = append(took, time.Since(began))
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
	slices.Sort(took)
	return took[len(took)/2]
}

func paymentID(n int) string { return fmt.Sprintf("pi_%09d", n) }

// fillMirror stores an account with payments, evenly spread in time.
func fillMirror(b *testing.B, s *store.Store, payments int, oldest time.Time) {
	b.Helper()
	ctx := b.Context()
	_, err := s.ChangeConnectAccount(ctx, "acct_1", func(a *connect.Account) error {
		a.Scope, a.State, a.ConnectedAt = connect.ReadOnly, connect.Connected, time.Now()
		return nil
	})
	if err == nil {
		_, err = s.ChangeMirror(ctx, "acct_1", func(*mirror.Mirror) {})
	}
	if err != nil {
		b.Fatal(err)
	}

	statuses := []string{"canceled", "requires_payment_method", "requires_capture"}
	every := time.Since(oldest) / time.Duration(payments)
	const page = 500

	for n := 0; n < payments; n += page {
		var batch mirror.Batch
		for i := n; i < min(n+page, payments); i++ {
			p := mirror.Payment{
				ID:           paymentID(i),
				Amount:       500 + int64(i)*7919%20000,
				Currency:     []string{"eur", "usd", "eur", "gbp", "jpy"}[i*31%5],
				Status:       "succeeded",
				LatestCharge: fmt.Sprintf("ch_%09d", i),
				CreatedAt:    oldest.Add(time.Duration(i) * every),
			}
			if i%17 == 0 {
				p.Status = statuses[i/17%3]
			}
			if i < payments/100 {
				p.Amount = 30_000 + int64(i)
			}
			ch := mirror.Charge{
				ID: p.LatestCharge, PaymentID: p.ID, Amount: p.Amount, Captured: p.Amount, Currency: p.Currency,
				Status: "succeeded", CreatedAt: p.CreatedAt,
			}
			if i%11 == 0 {
				ch.Status, ch.DeclineCode = "failed", []string{"insufficient_funds", "generic_decline"}[i/11%2]
			}
			batch.Payments, batch.Charges = append(batch.Payments, p), append(batch.Charges, ch)
			batch.Fees = append(batch.Fees, mirror.Fee{ChargeID: ch.ID, Amount: 59, Currency: "eur"})
		}
		if _, err := s.ApplyMirror(ctx, "acct_1", &batch); err != nil {
			b.Fatal(err)
		}
	}
}
