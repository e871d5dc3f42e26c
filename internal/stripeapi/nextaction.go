package stripeapi

import (
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/payments"
)

// verifyWithin is how long after their arrival microdeposits can be verified
// (https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment).
const verifyWithin = 10 * 24 * time.Hour

// instructions returns what an intent asks its buyer to do away from the page,
// zero if it asks for nothing of the kind: authentication and redirects end
// when the buyer leaves
// (https://docs.stripe.com/api/payment_intents/object#payment_intent_object-next_action).
func instructions(pi *stripe.PaymentIntent) payments.Instructions {
	next := pi.NextAction
	if next == nil {
		return payments.Instructions{}
	}

	is := func(until int64, url string) payments.Instructions {
		return payments.Instructions{Kind: string(next.Type), Until: timeOf(until), URL: url}
	}

	switch {
	case next.BoletoDisplayDetails != nil:
		return is(next.BoletoDisplayDetails.ExpiresAt, next.BoletoDisplayDetails.HostedVoucherURL)
	case next.OXXODisplayDetails != nil:
		return is(next.OXXODisplayDetails.ExpiresAfter, next.OXXODisplayDetails.HostedVoucherURL)
	case next.KonbiniDisplayDetails != nil:
		return is(next.KonbiniDisplayDetails.ExpiresAt, next.KonbiniDisplayDetails.HostedVoucherURL)
	case next.MultibancoDisplayDetails != nil:
		return is(next.MultibancoDisplayDetails.ExpiresAt, next.MultibancoDisplayDetails.HostedVoucherURL)
	case next.PixDisplayQRCode != nil:
		return is(next.PixDisplayQRCode.ExpiresAt, next.PixDisplayQRCode.HostedInstructionsURL)
	case next.CashAppHandleRedirectOrDisplayQRCode != nil:
		code := next.CashAppHandleRedirectOrDisplayQRCode
		if code.QRCode == nil {
			return is(0, code.HostedInstructionsURL)
		}
		return is(code.QRCode.ExpiresAt, code.HostedInstructionsURL)

	// Stripe documents no time for these codes.
	case next.PayNowDisplayQRCode != nil:
		return is(0, next.PayNowDisplayQRCode.HostedInstructionsURL)
	case next.PromptPayDisplayQRCode != nil:
		return is(0, next.PromptPayDisplayQRCode.HostedInstructionsURL)
	case next.SwishHandleRedirectOrDisplayQRCode != nil:
		return is(0, next.SwishHandleRedirectOrDisplayQRCode.HostedInstructionsURL)
	case next.WeChatPayDisplayQRCode != nil:
		return is(0, next.WeChatPayDisplayQRCode.HostedInstructionsURL)

	case next.DisplayBankTransferInstructions != nil:
		return transfer(pi, next.DisplayBankTransferInstructions)
	case next.VerifyWithMicrodeposits != nil:
		return microdeposits(next.VerifyWithMicrodeposits.ArrivalDate, next.VerifyWithMicrodeposits.HostedVerificationURL)
	}

	return payments.Instructions{}
}

// transfer returns the instructions of a bank transfer, which have no end
// (https://docs.stripe.com/payments/bank-transfers/accept-a-payment).
func transfer(
	pi *stripe.PaymentIntent, bank *stripe.PaymentIntentNextActionDisplayBankTransferInstructions,
) payments.Instructions {
	return payments.Instructions{
		Kind:   payments.KindTransfer,
		URL:    bank.HostedInstructionsURL,
		Funded: pi.Amount - bank.AmountRemaining,
	}
}

func microdeposits(arrival int64, url string) payments.Instructions {
	in := payments.Instructions{Kind: payments.KindMicrodeposits, URL: url}
	if arrival != 0 {
		in.Until = timeOf(arrival).Add(verifyWithin)
	}
	return in
}

// setupInstructions is like instructions, for a SetupIntent.
func setupInstructions(si *stripe.SetupIntent) payments.Instructions {
	if si.NextAction == nil || si.NextAction.VerifyWithMicrodeposits == nil {
		return payments.Instructions{}
	}
	deposits := si.NextAction.VerifyWithMicrodeposits
	return microdeposits(deposits.ArrivalDate, deposits.HostedVerificationURL)
}

// timeOf returns a time of Stripe's, zero for none.
func timeOf(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
