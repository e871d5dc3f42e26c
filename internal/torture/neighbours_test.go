package torture_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"checkoutd/internal/pgtest"
)

// TestNeighbours floods the endpoint with the events of other integrations on
// the account, while buyers pay. It counts, and prints how long events of ours
// took. The goal is 0.5 s at the 99th percentile beside 100,000 foreign events;
// no test holds it, since it depends on the machine.
func TestNeighbours(t *testing.T) {
	for name, open := range map[string]func() *harness{
		"sqlite": func() *harness { return newHarness(t) },
		"postgres": func() *harness {
			return openHarness(t, postgresAt(pgtest.Shared(t).NewDatabase(t)), nil, newLeash(t))
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open()
			h.t = t
			foreign, buyers := scaled(600, 100_000), scaled(5, 150)

			ctx, cancel := context.WithTimeout(t.Context(), scaled(patience, 20*time.Minute))
			defer cancel()

			b, err := h.newBuyer(ctx, goodCard) // an order for copies of our metadata to name
			if err != nil {
				t.Fatal(err)
			}

			var flood errgroup.Group
			flood.SetLimit(8)
			done := make(chan error, 1)
			go func() {
				for n := range foreign {
					flood.Go(func() error { return h.deliver(ctx, foreignEvent(n, b.order)) })
				}
				done <- flood.Wait()
			}()

			paid := 0
			for flooding := true; flooding || paid < buyers; paid++ {
				if err := h.buy(ctx, mug, goodCard); err != nil {
					t.Fatalf("buyer %d could not pay: %v", paid, err)
				}

				select {
				case err := <-done:
					flooding = false
					if err != nil {
						t.Error(err)
					}

				default:
				}
			}

			delays, unfinished, readings := h.ownDelays(ctx)
			if len(delays) < paid || unfinished > 0 {
				t.Fatalf("%d events of ours are finished and %d are not, of %d buyers", len(delays), unfinished, paid)
			}

			p99 := delays[len(delays)*99/100]
			t.Logf("%d foreign events, %d buyers: half of our %d events were worked within %s, 99%% within %s, all within %s",
				foreign, paid, len(delays), delays[len(delays)/2], p99, delays[len(delays)-1])

			if readings > 0 {
				t.Errorf("Stripe was asked %d times about objects of others, want never", readings)
			}
		})
	}
}

// foreignEvent returns the nth event of others: what the renewal of a
// subscription leads to, payments of guests, and copies of our metadata.
func foreignEvent(n int, order string) string {
	kind, object := "", ""
	common := fmt.Sprintf(`"customer":"cus_n%d","metadata":{}`, n/8)
	bill := fmt.Sprintf(`"id":"in_n%d","object":"invoice","subscription":"sub_n%d","subscription_details":{"metadata":{}}`,
		n/8, n/8)
	pays := fmt.Sprintf(`"invoice":"in_n%d","status":"succeeded","amount":500,"amount_received":500,"currency":"usd","created":1`,
		n/8)

	switch n % 8 {
	case 0:
		kind, object = "invoice.created", bill+","+common
	case 1:
		kind, object = "invoice.paid", bill+","+common
	case 2:
		kind, object = "payment_intent.succeeded", fmt.Sprintf(`"id":"pi_n%d","object":"payment_intent",`, n/8)+pays+","+common
	case 3:
		kind, object = "charge.succeeded",
			fmt.Sprintf(`"id":"ch_n%d","object":"charge","payment_intent":"pi_n%d",`, n/8, n/8)+pays+","+common
	case 4:
		kind, object = "customer.subscription.updated", fmt.Sprintf(`"id":"sub_n%d","object":"subscription",`, n/8)+common
	case 5:
		kind, object = "payment_intent.created", fmt.Sprintf(`"id":"pi_g%d","object":"payment_intent","invoice":null,
			"status":"requires_payment_method","amount":500,"currency":"usd","created":1,"customer":null,"metadata":{}`, n)
	case 6:
		kind, object = "payment_intent.requires_action", fmt.Sprintf(`"id":"pi_c%d","object":"payment_intent","invoice":null,
			"status":"requires_action","amount":500,"currency":"usd","created":1,"customer":null,
			"metadata":{"checkoutd_order":%q,"checkoutd_attempt":"att_x","checkoutd_proof":"00"}`, n, order)
	default:
		kind, object = "charge.failed", fmt.Sprintf(`"id":"ch_c%d","object":"charge","payment_intent":"pi_c%d",
			"invoice":null,"customer":null,"metadata":{"checkoutd_order":%q}`, n, n-1, order)
	}

	return fmt.Sprintf(`{"id":"evt_n%d","object":"event","type":%q,"api_version":"2025-02-24.acacia","created":%d,
		"livemode":false,"data":{"object":{%s}}}`, n, kind, time.Now().Unix(), object)
}

// deliver posts a signed event, again while the inbox is busy.
func (h *harness) deliver(ctx context.Context, body string) error {
	for {
		at := strconv.FormatInt(time.Now().Unix(), 10)
		mac := hmac.New(sha256.New, []byte(webhookSecret))
		mac.Write([]byte(at + "." + body))

		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+h.addr()+"/webhooks/stripe", strings.NewReader(body))
		if err != nil {
			return err
		}

		r.Header.Set("Stripe-Signature", "t="+at+",v1="+hex.EncodeToString(mac.Sum(nil)))
		resp, err := h.client.Do(r)
		if err != nil {
			return err
		}
		if err := resp.Body.Close(); err != nil {
			return err
		}

		switch resp.StatusCode {
		case http.StatusOK:
			return nil
		case http.StatusServiceUnavailable:
			if err := pause(ctx); err != nil {
				return err
			}
		default:
			return fmt.Errorf("a foreign event got status %d", resp.StatusCode)
		}
	}
}

// ownDelays waits until all events of orders are finished. It returns how long
// each took, shortest first, how many are not finished, and how many objects
// Stripe was asked about.
func (h *harness) ownDelays(ctx context.Context) (delays []time.Duration, unfinished, asked int) {
	h.t.Helper()
	db, err := sql.Open(h.db.driver, h.db.dsn)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	count := func(query string) (n int) {
		if err := db.QueryRowContext(ctx, query).Scan(&n); err != nil {
			h.t.Fatal(err)
		}
		return n
	}

	const own = `FROM events WHERE id NOT LIKE 'evt_n%' AND state <> 'ignored'`
	for unfinished = -1; unfinished != 0 && pause(ctx) == nil; {
		unfinished = count(`SELECT COUNT(*) ` + own + ` AND finished_at = 0`)
	}

	rows, err := db.QueryContext(ctx, `SELECT finished_at - received_at `+own+` AND finished_at > 0`)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()

	for rows.Next() {
		var micros int64
		if err := rows.Scan(&micros); err != nil {
			h.t.Fatal(err)
		}
		delays = append(delays, time.Duration(micros)*time.Microsecond)
	}

	if err := rows.Err(); err != nil {
		h.t.Fatal(err)
	}

	slices.Sort(delays)
	asked = count(`SELECT COUNT(*) FROM events WHERE id LIKE 'evt_n%' AND note LIKE '%was asked%'`)

	return delays, unfinished, asked
}
