package pay_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
)

// wire stands between the browser and the app. It records the tokens that are
// sent and can lose a response.
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

		// The server does its work, and its answer breaks off. (After an answer
		// that does not even begin the browser would ask again by itself.)
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(unheard{http.Header{}}, r)
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("{"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
}

// note records the token and reports whether its response is to be lost.
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

// wantSent checks how many tokens were sent, and how many different ones.
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

// unheard is a ResponseWriter whose response nobody receives.
type unheard struct{ header http.Header }

func (u unheard) Header() http.Header { return u.header }

func (u unheard) Write(p []byte) (int, error) { return len(p), nil }

func (u unheard) WriteHeader(int) {}

func TestChargedOnce(t *testing.T) {
	t.Parallel()

	presses := map[string]func(*e2etest.Visitor){
		"a double click on pay": func(v *e2etest.Visitor) { v.Do(chromedp.DoubleClick(chromedp.CSS("#pay-button"))) },
		"Enter pressed twice in a field": func(v *e2etest.Visitor) {
			v.Do(chromedp.SendKeys(e2etest.Form("[name=cvc]"), kb.Enter+kb.Enter))
		},
		"Enter pressed twice on the button": func(v *e2etest.Visitor) {
			v.Do(chromedp.SendKeys(chromedp.CSS("#pay-button"), kb.Enter+kb.Enter))
		},
	}
	for name, press := range presses {
		t.Run(name+" charges once", func(t *testing.T) {
			t.Parallel()
			l := &wire{}
			s := e2etest.OpenShop(t, e2etest.Behind(l.wrap))
			v := e2etest.Visit(t, s)
			v.Order("mug")
			v.FillCard(e2etest.CardPays)
			press(v)
			v.Outcome("paid")
			s.WantLedger(1, e2etest.MugPrice)
			l.wantSent(t, 1, 1)
		})
	}

	t.Run("a lost answer of ours is asked for again with the same token", func(t *testing.T) {
		t.Parallel()
		l := &wire{lose: 1}
		s := e2etest.OpenShop(t, e2etest.Behind(l.wrap))
		v := e2etest.Visit(t, s)
		v.Expect("net::ERR")
		v.Order("mug")
		v.PayWith(e2etest.CardPays)
		v.Outcome("paid")
		s.WantLedger(1, e2etest.MugPrice)
		l.wantSent(t, 2, 1)
	})

	t.Run("when every answer of ours is lost the buyer may ask again, and is charged once", func(t *testing.T) {
		t.Parallel()
		l := &wire{lose: 4}
		s := e2etest.OpenShop(t, e2etest.Behind(l.wrap))
		v := e2etest.Visit(t, s)
		v.Expect("net::ERR")
		v.Order("mug")
		v.PayWith(e2etest.CardPays)
		v.Until("document.querySelector('#payment-form').dataset.phase === 'unsure'")
		e2etest.Want(v, "document.querySelector('#payment-element').closest('[inert]') !== null", true)
		v.Screenshot("unsure")
		v.Click("#pay-button")
		v.Outcome("paid")
		s.WantLedger(1, e2etest.MugPrice)
		l.wantSent(t, 5, 1)
	})

	t.Run("when Stripe's answers are lost the page waits until the resolver knows", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t)
		s.Fault("POST /v1/payment_intents", sandbox.FaultChargeThenCut, 3)
		s.Fault("WEBHOOK payment_intent.*", sandbox.FaultDrop, -1)
		s.Fault("WEBHOOK charge.*", sandbox.FaultDrop, -1)
		v := e2etest.Visit(t, s)
		v.Expect("409 (Conflict)")
		id := v.Order("mug")
		v.PayWith(e2etest.CardPays)
		v.Outcome("paid")
		v.WantOrder(id, "paid", "paid")
		s.WantLedger(1, e2etest.MugPrice)
	})

	t.Run("a total that changed under the page is shown before anybody is charged", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t)
		v := e2etest.Visit(t, s)
		v.Expect("409 (Conflict)")
		id := v.Order("mug")
		s.Reprice(id, 2000)
		v.PayWith(e2etest.CardPays)
		v.Refused("The total of your order is now $20.00. Nothing was charged. Press the button again if you agree.")
		e2etest.Want(v, "document.querySelector('#order-total').textContent", "$20.00")
		e2etest.Want(v, "document.querySelector('#pay-label').textContent", "Pay $20.00")
		v.Screenshot("amount-changed")
		s.WantLedger(0)
		v.Click("#pay-button")
		v.Outcome("paid")
		s.WantLedger(1, 2000)
	})

	t.Run("a failing CustomerSession does not stop the payment", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t)
		s.Fault("POST /v1/customer_sessions", sandbox.FaultStatus500, -1)
		v := e2etest.Visit(t, s)
		id := v.Order("mug")
		v.PayWith(e2etest.CardPays)
		v.Outcome("paid")
		s.WantLedger(1, e2etest.MugPrice)

		if want := `"order_id":"` + id + `","message":"no CustomerSession`; !strings.Contains(s.Logs.String(), want) {
			t.Errorf("the log has no warning with %s", want)
		}
	})
}
