package modes_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

// prepaidCard and frenchCard are cards of the sandbox.
const (
	prepaidCard = "5105105105105100"
	frenchCard  = "4000002500000003"
)

// withRules makes the shop follow a rules file.
func withRules(t *testing.T, rules string) e2etest.Option {
	t.Helper()
	name := filepath.Join(t.TempDir(), "rules.json")
	if err := os.WriteFile(name, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	return e2etest.Set("RULES_FILE", name)
}

// posts returns what the shop sent to Stripe to make or change something.
func posts(s *e2etest.Shop) (list []string) {
	for _, r := range s.App.Sandbox().Requests() {
		if r.Method == http.MethodPost && !strings.HasPrefix(r.Path, "/v1/confirmation_tokens") {
			list = append(list, r.Path)
		}
	}
	return list
}

func TestARuleRefusesBeforeStripeIsAsked(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, withRules(t, `{"card_funding": ["credit", "debit"], "card_countries_refused": ["FR"]}`))
	b := s.Buyer(t)
	id := b.Order("mug")

	b.WantProblem("/create-confirm-intent", b.Confirm(id, prepaidCard), 422, "card_funding_refused", "")
	b.WantProblem("/create-confirm-intent", b.Confirm(id, frenchCard), 422, "card_country_refused", "")
	if sent := posts(s); len(sent) > 0 {
		t.Errorf("Stripe was sent %v", sent)
	}
	if st := s.State(id); len(st.Attempts) > 0 || st.Order.Status != "open" {
		t.Errorf("something is left: %+v", st)
	}

	b.Confirm(id, e2etest.CardPays)
	b.WantStatus(id, "paid paid")
	if got := s.State(id).Attempts[0].Verdict; got != "allowed by the rules" {
		t.Errorf("the attempt has the verdict %q", got)
	}
}

// stock is a shop's server that has a number of goods.
type stock struct {
	mu     sync.Mutex
	left   int
	asked  []string
	before func()
}

func (s *stock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()

	body, _ := io.ReadAll(r.Body)
	s.asked = append(s.asked, string(body))
	if s.before != nil {
		s.before()
	}

	if s.left == 0 {
		_, _ = io.WriteString(w, `{"allow":false,"message":"The mug has just been sold out."}`)
		return
	}
	_, _ = io.WriteString(w, `{"allow":true}`)
}

func (s *stock) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func asking(server *httptest.Server) []e2etest.Option {
	return []e2etest.Option{
		e2etest.Set("PRECONFIRM_URL", server.URL+"/check"),
		e2etest.Set("PRECONFIRM_SECRET", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"),
		e2etest.Set("PRECONFIRM_TIMEOUT", "3s"),
	}
}

func TestTheShopChecksItsStock(t *testing.T) {
	t.Parallel()
	goods := &stock{left: 1}
	server := httptest.NewServer(goods)
	t.Cleanup(server.Close)

	s := e2etest.OpenShop(t, asking(server)...)
	b := s.Buyer(t)
	id := b.Order("mug")
	body := fmt.Sprintf(`{"orderId":%q,"confirmationTokenId":%q}`, id, b.Token(e2etest.CardPays))

	// The answer of the first request gets lost: the buyer sends it again.
	for range 3 {
		if r := b.Call("POST", "/create-confirm-intent", body); r.Status != http.StatusOK {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
	}

	b.WantStatus(id, "paid paid")
	asked := goods.questions()
	if len(asked) != 1 {
		t.Fatalf("the shop was asked %d times about one token, want once", len(asked))
	}

	var question struct {
		Data struct {
			Order  struct{ ID string }
			Method struct{ Card struct{ Brand, Last4 string } } `json:"payment_method"`
		}
	}
	if err := json.Unmarshal([]byte(asked[0]), &question); err != nil {
		t.Fatal(err)
	}
	if d := question.Data; d.Order.ID != id || d.Method.Card.Brand != "visa" || d.Method.Card.Last4 != "4242" {
		t.Errorf("the shop was asked %s", asked[0])
	}

	goods.mu.Lock()
	goods.left = 0
	goods.mu.Unlock()

	sent := len(posts(s))
	late := b.Order("mug")
	problem := b.WantProblem("/create-confirm-intent", b.Confirm(late, e2etest.CardPays), 409, "refused_by_shop", "")
	if problem["detail"] != "The mug has just been sold out." || problem["shop_message"] != problem["detail"] {
		t.Errorf("the buyer reads %v", problem["detail"])
	}
	if more := posts(s)[sent:]; len(more) > 0 {
		t.Errorf("Stripe was sent %v", more)
	}
}

// The buyer changes the order while the shop decides about it.
func TestTheDecisionIsAboutTheOrderAsItIsPaid(t *testing.T) {
	t.Parallel()
	goods := &stock{left: 1}
	server := httptest.NewServer(goods)
	t.Cleanup(server.Close)

	s := e2etest.OpenShop(t, append(asking(server), e2etest.WithChangeCatalog)...)
	b := s.Buyer(t)
	id := b.Order("ebook")
	goods.before = func() { b.Change(id, `{"items":[{"sku":"ebook","quantity":2}]}`) }

	b.WantProblem("/create-confirm-intent", b.Confirm(id, e2etest.CardPays), 409, "amount_changed", "")
	if st := s.State(id); len(st.Attempts) > 0 {
		t.Errorf("an order that nobody judged is being paid: %+v", st.Attempts)
	}
}

func TestTheShopIsDown(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()

	s := e2etest.OpenShop(t, asking(server)...)
	b := s.Buyer(t)
	id := b.Order("mug")
	b.WantProblem("/create-confirm-intent", b.Confirm(id, e2etest.CardPays), 503, "shop_unavailable", "")
	if sent := posts(s); len(sent) > 0 {
		t.Errorf("Stripe was sent %v", sent)
	}

	s = e2etest.OpenShop(t, append(asking(server), e2etest.Set("PRECONFIRM_FAILURE", "allow"))...)
	b = s.Buyer(t)
	id = b.Order("mug")
	b.Confirm(id, e2etest.CardPays)
	b.WantStatus(id, "paid paid")
}
