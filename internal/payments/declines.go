package payments

import "checkoutd/internal/fault"

// codeGenericDecline is Stripe's decline code for a card that was declined for
// a reason that nobody tells.
const codeGenericDecline = "generic_decline"

// codeCardDeclined is the error code that goes with every decline code.
const codeCardDeclined = "card_declined"

// mustNotBeTold reports whether a decline code must reach nobody but the shop.
// Stripe asks to present fraudulent, lost_card, merchant_blacklist and
// stolen_card as generic_decline
// (https://docs.stripe.com/declines/codes). The others say as much about a card
// that somebody reported, or about the shop's rules: whoever tests stolen cards
// must not learn it.
func mustNotBeTold(declineCode string) bool {
	switch declineCode {
	case "fraudulent", "lost_card", "merchant_blacklist", "stolen_card",
		"highest_risk_level", "pickup_card", "restricted_card", "security_violation", "suspected_fraud":
		return true
	}
	return false
}

// told returns Stripe's error as the buyer may know it, and the sentence that
// goes with it. The ledger and the shop's commands keep the real codes.
func (a *Attempt) told() (*fault.Payment, string) {
	if mustNotBeTold(a.DeclineCode) || mustNotBeTold(a.ErrorCode) {
		return &fault.Payment{Type: a.ErrorType, Code: codeCardDeclined, DeclineCode: codeGenericDecline},
			"Your card was declined."
	}
	return &fault.Payment{Type: a.ErrorType, Code: a.ErrorCode, DeclineCode: a.DeclineCode}, a.Message
}
