package pages_test

import (
	"fmt"
	"testing"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

const (
	cartEmpty = "JSON.stringify(JSON.parse(localStorage.getItem('checkoutd.cart')).lines) === '{}'"
	cartFree  = "(({lines, order}) => lines.mug.quantity === 1 && order === '')(JSON.parse(localStorage.getItem('checkoutd.cart')))"
)

// orderedCart leaves a cart in the browser that was ordered as the site's
// order.
func (s *site) orderedCart() {
	s.t.Helper()
	s.open("/", "document.querySelector('#products')")
	s.tab.run(fmt.Sprintf("localStorage.setItem('checkoutd.cart', JSON.stringify({lines: {mug: {quantity: 1, name: 'Mug'}}, order: %q}))", s.order.ID))
}

func TestTheCheckoutOfAPaidOrderEmptiesTheCart(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"paid", "authorized", "review"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.orderedCart()
			s.set(func() { s.order.Status, s.order.PaymentStatus = orders.Status(status), orders.PaymentStatus(status) })
			s.open("/checkout/"+s.order.ID, fmt.Sprintf("document.querySelector('#order-state')?.dataset.state === %q", status))
			s.tab.until(cartEmpty)
		})
	}
}

// The buyer paid in a tab that was closed before it could empty the cart.
func TestTheShopAsksAboutTheOrderOfItsCart(t *testing.T) {
	t.Parallel()
	const filled = "!document.querySelector('#cart-filled').hidden"
	for _, tt := range []struct {
		name    string
		status  orders.Status
		missing bool
		want    string
	}{
		{"paid: the cart is empty", "paid", false, cartEmpty + " && !document.querySelector('#cart-empty').hidden && document.querySelector('#checkout-button').hidden"},
		{"expired: it can be ordered again, and there is nothing to ask about", "expired", false, filled + " && " + cartFree},
		{"somebody else's by now: the same", "open", true, filled + " && " + cartFree},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.orderedCart()
			s.set(func() {
				s.order.Status = tt.status
				if tt.missing {
					s.missing = fault.New(fault.NotFound, "order_not_found", "There is no such order.")
				}
			})

			s.open("/", tt.want)
		})
	}

	t.Run("open: the cart stays, and the next visit asks again", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.orderedCart()
		s.open("/", filled)
		s.waitAsked(1)
		s.set(func() { s.order.Status = "paid" })
		s.open("/", cartEmpty)
	})
}

func TestTheCheckoutOfAPaymentUnderWayMovesOn(t *testing.T) {
	t.Parallel()
	for _, payment := range []orders.PaymentStatus{"checking", "processing"} {
		t.Run(string(payment), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.order.PaymentStatus = payment
			s.open("/checkout/"+s.order.ID, "document.querySelector('#order-state')?.dataset.state === 'progress'")
			s.waitAsked(1)
			s.set(func() { s.order.Status, s.order.PaymentStatus = "paid", "paid" })
			s.tab.until(afterPayment + " && document.querySelector('#order-state')?.dataset.state === 'paid'")
		})
	}
}
