package storetest

import (
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

func testInstructions(t *testing.T, e Engine) {
	f := newFixture(t, e)

	t.Run("an attempt keeps its instructions", func(t *testing.T) {
		f := f.in(t)
		o := f.order()

		want := payments.Instructions{
			Kind:   payments.KindTransfer,
			Until:  start.Add(time.Hour),
			URL:    "https://payments.stripe.test/bank_transfers/1",
			Funded: 400,
		}

		f.update(o.ID, func(st *payments.State) {
			a := newAttempt(1)
			a.Instructions = want
			st.Attempts = append(st.Attempts, a, failedAttempt(2))
		})

		got := f.state(o.ID).Attempts
		if got[0].Instructions != want {
			t.Errorf("got %+v, want %+v", got[0].Instructions, want)
		}
		if got[1].Instructions != (payments.Instructions{}) {
			t.Errorf("got %+v, want none", got[1].Instructions)
		}
	})

	t.Run("a bank transfer finds its order", func(t *testing.T) {
		f := f.in(t)
		f.transfer("cus_one", orders.Expired, payments.KindTransfer, 1)
		f.transfer("cus_one", orders.Open, "boleto_display_details", 2)
		want := f.transfer("cus_one", orders.Open, payments.KindTransfer, 3)
		f.transfer("cus_one", orders.Open, payments.KindTransfer, 2)
		f.transfer("cus_one", orders.Expired, payments.KindTransfer, 4)

		f.transfer("cus_two", orders.Paid, payments.KindTransfer, 9)
		f.transfer("cus_two", orders.Expired, payments.KindTransfer, 1)
		late := f.transfer("cus_two", orders.Canceled, payments.KindTransfer, 2)

		f.transfer("", orders.Open, payments.KindTransfer, 1)

		for customer, want := range map[string]string{
			"cus_one":   want,
			"cus_two":   late,
			"cus_three": "",
			"":          "",
		} {
			if id, err := f.OrderOfTransfer(f.ctx, "", customer); err != nil || id != want {
				t.Errorf("%q: got %q, %v; want %q", customer, id, err, want)
			}
		}
	})
}

func failedAttempt(n int64) payments.Attempt {
	a := newAttempt(n)
	a.State, a.CheckAt = payments.Failed, time.Time{}
	return a
}

// transfer creates an order of a customer, with an attempt that had
// instructions of a kind, some hours after the start, and returns its ID.
func (f *fixture) transfer(customer string, status orders.Status, kind string, hours int) string {
	f.t.Helper()
	o := f.order()
	f.update(o.ID, func(st *payments.State) {
		st.Order.CustomerID, st.Order.Status = customer, status
		a := failedAttempt(1)
		a.Instructions.Kind = kind
		a.CreatedAt = start.Add(time.Duration(hours) * time.Hour)
		st.Attempts = append(st.Attempts, a)
	})
	return o.ID
}
