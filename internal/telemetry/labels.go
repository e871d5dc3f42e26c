package telemetry

import "slices"

// other stands for every value that is not in a list.
const other = "other"

// oneOf returns the value if the list has it, otherwise other.
func oneOf(list []string, value string) string {
	if slices.Contains(list, value) {
		return value
	}
	return other
}

// The values of labels.
var (
	eventSources    = []string{"webhook", "backfill"}
	eventStates     = []string{"done", "ignored", "received", "unmatched", "dead", "quarantined", "lost"}
	waitingStates   = []string{"received", "working", "unmatched", "dead", "quarantined"}
	attemptOutcomes = []string{
		"succeeded", "requires_action", "processing", "requires_capture", "failed", "unknown", "canceled",
	}
	emailStates    = []string{"due", "sent", "failed", "unknown", "skipped"}
	mailboxStates  = []string{"due", "sending", "failed", "unknown"}
	endpointStates = []string{"enabled", "disabled"}
	sweepNames     = []string{"events", "orders", "emails", "sources"}
	findingKinds   = []string{
		"charge_without_order", "charge_unknown", "charge_not_paid", "paid_without_charge", "amount_differs",
		"currency_differs", "captured_differs", "refund_unknown", "refund_missing", "refund_differs", "dispute_unknown",
	}
	blockReasons = []string{"address", "customer", "shop"}
	callMethods  = []string{"GET", "POST", "DELETE"}
)

// The outcomes of a request to Stripe.
const (
	notAsked = "not_sent"
	noAnswer = "no_answer"
)

var callOutcomes = []string{"ok", "declined", "rate_limited", "refused", "failed", noAnswer, notAsked}

// callOutcome returns the outcome of a request to Stripe
// (https://docs.stripe.com/api/errors).
func callOutcome(status int) string {
	switch {
	case status == 0:
		return noAnswer
	case status < 400:
		return "ok"
	case status == 402:
		return "declined"
	case status == 429:
		return "rate_limited"
	case status < 500:
		return "refused"
	}
	return "failed"
}

var tryOutcomes = []string{"ok", "redirected", "gone", "rate_limited", "refused", "failed", noAnswer}

// tryOutcome returns the outcome of a webhook to the shop's backend.
func tryOutcome(status int) string {
	switch {
	case status == 0:
		return noAnswer
	case status >= 200 && status < 300:
		return "ok"
	case status < 400:
		return "redirected"
	case status == 410:
		return "gone"
	case status == 429:
		return "rate_limited"
	case status < 500:
		return "refused"
	}
	return "failed"
}

// declineCodes are Stripe's reasons of a decline
// (https://docs.stripe.com/declines/codes).
var declineCodes = []string{
	"approve_with_id", "authentication_not_handled", "authentication_required", "call_issuer",
	"card_not_supported", "card_velocity_exceeded", "currency_not_supported", "do_not_honor",
	"do_not_try_again", "duplicate_transaction", "expired_card", "fraudulent", "generic_decline",
	"incorrect_address", "incorrect_cvc", "incorrect_number", "incorrect_pin", "incorrect_zip",
	"insufficient_funds", "invalid_account", "invalid_amount", "invalid_cvc", "invalid_expiry_month",
	"invalid_expiry_year", "invalid_number", "invalid_pin", "issuer_not_available", "lost_card",
	"merchant_blacklist", "mobile_device_authentication_required", "new_account_information_available",
	"no_action_taken", "not_permitted", "offline_pin_required", "online_or_offline_pin_required",
	"pickup_card", "pin_try_exceeded", "previously_declined_do_not_honor", "processing_error",
	"reenter_transaction", "restricted_card", "revocation_of_all_authorizations",
	"revocation_of_authorization", "security_violation", "service_not_allowed", "stolen_card",
	"stop_payment_order", "testmode_decline", "transaction_not_allowed", "try_again_later",
	"withdrawal_count_limit_exceeded",
}
