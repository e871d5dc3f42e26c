package pages_test

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
	"checkoutd/internal/testhost"
)

//go:embed testdata/stripe.js
var fakeStripe string

// errLost makes the site close the connection instead of answering.
var errLost = errors.New("lost")

// site serves the pages with our scripts, and plays the server behind them as
// the test wants.
type site struct {
	t        *testing.T
	tab      browsertestTab
	url      string
	pages    *pages.Pages
	products []orders.Product

	mu       sync.Mutex
	order    orders.Order
	view     map[string]any // members of the order's JSON
	settings map[string]any // members of the answer of /config
	patches  []string       // bodies of PATCH /orders/{id}
	hold     chan struct{}  // where not nil, changes wait for it
	// patch applies a change to the order; n counts from 1.
	patch    func(n int, change map[string]any) error
	resume   string // the client secret to go on with, "" for none
	confirms []string
	// confirm answers POST /create-confirm-intent; n counts from 1.
	confirm func(n int, token string, expected int64) (status string, err error)
	posted  []string // bodies of POST /orders
	refuse  error    // what POST /orders answers
	down    bool     // no call but those for pages is answered
	missing error    // what GET /orders/{id} and GET /config answer
	asked   int      // calls of it
}

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{
		t:     t,
		order: order("open", "unpaid"),
		pages: newPages(t, func(c *pages.Config) { c.ScriptURL = "/stripe.js" }),
		products: []orders.Product{mug, {
			SKU:      "tote",
			Name:     "Tote bag",
			Currency: "eur",
			Prices:   map[string]int64{"eur": 1600},
		}},
		patch:   func(int, map[string]any) error { return nil },
		confirm: func(int, string, int64) (string, error) { return "succeeded", nil },
	}

	mux := http.NewServeMux()
	for pattern, h := range map[string]httpio.Handler{
		"GET /{$}":                      s.shop,
		"GET /checkout/{id}":            s.checkout,
		"GET /complete":                 s.complete,
		"GET /stripe.js":                s.stripe,
		"GET /gone/stripe.js":           s.noStripe,
		"GET /config":                   s.config,
		"GET /orders/{id}":              s.get,
		"POST /orders":                  s.post,
		"PATCH /orders/{id}":            s.change,
		"POST /create-customer-session": s.session,
		"POST /create-confirm-intent":   s.create,
	} {
		mux.HandleFunc(pattern, httpio.HandleStripe(h))
	}

	mux.Handle("/static/", s.pages.Static())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		mux.ServeHTTP(w, r)
	}))

	t.Cleanup(server.Close)
	s.url = server.URL
	s.tab = browsertestTab{t, browsertest.New(t)}
	t.Cleanup(s.tab.checkProblems)

	return s
}

// set changes the server's state under its lock.
func (s *site) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *site) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.confirms)
}

func (s *site) shop(w http.ResponseWriter, r *http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pages.Selling(catalog{products: s.products, currency: "eur"}).ServeShop(w, r)
}

func (s *site) checkout(w http.ResponseWriter, r *http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	page := httptest.NewRecorder()
	if err := s.pages.Knowing(known{order: s.order}).ServeCheckout(page, r); err != nil {
		return err
	}

	_, err := w.Write(s.withConfig(page.Body.Bytes(), r.Host))
	return err
}

var pageBlock = regexp.MustCompile(`(<script type="application/json" id="page-data">)(.*)(</script>)`)

// withConfig returns a checkout page with the site's configuration in place of
// the server's.
func (s *site) withConfig(html []byte, host string) []byte {
	return pageBlock.ReplaceAllFunc(html, func(block []byte) []byte {
		part := pageBlock.FindSubmatch(block)
		var data map[string]any
		if err := json.Unmarshal(part[2], &data); err != nil {
			s.t.Error(err)
		}

		delete(data, "config")
		if !s.down {
			data["config"] = s.configuration(host)
		}

		changed, err := json.Marshal(data) // escapes < and >
		if err != nil {
			s.t.Error(err)
		}
		return slices.Concat(part[1], changed, part[3])
	})
}

func (s *site) complete(w http.ResponseWriter, r *http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pages.Knowing(known{order: s.order}).ServeComplete(w, r)
}

func (s *site) stripe(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/javascript")
	_, err := fmt.Fprint(w, fakeStripe)
	return err
}

func (s *site) noStripe(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/javascript")
	w.WriteHeader(http.StatusNotFound)
	return nil
}

func (s *site) json() map[string]any {
	items := []map[string]any{}
	for _, it := range s.order.Items {
		items = append(items, map[string]any{
			"sku":         it.SKU,
			"name":        it.Name,
			"quantity":    it.Quantity,
			"unit_amount": it.UnitAmount,
			"amount":      it.Amount(),
		})
	}

	view := map[string]any{
		"id":                 s.order.ID,
		"mode":               s.order.Mode,
		"status":             s.order.Status,
		"payment_status":     s.order.PaymentStatus,
		"amount":             s.order.Amount,
		"subtotal":           s.order.Subtotal(),
		"currency":           s.order.Currency,
		"items":              items,
		"discount":           nil,
		"ships":              false,
		"shipping_rate":      nil,
		"shipping_rates":     []any{},
		"shipping_countries": []any{},
		"contact":            map[string]any{},
	}

	maps.Copy(view, s.view)
	return view
}

func (s *site) config(w http.ResponseWriter, r *http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.down {
		panic(http.ErrAbortHandler)
	}
	if s.missing != nil {
		return s.missing
	}

	return httpio.WriteJSON(w, http.StatusOK, s.configuration(r.Host))
}

func (s *site) configuration(host string) map[string]any {
	var resume any
	if s.resume != "" {
		resume = map[string]any{"client_secret": s.resume, "status": "requires_action"}
	}

	answer := map[string]any{
		"publishable_key": "pk_test_pages",
		"app_info":        map[string]any{"name": "checkoutd", "version": "1.2.3"},
		"elements": map[string]any{
			"mode":     "payment",
			"amount":   s.order.Amount,
			"currency": s.order.Currency,
		},
		"payment_element": map[string]any{"layout": "tabs"},
		"order":           s.json(),
		"resume":          resume,
		"return_url":      "http://" + host + "/complete?order=" + s.order.ID,
		"express":         nil,
		"address":         map[string]any{"shipping": false, "billing": false},
		"collect_email":   false,
		"promotion_codes": false,
	}

	maps.Copy(answer, s.settings)
	return answer
}

func (s *site) change(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	var change map[string]any
	if err := errors.Join(err, json.Unmarshal(body, &change)); err != nil {
		return err
	}

	s.mu.Lock()
	s.patches = append(s.patches, string(body))
	n, hold := len(s.patches), s.hold
	s.mu.Unlock()

	if hold != nil {
		<-hold
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	if err := s.patch(n, change); err != nil {
		if errors.Is(err, errLost) {
			panic(http.ErrAbortHandler)
		}
		return err
	}

	return httpio.WriteJSON(w, http.StatusOK, s.json())
}

func (s *site) get(w http.ResponseWriter, _ *http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		panic(http.ErrAbortHandler)
	}
	s.asked++
	if s.missing != nil {
		return s.missing
	}
	return httpio.WriteJSON(w, http.StatusOK, s.json())
}

func (s *site) post(w http.ResponseWriter, r *http.Request) error {
	var body json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return err
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	s.posted = append(s.posted, string(body))

	if s.refuse != nil {
		return s.refuse
	}

	return httpio.WriteJSON(w, http.StatusCreated, map[string]any{"id": s.order.ID, "url": "http://" + r.Host + "/checkout/" + s.order.ID})
}

func (s *site) session(w http.ResponseWriter, _ *http.Request) error {
	return httpio.WriteJSON(w, http.StatusOK, map[string]any{"customer_session_client_secret": "cuss_secret_1"})
}

func (s *site) create(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		ConfirmationTokenID string `json:"confirmationTokenId"`
		OrderID             string `json:"orderId"`
		ExpectedAmount      int64  `json:"expectedAmount"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.OrderID != s.order.ID {
		return fault.New(fault.Malformed, "invalid_json", "No such body.")
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	s.confirms = append(s.confirms, in.ConfirmationTokenID)
	status, err := s.confirm(len(s.confirms), in.ConfirmationTokenID, in.ExpectedAmount)
	if errors.Is(err, errLost) {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		return err
	}

	return httpio.WriteJSON(w, http.StatusOK, map[string]any{"client_secret": "pi_1_secret_1", "status": status})
}

// open loads a page and waits until want is true on it.
func (s *site) open(path, want string) {
	s.t.Helper()
	s.tab.do(chromedp.Navigate(s.url + path))
	s.tab.until(want)
}

const (
	formReady    = "document.querySelector('#payment-form')?.dataset.phase === 'ready'"
	formUnsure   = "document.querySelector('#payment-form')?.dataset.phase === 'unsure'"
	formFailed   = "document.querySelector('#payment-form')?.dataset.phase === 'failed'"
	formResume   = "document.querySelector('#payment-form')?.dataset.phase === 'resume'"
	afterPayment = "location.pathname === '/complete'"
)

func (s *site) openCheckout() {
	s.t.Helper()
	s.open("/checkout/"+s.order.ID, formReady)
}

// pay types the card's name and presses the button.
func (s *site) pay(card string) {
	s.t.Helper()
	s.tab.run(fmt.Sprintf(`(() => {
		const input = document.querySelector('#fake-card');
		if (input.value !== %[1]q) { input.value = %[1]q; input.dispatchEvent(new Event('input')); }
		document.querySelector('#pay-button').click();
	})()`, card))
}

func says(element, words string) string {
	return fmt.Sprintf("document.querySelector(%q)?.textContent.includes(%q)", element, words)
}

// calls returns the arguments of every call of a Stripe function.
func (s *site) calls(name string) []any {
	s.t.Helper()
	var all []any
	s.tab.json(fmt.Sprintf("window.stripeCalls.filter((call) => call[0] === %q).map((call) => call[1])", name), &all)
	return all
}

// waitSent waits until the server received n confirm calls.
func (s *site) waitSent(n int) {
	s.t.Helper()
	for deadline := time.Now().Add(testhost.Patience); len(s.sent()) < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("got the confirm calls %v, want %d", s.sent(), n)
		}
	}
}

func (s *site) asks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// waitAsked waits until the order was polled n times.
func (s *site) waitAsked(n int) {
	s.t.Helper()
	for deadline := time.Now().Add(testhost.Patience); s.asks() < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("the order was asked for %d times, want %d", s.asks(), n)
		}
	}
}

func sameTokens(tokens []string) bool {
	return strings.Count(strings.Join(tokens, " ")+" ", tokens[0]+" ") == len(tokens)
}
