package storetest

import (
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// testPaidOrders checks what the shop's rules count.
func testPaidOrders(t *testing.T, e Engine) {
	f := newFixture(t, e)
	for _, c := range []struct {
		customer, reference string
		status              orders.Status
	}{
		{"cus_a", "ada", orders.Paid},
		{"cus_a", "", orders.Authorized},
		{"cus_b", "ada", orders.Review},
		{"cus_a", "", orders.Open},
		{"cus_a", "", orders.Canceled},
		{"", "", orders.Paid},
	} {
		o := f.order()
		f.update(o.ID, func(st *payments.State) {
			st.Order.Status, st.Order.CustomerID, st.Order.CustomerReference = c.status, c.customer, c.reference
		})
	}

	for _, c := range []struct {
		customer, reference string
		since               time.Time
		want                int64
	}{
		{"cus_a", "ada", start.Add(-time.Hour), 3},
		{"cus_a", "", start.Add(-time.Hour), 2},
		{"", "ada", start.Add(-time.Hour), 2},
		{"cus_a", "ada", start.Add(time.Hour), 0},
		{"", "", start.Add(-time.Hour), 0},
	} {
		if n, err := f.PaidOrders(f.ctx, c.customer, c.reference, c.since); err != nil || n != c.want {
			t.Errorf("%q %q: got %d, %v; want %d", c.customer, c.reference, n, err, c.want)
		}
	}
}
