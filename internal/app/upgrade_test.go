package app_test

import (
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/orders"
)

// An order that was made before orders kept their options is paid under the shop's: where
// money is only held, it is not taken.
func TestOrderOfTheFirstReleaseIsPaidAsItWasOffered(t *testing.T) {
	t.Parallel()
	s := openShop(t, asking("CAPTURE_METHOD", "manual"))
	b := s.buyer(t)
	id := b.order("mug")
	s.stop()
	ctx := t.Context()
	kept, err := app.OpenStore(ctx, s.cfg, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	_, err = kept.UpdateOrder(ctx, id, func(o *orders.Order) error { o.Options = orders.Options{}; return nil })
	if err := errors.Join(err, kept.Close()); err != nil {
		t.Fatal(err)
	}
	s.start()
	if r := b.confirm(id, cardPays); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if o := b.object(b.call("GET", "/orders/"+id, "")); o["status"] != "authorized" {
		t.Errorf("the order is %v, want authorized", o["status"])
	}
}
