package stripeapi

import (
	"encoding/json"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// expandSnapshot asks Stripe for what a snapshot holds beyond the intent
// itself.
func expandSnapshot(p *stripe.Params) {
	p.AddExpand("latest_charge")
	p.AddExpand("invoice.subscription")
}

func result(pi *stripe.PaymentIntent, err error) (payments.Snapshot, error) {
	if err != nil {
		return payments.Snapshot{}, callError(err)
	}
	return snapshot(pi), nil
}

func snapshot(pi *stripe.PaymentIntent) payments.Snapshot {
	s := payments.Snapshot{
		ID:             pi.ID,
		OrderID:        pi.Metadata[payments.MetaOrder],
		AttemptID:      pi.Metadata[payments.MetaAttempt],
		Proof:          pi.Metadata[payments.MetaProof],
		Livemode:       pi.Livemode,
		Status:         payments.Status(pi.Status),
		Amount:         pi.Amount,
		AmountReceived: pi.AmountReceived,
		Capturable:     pi.AmountCapturable,
		CaptureMethod:  string(pi.CaptureMethod),
		CaptureBefore:  captureBefore(pi.LatestCharge),
		Currency:       string(pi.Currency),
		ClientSecret:   pi.ClientSecret,
		Error:          lastError(pi.LastPaymentError),
		Instructions:   instructions(pi),
		Method:         methodOf(pi.LatestCharge),
		CreatedAt:      time.Unix(pi.Created, 0).UTC(),
	}

	if pi.Customer != nil {
		s.CustomerID = pi.Customer.ID
	}

	if pi.OnBehalfOf != nil {
		s.OnBehalfOf = pi.OnBehalfOf.ID
	}

	if pi.TransferData != nil && pi.TransferData.Destination != nil {
		s.TransferTo = pi.TransferData.Destination.ID
	}

	if inv := pi.Invoice; inv != nil {
		s.InvoiceID = inv.ID
		addSubscription(&s, inv, inv.Subscription)
	}

	return s
}

func lastError(e *stripe.Error) *payments.StripeError {
	if e == nil {
		return nil
	}
	return &payments.StripeError{
		Type:        string(e.Type),
		Code:        string(e.Code),
		DeclineCode: string(e.DeclineCode),
		Message:     e.Msg,
		MethodType:  triedMethod(e),
	}
}

// triedMethod returns the type of the payment method that an error is about, ""
// if Stripe does not say
// (https://docs.stripe.com/api/payment_intents/object#payment_intent_object-last_payment_error-payment_method).
func triedMethod(e *stripe.Error) string {
	if e.PaymentMethod == nil {
		return ""
	}
	return string(e.PaymentMethod.Type)
}

// captureBefore returns when the hold of a card charge lapses, zero if it is
// not known
// (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
func captureBefore(ch *stripe.Charge) time.Time {
	if ch == nil || ch.PaymentMethodDetails == nil || ch.PaymentMethodDetails.Card == nil {
		return time.Time{}
	}
	return timeOf(ch.PaymentMethodDetails.Card.CaptureBefore)
}

// methodOf returns what a charge was paid with, zero if it was not expanded.
// stripe-go has a member for each type of payment method; their JSON names are
// the types.
func methodOf(ch *stripe.Charge) orders.PaymentMethod {
	if ch == nil || ch.PaymentMethodDetails == nil {
		return orders.PaymentMethod{}
	}

	details, err := json.Marshal(ch.PaymentMethodDetails)
	if err != nil {
		return orders.PaymentMethod{}
	}
	return orders.MethodOf(details)
}
