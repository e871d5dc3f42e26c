package orders

import "time"

// Seller is who sells, as receipts and the foot of every page say it. Empty
// parts are not shown.
type Seller struct {
	Name      string
	Address   []string // lines
	TaxNumber string

	// The addresses of the shop's own pages; Contact may be a mailto address.
	Terms, Privacy, Contact, Returns, Imprint string
	// Portal is Stripe's login page of the customer portal
	// (https://docs.stripe.com/customer-management/activate-no-code-customer-portal).
	Portal string
}

// Delivery returns the days between which an order that was paid at a time
// arrives, by the rate's business days; ok is false if the rate says nothing.
// Holidays are not known, so it is an estimate.
func (r ShippingRate) Delivery(paid time.Time) (from, to time.Time, ok bool) {
	if r.MaxDays == 0 || paid.IsZero() {
		return from, to, false
	}
	return afterBusinessDays(paid, r.MinDays), afterBusinessDays(paid, r.MaxDays), true
}

// afterBusinessDays returns the day after so many days that are no weekend.
func afterBusinessDays(t time.Time, days int64) time.Time {
	for days > 0 {
		t = t.AddDate(0, 0, 1)
		if day := t.Weekday(); day != time.Saturday && day != time.Sunday {
			days--
		}
	}
	return t
}
