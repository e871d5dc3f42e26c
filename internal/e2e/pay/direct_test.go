package pay_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/orders"
	"checkoutd/internal/sandbox"
)

// openPlatform opens a shop that takes 2.5 % and 30 cents of orders with an
// account.
func openPlatform(t *testing.T, options ...e2etest.Option) *e2etest.Shop {
	return e2etest.OpenShop(t, append([]e2etest.Option{
		e2etest.Set("CONNECT_FEE_PERCENT", "2.5"),
		e2etest.Set("CONNECT_FEE_FIXED", "usd:30"),
		e2etest.Set("SANDBOX_FAULTS", "true"),
	}, options...)...)
}

// orderIn creates an order of 18.00 USD and returns its ID and a buyer who may
// pay it. more is more of the request.
func orderIn(t *testing.T, s *e2etest.Shop, more string) (id string, b *e2etest.Buyer) {
	t.Helper()
	o := s.Backend(t, api.ScopeWrite).Want(http.StatusCreated, "POST", "/v1/orders",
		`{"currency":"usd","items":[{"name":"Mug","unit_amount":1800}]`+more+`}`)
	b = s.Buyer(t)
	if r := b.Call("GET", o["url"].(string)[len(s.URL):], ""); r.Status != http.StatusSeeOther {
		t.Fatalf("the order's address: %d %s", r.Status, r.Body)
	}

	return o["id"].(string), b
}

// at returns an object at Stripe, as an account sees it.
func at(s *e2etest.Shop, account, path string) map[string]any {
	return s.StripeIn(account, http.MethodGet, path)
}

func TestDirectCharge(t *testing.T) {
	t.Parallel()
	s := openPlatform(t)
	acct := s.Connected()
	id, b := orderIn(t, s, `,"account":"`+acct+`"`)

	if r := b.Call("GET", "/config?order="+id, ""); b.Object(r)["stripe_account"] != acct {
		t.Errorf("the page gets %s", r.Body)
	}
	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("%d %s", r.Status, r.Body)
	}

	b.WantStatus(id, "paid paid")

	intent := s.State(id).Intents[0].ID
	pi := at(s, acct, "/v1/payment_intents/"+intent)
	if fee := fmt.Sprint(pi["application_fee_amount"]); fee != "75" {
		t.Errorf("the fee of the intent is %s, want 75", fee)
	}
	if list := s.List("/v1/application_fees"); len(list) != 1 || fmt.Sprint(list[0]["amount"]) != "75" || list[0]["account"] != acct {
		t.Errorf("the platform's fees are %v", list)
	}
	if list := s.List("/v1/payment_intents"); len(list) != 0 {
		t.Errorf("the platform has %v", list)
	}

	// A part is refunded with its part of the fee.
	back := s.Backend(t, api.ScopeRefund)
	out := back.Want(http.StatusOK, "POST", "/v1/orders/"+id+"/refund", `{"amount":900,"refund_application_fee":true}`)
	if fmt.Sprint(out["amount_refunded"]) != "900" || out["account"] != acct {
		t.Errorf("after the refund: %v", out)
	}
	if list := s.List("/v1/application_fees"); fmt.Sprint(list[0]["amount_refunded"]) != "37" {
		t.Errorf("of the fee %v is given back, want 37", list[0]["amount_refunded"])
	}

	back.Want(http.StatusOK, "POST", "/v1/orders/"+id+"/refund", `{"amount":100}`)
	if list := s.List("/v1/application_fees"); fmt.Sprint(list[0]["amount_refunded"]) != "37" {
		t.Errorf("of the fee %v is given back, want 37 as before", list[0]["amount_refunded"])
	}
}

// TestDirectChargeIsSettledByEvents: the answer of the call is not all that
// settles an order.
func TestDirectChargeIsSettledByEvents(t *testing.T) {
	t.Parallel()
	s := openPlatform(t)
	acct := s.Connected()
	id, b := orderIn(t, s, `,"account":"`+acct+`"`)

	r := b.Confirm(id, e2etest.CardChallenges)
	secret, _ := b.Object(r)["client_secret"].(string)
	b.Authenticate(secret, "pass")
	b.WantStatus(id, "paid paid")

	// A card whose payment is disputed at once.
	id, b = orderIn(t, s, `,"account":"`+acct+`"`)
	b.Confirm(id, "4000000000000259")
	b.WantStatus(id, "paid paid")
	s.Eventually("the dispute is known", func() bool { return len(s.State(id).Disputes) == 1 })
}

func TestDirectChargeIsCaptured(t *testing.T) {
	t.Parallel()
	s := openPlatform(t)
	acct := s.Connected()
	id, b := orderIn(t, s, `,"account":"`+acct+`","capture_method":"manual"`)
	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("%d %s", r.Status, r.Body)
	}

	b.WantStatus(id, "authorized authorized")

	back := s.Backend(t, api.ScopeWrite)
	back.Want(http.StatusOK, "POST", "/v1/orders/"+id+"/capture", `{"amount":1000}`)

	if list := s.List("/v1/application_fees"); len(list) != 1 || fmt.Sprint(list[0]["amount"]) != "55" {
		t.Errorf("the fees are %v, want one of 55", list)
	}
}

func TestDirectSubscription(t *testing.T) {
	t.Parallel()
	s := openPlatform(t, e2etest.Selling(e2etest.ClubCatalog))
	acct := s.Connected()
	back := s.Backend(t, api.ScopeWrite)
	o := back.Want(http.StatusCreated, "POST", "/v1/orders", `{"items":[{"sku":"club"}],"account":"`+acct+`"}`)
	id := o["id"].(string)
	b := s.Buyer(t)
	b.Call("GET", o["url"].(string)[len(s.URL):], "")

	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("%d %s", r.Status, r.Body)
	}

	b.WantStatus(id, "paid paid")

	sub := at(s, acct, "/v1/subscriptions/"+s.State(id).Subscriptions[0].ID)
	if got := fmt.Sprint(sub["application_fee_percent"]); got != "2.5" {
		t.Errorf("the subscription's share is %s, want 2.5", got)
	}
	if list := s.List("/v1/application_fees"); len(list) != 1 || fmt.Sprint(list[0]["amount"]) != "30" {
		t.Errorf("the fees are %v, want one of 30", list)
	}
}

// TestCustomersOfTwoAccounts: the shop's customer is another one in each.
func TestCustomersOfTwoAccounts(t *testing.T) {
	t.Parallel()
	s := openPlatform(t)
	seen := map[string]string{}
	for _, acct := range []string{"", s.Connected(), s.Connected()} {
		for range 2 {
			more := `,"customer":{"reference":"ada"}`
			if acct != "" {
				more += `,"account":"` + acct + `"`
			}

			id, b := orderIn(t, s, more)
			if r := b.Call("POST", "/create-customer-session", `{"orderId":"`+id+`"}`); r.Status != http.StatusOK ||
				b.Object(r)["customer_session_client_secret"] == nil {
				t.Fatalf("account %q: %d %s", acct, r.Status, r.Body)
			}

			customer := s.State(id).Order.CustomerID
			if first, ok := seen[acct]; ok && first != customer {
				t.Errorf("account %q: ada is %s and %s", acct, first, customer)
			}

			seen[acct] = customer
			at(s, acct, "/v1/customers/"+customer)
		}
	}

	if len(seen) != 3 {
		t.Errorf("customers %v", seen)
	}
}

// TestDisconnectedWhileOpen: the buyer hears that the shop cannot take the
// payment, and the next order is refused.
func TestDisconnectedWhileOpen(t *testing.T) {
	t.Parallel()
	s := openPlatform(t)
	acct := s.Connected()
	id, b := orderIn(t, s, `,"account":"`+acct+`"`)
	token := b.TokenFor(id, e2etest.CardPays)
	s.Disconnect(acct)

	r := b.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+token+`","orderId":"`+id+`"}`)
	if r.Status != http.StatusServiceUnavailable {
		t.Errorf("%d %s, want that the shop cannot take it", r.Status, r.Body)
	}
	if got := s.State(id).Attempts[0].State; got != "failed" {
		t.Errorf("the attempt is %s", got)
	}
}

func TestDestinationCharge(t *testing.T) {
	t.Parallel()
	s := openPlatform(t)
	acct := s.Connected()
	id, b := orderIn(t, s, `,"transfer_data":{"destination":"`+acct+`"},"on_behalf_of":"`+acct+`"`)
	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("%d %s", r.Status, r.Body)
	}

	b.WantStatus(id, "paid paid")

	pi := at(s, "", "/v1/payment_intents/"+s.State(id).Intents[0].ID)
	if fmt.Sprint(pi["application_fee_amount"]) != "75" || pi["on_behalf_of"] != acct {
		t.Errorf("the intent is %v", pi)
	}

	out := s.Backend(t, api.ScopeRefund).Want(http.StatusOK, "POST", "/v1/orders/"+id+"/refund",
		`{"reverse_transfer":true,"refund_application_fee":true}`)
	if fmt.Sprint(out["amount_refunded"]) != "1800" {
		t.Errorf("after the refund: %v", out)
	}
}

func TestDestinationOfASubscription(t *testing.T) {
	t.Parallel()
	s := openPlatform(t, e2etest.Selling(e2etest.ClubCatalog))
	acct := s.Connected()
	o := s.Backend(t, api.ScopeWrite).Want(http.StatusCreated, "POST", "/v1/orders",
		`{"items":[{"sku":"club"}],"transfer_data":{"destination":"`+acct+`"},"on_behalf_of":"`+acct+`"}`)
	id := o["id"].(string)
	b := s.Buyer(t)
	b.Call("GET", o["url"].(string)[len(s.URL):], "")

	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("%d %s", r.Status, r.Body)
	}

	b.WantStatus(id, "paid paid")

	pi := at(s, "", "/v1/payment_intents/"+s.State(id).Intents[0].ID+"?expand[]=latest_charge.transfer")
	got := fmt.Sprint(pi["application_fee_amount"], pi["on_behalf_of"],
		pi["latest_charge"].(map[string]any)["transfer"].(map[string]any)["destination"])
	if want := fmt.Sprint(30, acct, acct); got != want {
		t.Errorf("the first payment's fee, seller and destination are %s, want %s", got, want)
	}
}

// TestPlatformIsNoDestination: Stripe would refuse it when the buyer pays.
func TestPlatformIsNoDestination(t *testing.T) {
	t.Parallel()
	s := openPlatform(t)
	for _, more := range []string{
		`"transfer_data":{"destination":"` + sandbox.PlatformAccount + `"}`,
		`"on_behalf_of":"` + sandbox.PlatformAccount + `"`,
	} {
		out := s.Backend(t, api.ScopeWrite).Want(http.StatusUnprocessableEntity, "POST", "/v1/orders",
			`{"currency":"usd","items":[{"name":"Mug","unit_amount":1800}],`+more+`}`)
		if out["code"] != "account_own" {
			t.Errorf("%s: got %v", more, out)
		}
	}
}

// TestDirectAccountIsDisconnected: what was begun in an account that gives no
// access any more comes to an end, and is told apart from reading alone.
func TestDirectAccountIsDisconnected(t *testing.T) {
	t.Parallel()
	s := openPlatform(t)
	acct := s.Connected()
	back := s.Backend(t, api.ScopeRefund)

	paid, b := orderIn(t, s, `,"account":"`+acct+`"`)
	b.Confirm(paid, e2etest.CardPays)
	b.WantStatus(paid, "paid paid")

	declined, b := orderIn(t, s, `,"account":"`+acct+`"`)
	b.Confirm(declined, e2etest.CardNoFunds)
	b.WantStatus(declined, "open failed")

	back.Want(http.StatusOK, "POST", "/v1/connect/accounts/"+acct+"/deauthorize", "")

	r := back.Call("POST", "/v1/orders/"+paid+"/refund", "")
	back.WantProblem("a refund", r, http.StatusConflict, "operation_failed", "")
	if !strings.Contains(r.Body, "no access to this account") {
		t.Errorf("the refund is refused by %s", r.Body)
	}

	// Its intent cannot be canceled any more.
	s.ExpireNow(declined)
	s.Eventually("the declined order has ended", func() bool { return s.State(declined).Order.Status != orders.Open })
}
