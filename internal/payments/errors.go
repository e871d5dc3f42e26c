package payments

import "checkoutd/internal/fault"

// ErrPaymentInProgress refuses a second attempt while one may still take money.
var ErrPaymentInProgress = fault.New(fault.Conflict, "payment_in_progress",
	"Another payment for this order is still in progress. Please wait for it to finish.")
