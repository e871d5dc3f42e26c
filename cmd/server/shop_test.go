package main

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/config"
	"checkoutd/internal/payments"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
)

// sandboxShop is a running sandbox with a buyer. Commands can be run beside it.
type sandboxShop struct {
	*program
	buyer *testkit.Buyer
	log   *output
	stop  func() error
}

// newSandboxShop starts a sandbox with its management API. settings are pairs
// of an option and its value.
func newSandboxShop(t *testing.T, settings ...string) *sandboxShop {
	t.Helper()
	p := newProgram(t)
	p.settings["SANDBOX_FAULTS"] = "true"
	p.settings["BACKFILL_EVERY"] = "0"
	p.settings["CATALOG_FILE"] = filepath.Join(p.dir, "catalog.json")

	const catalog = `{"currency": "usd", "products": [{"sku": "guide", "name": "Guide", "price": "10.99"},
		{"sku": "box", "name": "A box each month", "price": "10.99", "recurring": {"interval": "month", "interval_count": 1}}]}`
	if err := os.WriteFile(p.settings["CATALOG_FILE"], []byte(catalog), 0o600); err != nil {
		t.Fatal(err)
	}

	for i := 0; i+1 < len(settings); i += 2 {
		p.settings[settings[i]] = settings[i+1]
	}

	s := &sandboxShop{program: p, buyer: testkit.NewBuyer(t, testhost.Patience)}
	_, s.log, s.stop = p.start("checkoutd is up", "sandbox")

	return s
}

// send sends a request and parses the JSON of its response.
func (s *sandboxShop) send(method, address, contentType, body string) (status int, answer map[string]any) {
	s.Helper()
	r := s.buyer.Call(method, address, body, "Content-Type: "+contentType)
	return r.Status, s.buyer.Object(r)
}

func (s *sandboxShop) at(path string) string { return "http://" + s.settings["ADDR"] + path }

func (s *sandboxShop) stripe(path string) string {
	return "http://" + s.settings["SANDBOX_ADDR"] + path
}

// order places an order of one item.
func (s *sandboxShop) order(sku string) string {
	s.Helper()
	status, made := s.send("POST", s.at("/orders"), "application/json", `{"items":[{"sku":"`+sku+`","quantity":1}]}`)
	if status != http.StatusCreated {
		s.Fatalf("%d %v", status, made)
	}
	return made["id"].(string)
}

// paid places an order and pays it with a card.
func (s *sandboxShop) paid(card string) (order string) {
	s.Helper()
	order = s.order("guide")
	if status, answer := s.pay(order, card); status != http.StatusOK {
		s.Fatalf("%d %v", status, answer)
	}
	return order
}

// pay confirms an order with a card.
func (s *sandboxShop) pay(order, card string) (status int, answer map[string]any) {
	s.Helper()
	mode, _ := s.view(order)["mode"].(string)
	token := s.buyer.Token(s.stripe(""), config.SandboxPublishableKey, card, url.Values{"client_context[mode]": {mode}})
	return s.send("POST", s.at("/create-confirm-intent"), "application/json",
		`{"confirmationTokenId":"`+token+`","orderId":"`+order+`"}`)
}

// view returns the order as the buyer sees it.
func (s *sandboxShop) view(order string) map[string]any {
	s.Helper()
	_, v := s.send("GET", s.at("/orders/"+order), "application/json", "")
	return v
}

// wantView polls until the buyer sees the statuses and the amounts, which are
// in minor units.
func (s *sandboxShop) wantView(order, status, payment string, captured, refunded float64) {
	s.Helper()
	var v map[string]any
	if s.poll(func() bool {
		v = s.view(order)
		return v["status"] == status && v["payment_status"] == payment && v["captured"] == captured &&
			v["refunded"] == refunded
	}) {
		return
	}
	s.Errorf("the buyer sees %v %v, captured %v, refunded %v; want %s %s, %v, %v",
		v["status"], v["payment_status"], v["captured"], v["refunded"], status, payment, captured, refunded)
}

// poll polls ok until it is true, or until patience has passed.
func (s *sandboxShop) poll(ok func() bool) bool {
	for deadline := time.Now().Add(testhost.Patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return true
		}
	}
	return false
}

func (s *sandboxShop) eventually(what string, ok func() bool) {
	s.Helper()
	if !s.poll(ok) {
		s.Fatalf("timed out waiting until %s", what)
	}
}

// manage sends a request to the offline Stripe's management API.
func (s *sandboxShop) manage(path, body string) map[string]any {
	s.Helper()
	status, answer := s.send("POST", s.stripe("/_sandbox"+path), "application/json", body)
	if status != http.StatusOK {
		s.Fatalf("%s: %d %v", path, status, answer)
	}
	return answer
}

// refunds returns the refunds that the shop requested. Stripe also lists what
// it releases of a hold.
func (s *sandboxShop) refunds() (requested []any) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.stripe("/v1/refunds?limit=100"), nil)
	if err != nil {
		s.Fatal(err)
	}

	r.SetBasicAuth(config.SandboxSecretKey, "")

	list, _ := s.buyer.Object(s.buyer.Send(r))["data"].([]any)
	for _, re := range list {
		if meta, _ := re.(map[string]any)["metadata"].(map[string]any); meta[payments.MetaOperation] != nil {
			requested = append(requested, re)
		}
	}

	return requested
}

// wantOutput checks that a command printed all the words.
func (s *sandboxShop) wantOutput(printed string, words ...string) {
	s.Helper()
	for _, w := range words {
		if !strings.Contains(printed, w) {
			s.Errorf("the output does not contain %q:\n%s", w, printed)
		}
	}
}
