package mirror

import (
	"time"

	"checkoutd/internal/fault"
)

// Filter selects payments. A zero field matches every payment.
type Filter struct {
	Status    string
	Currency  string
	From      time.Time // created at or after
	To        time.Time // created before
	AmountMin int64
	AmountMax int64  // 0 for no limit
	After     string // the last ID of the previous page
	Limit     int
}

// Listed is a payment with what its latest charge says.
type Listed struct {
	Payment
	Refunded    int64
	Disputed    bool
	Fee         int64
	FeeCurrency string // "" if the fee is not known
	CardBrand   string
	CardLast4   string
}

// ErrNoCursor refuses a page behind a payment that is not mirrored.
var ErrNoCursor = fault.InvalidField("starting_after", "payment_unknown",
	"There is no payment with the ID in starting_after.")
