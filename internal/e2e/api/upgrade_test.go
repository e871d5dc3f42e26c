package api_test

import (
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/orders"
)

// An order from a version that did not store options with orders is paid under
// the shop's options: an amount that is only to be held is not captured.
func TestOrderOfTheFirstReleaseIsPaidAsItWasOffered(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("CAPTURE_METHOD", "manual"))
	b := s.Buyer(t)
	id := b.Order("mug")
	s.Stop()
	ctx := t.Context()
	kept, err := app.OpenStore(ctx, s.Config, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}

	_, err = kept.UpdateOrder(ctx, id, func(o *orders.Order) error { o.Options = orders.Options{}; return nil })
	if err := errors.Join(err, kept.Close()); err != nil {
		t.Fatal(err)
	}

	s.Start()
	if r := b.Confirm(id, e2etest.CardPays); r.Status != 200 {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	if o := b.Object(b.Call("GET", "/orders/"+id, "")); o["status"] != "authorized" {
		t.Errorf("the order is %v, want authorized", o["status"])
	}
}
