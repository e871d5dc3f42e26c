package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

// freeOrder makes an order of the buyer that costs nothing.
func freeOrder(b *e2etest.Buyer, sku, want string) (id string) {
	id = b.Order(sku)
	b.WantBill(b.Change(id, `{"promotion_code":"gift"}`), want)
	return id
}

const place = `{"expectedAmount":0}`

func TestAFreeOrderIsPlacedWithoutStripe(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	b := s.Buyer(t)
	id := freeOrder(b, "ebook", "800 - GIFT 800 + not sent = 0 usd")

	if m := b.Object(b.Call("POST", "/create-customer-session", "")); m["customer_session_client_secret"] != nil {
		t.Errorf("a free order got the session %v", m)
	}

	for _, body := range []string{place, place, `{}`, `{"confirmationTokenId":"ctoken_of_another_total"}`} {
		if m := b.Object(b.Call("POST", "/create-confirm-intent", body)); m["status"] != "succeeded" || m["client_secret"] != "" {
			t.Errorf("%s: %v", body, m)
		}
	}

	b.WantStatus(id, "paid paid")
	s.WantLedger(0)

	st := s.State(id)
	if o := st.Order; !o.Discount.Held || o.Captured != 0 || o.PaidAt.IsZero() || o.CustomerID != "" || len(st.Attempts) != 0 {
		t.Errorf("the order is %+v with %d attempts", o, len(st.Attempts))
	}
	if n, err := s.Store().PromotionUses(t.Context(), "GIFT"); err != nil || n != 1 {
		t.Errorf("the code has %d uses, %v", n, err)
	}
	b.WantProblem("/orders/"+id, b.Call("PATCH", "/orders/"+id, `{"promotion_code":""}`), 409, "order_not_open", "")

	receipt := b.Call("GET", "/complete?order="+id, "").Body
	french := b.Call("GET", "/complete?order="+id, "", "Accept-Language: fr").Body
	if !strings.Contains(receipt, "your order is placed") || strings.Contains(receipt, "received your payment") ||
		!strings.Contains(french, "votre commande est enregistrée") {
		t.Errorf("the receipt is\n%s", receipt)
	}
}

func TestAFreeOrderNeedsItsAddress(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	b := s.Buyer(t)
	id := b.Order("mug")
	b.WantBill(b.Change(id, `{"items":[{"sku":"mug","quantity":3}],"promotion_code":"GIFT"}`), "5400 - GIFT 5400 + post 0 = 0 usd")
	b.WantProblem("/create-confirm-intent", b.Call("POST", "/create-confirm-intent", place), 422, "shipping_missing", "shipping")
	b.Change(id, `{"shipping":`+inFrance+`}`)
	b.Call("POST", "/create-confirm-intent", place)
	b.WantStatus(id, "paid paid")
}

// The total that the page showed is the one that counts, on both sides of zero.
func TestAFreeOrderThatGotAPriceIsNotPlaced(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	b := s.Buyer(t)
	id := freeOrder(b, "ebook", "800 - GIFT 800 + not sent = 0 usd")
	token := `{"confirmationTokenId":"` + b.TokenFor(id, e2etest.CardPays) + `","expectedAmount":800}`
	if m := b.WantProblem("/create-confirm-intent", b.Call("POST", "/create-confirm-intent", token), 409, "amount_changed", ""); m["amount"] != 0.0 {
		t.Errorf("got %v", m)
	}

	b.Change(id, `{"promotion_code":""}`)
	if m := b.WantProblem("/create-confirm-intent", b.Call("POST", "/create-confirm-intent", place), 409, "amount_changed", ""); m["amount"] != 800.0 {
		t.Errorf("got %v", m)
	}
	b.WantProblem("/create-confirm-intent", b.Call("POST", "/create-confirm-intent", `{}`), 422, "token_missing", "confirmationTokenId")

	if m := b.Object(b.Call("POST", "/create-confirm-intent", token)); m["status"] != "succeeded" {
		t.Errorf("got %v", m)
	}
	s.WantLedger(1, 800)
}

// Buyers race for the last use of a code: one gets it, the others their price.
func TestTheLastUseOfACodeMakesOneOrderFree(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	const buyers = 6
	ids, replies := make([]string, buyers), make([]e2etest.Reply, buyers)
	var all [buyers]*e2etest.Buyer
	for i := range buyers {
		all[i] = s.Buyer(t)
		ids[i] = freeOrder(all[i], "ebook", "800 - GIFT 800 + not sent = 0 usd")
	}

	var racing sync.WaitGroup
	for i := range buyers {
		racing.Go(func() { replies[i] = all[i].Call("POST", "/create-confirm-intent", place) })
	}
	racing.Wait()

	placed := 0
	for i, r := range replies {
		if r.Status == http.StatusOK {
			placed++
			continue
		}
		all[i].WantProblem("/create-confirm-intent", r, 409, "amount_changed", "")
		all[i].WantBill(all[i].Object(all[i].Call("GET", "/orders/"+ids[i], "")), "800 - no code + not sent = 800 usd")
	}
	if placed != 1 {
		t.Errorf("%d orders were placed with one use", placed)
	}
	s.WantLedger(0)
}

// A change, the placing and expiry race: the order ends in one of the states,
// and the use of the code follows it.
func TestAFreeOrderIsChangedPlacedAndExpiredAtOnce(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	for range 8 {
		b := s.Buyer(t)
		id := b.Order("ebook")
		if r := b.Call("PATCH", "/orders/"+id, `{"promotion_code":"GIFT"}`); r.Status != http.StatusOK {
			break // the use is taken: placed in an earlier round
		}

		var racing sync.WaitGroup
		racing.Go(func() { b.Call("POST", "/create-confirm-intent", place) })
		racing.Go(func() { b.Call("PATCH", "/orders/"+id, `{"promotion_code":""}`) })
		racing.Go(func() { b.Call("POST", "/create-confirm-intent", place) })
		racing.Wait()

		st := s.State(id)
		uses, err := s.Store().PromotionUses(t.Context(), "GIFT")
		paid := st.Order.Status == "paid"
		if err != nil || paid != st.Order.Discount.Held || paid != (uses == 1) || paid != (st.Order.Amount == 0) {
			t.Errorf("the order is %s for %d, holds a use: %t; %d uses, %v",
				st.Order.Status, st.Order.Amount, st.Order.Discount.Held, uses, err)
		}
	}
	s.WantLedger(0)
}

func TestTheShopCannotRefundAFreeOrder(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	b := s.Buyer(t)
	id := freeOrder(b, "ebook", "800 - GIFT 800 + not sent = 0 usd")
	b.Call("POST", "/create-confirm-intent", place)

	ops := s.Operations()
	if _, err := ops.Refund(t.Context(), id, 0, ""); err == nil || !strings.Contains(err.Error(), "cost nothing") {
		t.Errorf("refund: %v", err)
	}
	if got := s.State(id); got.Order.Status != "paid" || len(got.Operations) != 0 {
		t.Errorf("the order is %s with %d operations", got.Order.Status, len(got.Operations))
	}
}
