package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/payments"
	"checkoutd/internal/sandbox"
)

// wire sits between the browser and the app: it keeps the tokens that were sent, and
// may lose an answer on its way.
type wire struct {
	mu     sync.Mutex
	tokens []string // of POST /create-confirm-intent, in order
	lose   int      // how many of its answers to lose
}

func (l *wire) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/create-confirm-intent" {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if !l.note(body) {
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
			return
		}
		// The server does its work, and its answer breaks off. (After an answer that does
		// not even begin the browser would ask again by itself.)
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(unheard{http.Header{}}, r)
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("{"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
}

// note keeps the token and says whether its answer is to be lost.
func (l *wire) note(body []byte) (lost bool) {
	var sent struct {
		Token string `json:"confirmationTokenId"`
	}
	_ = json.Unmarshal(body, &sent)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens = append(l.tokens, sent.Token)
	if l.lose == 0 {
		return false
	}
	l.lose--
	return true
}

// wantSent compares how often a token was sent, and how many different ones.
func (l *wire) wantSent(t *testing.T, times, different int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	unique := map[string]bool{}
	for _, token := range l.tokens {
		unique[token] = true
	}
	if len(l.tokens) != times || len(unique) != different {
		t.Errorf("the page sent %d different tokens in %d calls, want %d in %d", len(unique), len(l.tokens), different, times)
	}
}

// unheard takes an answer that nobody gets.
type unheard struct{ header http.Header }

func (u unheard) Header() http.Header         { return u.header }
func (u unheard) Write(p []byte) (int, error) { return len(p), nil }
func (u unheard) WriteHeader(int)             {}

func TestChargedOnce(t *testing.T) {
	t.Parallel()

	presses := map[string]func(*visitor){
		"a double click on pay": func(v *visitor) { v.do(chromedp.DoubleClick(chromedp.CSS("#pay-button"))) },
		"Enter pressed twice in a field": func(v *visitor) {
			v.do(chromedp.SendKeys(form("[name=cvc]"), kb.Enter+kb.Enter))
		},
		"Enter pressed twice on the button": func(v *visitor) {
			v.do(chromedp.SendKeys(chromedp.CSS("#pay-button"), kb.Enter+kb.Enter))
		},
	}
	for name, press := range presses {
		t.Run(name+" charges once", func(t *testing.T) {
			t.Parallel()
			l := &wire{}
			s := openShop(t, behind(l.wrap))
			v := visit(t, s)
			v.order("mug")
			v.fillCard(cardPays)
			press(v)
			v.outcome("paid")
			s.wantLedger(1, mugPrice)
			l.wantSent(t, 1, 1)
		})
	}

	t.Run("a lost answer of ours is asked for again with the same token", func(t *testing.T) {
		t.Parallel()
		l := &wire{lose: 1}
		s := openShop(t, behind(l.wrap))
		v := visit(t, s)
		v.foresee("net::ERR")
		v.order("mug")
		v.payWith(cardPays)
		v.outcome("paid")
		s.wantLedger(1, mugPrice)
		l.wantSent(t, 2, 1)
	})

	t.Run("when every answer of ours is lost the buyer may ask again, and is charged once", func(t *testing.T) {
		t.Parallel()
		l := &wire{lose: 4}
		s := openShop(t, behind(l.wrap))
		v := visit(t, s)
		v.foresee("net::ERR")
		v.order("mug")
		v.payWith(cardPays)
		v.until("document.querySelector('#payment-form').dataset.phase === 'unsure'")
		want(v, "document.querySelector('#payment-element').closest('[inert]') !== null", true)
		v.picture("unsure")
		v.click("#pay-button")
		v.outcome("paid")
		s.wantLedger(1, mugPrice)
		l.wantSent(t, 5, 1)
	})

	t.Run("when Stripe's answers are lost the page waits until the resolver knows", func(t *testing.T) {
		t.Parallel()
		s := openShop(t)
		s.fault("POST /v1/payment_intents", sandbox.FaultChargeThenCut, 3)
		s.fault("WEBHOOK payment_intent.*", sandbox.FaultDrop, -1)
		s.fault("WEBHOOK charge.*", sandbox.FaultDrop, -1)
		v := visit(t, s)
		v.foresee("409 (Conflict)")
		id := v.order("mug")
		v.payWith(cardPays)
		v.outcome("paid")
		v.wantOrder(id, "paid", "paid")
		s.wantLedger(1, mugPrice)
	})

	t.Run("a total that changed under the page is shown before anybody is charged", func(t *testing.T) {
		t.Parallel()
		s := openShop(t)
		v := visit(t, s)
		v.foresee("409 (Conflict)")
		id := v.order("mug")
		s.reprice(id, 2000)
		v.payWith(cardPays)
		v.refused("The total of your order is now $20.00. Nothing was charged. Press the button again if you agree.")
		want(v, "document.querySelector('#order-total').textContent", "$20.00")
		want(v, "document.querySelector('#pay-label').textContent", "Pay $20.00")
		v.picture("amount-changed")
		s.wantLedger(0)
		v.click("#pay-button")
		v.outcome("paid")
		s.wantLedger(1, 2000)
	})

	t.Run("a failing CustomerSession does not stop the payment", func(t *testing.T) {
		t.Parallel()
		s := openShop(t)
		s.fault("POST /v1/customer_sessions", sandbox.FaultStatus500, -1)
		v := visit(t, s)
		id := v.order("mug")
		v.payWith(cardPays)
		v.outcome("paid")
		s.wantLedger(1, mugPrice)
		if want := `"order_id":"` + id + `","message":"no CustomerSession`; !strings.Contains(s.logs.String(), want) {
			t.Errorf("the log has no warning with %s", want)
		}
	})
}

// reprice changes an order in the store, as a promotion or a person would.
func (s *shop) reprice(id string, amount int64) {
	s.t.Helper()
	err := s.app.Ledger().Update(context.Background(), id, nil, func(st *payments.State) error {
		st.Order.Amount, st.Order.Items[0].UnitAmount = amount, amount
		st.Order.Version++
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
