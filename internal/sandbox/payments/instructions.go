package payments

import (
	"fmt"
	"time"

	"checkoutd/internal/sandbox/api"
)

// Instructions returns the text of the hosted page that tells the buyer of an
// intent what to do, and whether there is anything to do.
func (o *PaymentIntent) Instructions() (text string, ok bool) {
	amount := api.FormatAmount(o.Amount, o.Currency)
	next := o.NextAction

	switch {
	case o.awaitsVoucher():
		end := time.Unix(o.voucherEnd(), 0).UTC().Format("2 January 2006 15:04 MST")
		return "Sandbox voucher. No money moves.\n" + amount + ", to be paid by " + end, true
	case o.awaitsTransfer():
		return fmt.Sprintf("Sandbox bank transfer. No money moves.\n%s, of which %s is missing\nReference: %s",
			amount, api.FormatAmount(next.Bank.AmountRemaining, o.Currency), next.Bank.Reference), true
	case next != nil && next.Microdeposits != nil:
		return "Sandbox verification of a bank account.\nThe deposits are 0.32 and 0.45, the code is SM11AA.", true
	}

	return "", false
}
