package rehearsal_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"checkoutd/internal/rehearsal"
)

// yes is an offline Stripe that charges twice whenever it is asked, and an
// inbox that takes everything.
type yes struct{ charged int }

func (y *yes) Misbehave(string, string) error { return nil }
func (y *yes) Behave()                        {}
func (y *yes) Charged() int                   { y.charged += 2; return y.charged }

func (y *yes) States(context.Context) (map[string]string, error) {
	return map[string]string{"evt_rehearsalforged": "done"}, nil
}

func config(shop *httptest.Server, stripe *yes) rehearsal.Config {
	return rehearsal.Config{
		Shop:         shop.URL,
		StripeOrigin: shop.URL,
		Stripe:       stripe,
		Inbox:        stripe,
		Products:     []rehearsal.Product{{SKU: "mug"}, {SKU: "club", Recurring: true}},
		Cards:        true,
		SetupOrders:  true,
		Now:          time.Now,
		Patience:     time.Nanosecond, // nothing comes of waiting
	}
}

// TestABadShopIsRed walks the cases at shops that do everything wrong: no case
// may be green.
func TestABadShopIsRed(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"one that agrees to everything": `{"id":"ord_1","status":"succeeded","payment_status":"unpaid","amount":1800,` +
			`"client_secret":"pi_1_secret_1","url":"http://127.0.0.1/"}`,
		"one that says that all is paid": `{"id":"ord_1","status":"paid","payment_status":"paid","amount":1800}`,
		"one that says nothing":          `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusCreated)
				_, _ = io.WriteString(w, answer)
			}))
			t.Cleanup(shop.Close)

			cfg := config(shop, &yes{})
			results, err := rehearsal.Run(t.Context(), cfg)
			if err != nil || len(results) < 40 {
				t.Fatalf("got %d results, %v", len(results), err)
			}

			for _, r := range results {
				if r.Case == "data/catalog" || r.Case == "data/no-address" { // it can be ordered there, and is not shipped
					continue
				}
				if r.Status != rehearsal.Red || r.Got == "" || r.Did == "" || r.Want == "" {
					t.Errorf("got %+v, want it red", r)
				}
			}
		})
	}
}

func TestARehearsalIsInterrupted(t *testing.T) {
	t.Parallel()
	shop := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(shop.Close)

	ctx, cancel := context.WithCancel(t.Context())
	cfg := config(shop, &yes{})
	cfg.Progress = func(done, _ int) {
		if done == 3 {
			cancel()
		}
	}

	if results, err := rehearsal.Run(ctx, cfg); err == nil || len(results) > 4 {
		t.Errorf("got %d results, %v, want an error after four", len(results), err)
	}
}

// TestWithoutCards skips what needs a card.
func TestWithoutCards(t *testing.T) {
	t.Parallel()
	shop := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(shop.Close)

	cfg := config(shop, &yes{})
	cfg.Cards = false

	results, err := rehearsal.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Case == "3ds/passed" && (r.Status != rehearsal.Skipped || r.Got != "PAYMENT_METHOD_TYPES offers no cards") {
			t.Errorf("got %+v", r)
		}
	}
}
