package effects

import (
	"checkoutd/internal/connect"
	"checkoutd/internal/drift"
	"checkoutd/internal/payments"
)

// Kind is a row of the table of effects.
type Kind struct {
	Name string // as in the webhooks to the shop
	// Means says when it happens, for the documentation: "the order is paid".
	Means string
	plan  func(payments.Effect) Plan
}

// Kinds returns the table of effects.
func Kinds() []Kind {
	return []Kind{
		{payments.EffectAuthorized, "The money is held, to be captured.", announce},
		{payments.EffectPaid, "The money is taken: ship.", announce},
		{payments.EffectSaved, "Mode setup: the payment method is saved.", announce},
		{payments.EffectCaptureFailed, "A capture failed, or the hold lapsed before one.", announce},
		{payments.EffectRefunded, "A refund was made, or is on its way.", announce},
		{payments.EffectRefundFailed, "A refund failed: the buyer did not get the money.", announce},
		{payments.EffectDisputed, "The buyer disputes the payment at the bank: answer in time.", announce},
		{payments.EffectDisputeClosed, "A dispute is decided.", announce},
		{payments.EffectReview, "The money does not match the order: a person decides.", announce},
		{payments.EffectForeign, "Money names the order, but no attempt of ours took it: a person decides.", announce},
		{payments.EffectExpired, "The order ended without a payment.", announce},
		{payments.EffectCanceled, "The shop canceled the order.", announce},
		{payments.EffectRenewed, "A later invoice of the order's subscription is paid.", announce},
		{payments.EffectPastDue, "A renewal of the order's subscription is not paid.", announce},
		{payments.EffectEnded, "The order's subscription has ended.", announce},
		{connect.EffectConnected, "The owner of an account has connected it.", announce},
		{connect.EffectDisconnected, "An account is disconnected: nothing can be done for it any more.", announce},
		{drift.EffectFound, "The comparison with Stripe found something that differs: a person decides.", announce},
	}
}

// announce tells the shop's webhook endpoints.
func announce(payments.Effect) Plan { return Plan{Announce: true} }

func kindOf(name string) (k Kind, ok bool) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, true
		}
	}
	return k, false
}
