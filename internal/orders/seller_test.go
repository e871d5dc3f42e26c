package orders_test

import (
	"testing"
	"time"

	"checkoutd/internal/orders"
)

func TestDelivery(t *testing.T) {
	t.Parallel()
	friday := time.Date(2026, 1, 30, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		rate     orders.ShippingRate
		paid     time.Time
		from, to int // days after paid
		ok       bool
	}{
		{orders.ShippingRate{MinDays: 1, MaxDays: 3}, friday, 3, 5, true},
		{orders.ShippingRate{MaxDays: 5}, friday, 0, 7, true},
		{orders.ShippingRate{MinDays: 1, MaxDays: 1}, friday.AddDate(0, 0, 1), 2, 2, true},
		{orders.ShippingRate{}, friday, 0, 0, false},
		{orders.ShippingRate{MinDays: 1, MaxDays: 3}, time.Time{}, 0, 0, false},
	} {
		from, to, ok := tt.rate.Delivery(tt.paid)
		if ok != tt.ok || ok && (from != tt.paid.AddDate(0, 0, tt.from) || to != tt.paid.AddDate(0, 0, tt.to)) {
			t.Errorf("%+v after %s: got %s to %s, %v", tt.rate, tt.paid, from, to, ok)
		}
	}
}
