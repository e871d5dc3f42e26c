package webhooks

import "slices"

// EventTypes returns the types that an endpoint for the platform's own account
// should send: all that the table of routes handles, as they are called in our
// API version (https://docs.stripe.com/api/events/types). Stripe takes no
// prefixes in the list of an endpoint.
func EventTypes() []string { return slices.Clone(eventTypes) }

// ConnectEventTypes returns the types that an endpoint for connected accounts
// should send: those of payments, and the news about the accounts themselves.
func ConnectEventTypes() []string { return slices.Concat(eventTypes, accountTypes) }

// accountTypes are those of connect.IsNews.
var accountTypes = []string{
	"account.application.authorized",
	"account.application.deauthorized",
	"account.updated",
	"capability.updated",
}

var eventTypes = []string{
	"cash_balance.funds_available",
	"charge.captured",
	"charge.dispute.closed",
	"charge.dispute.created",
	"charge.dispute.funds_reinstated",
	"charge.dispute.funds_withdrawn",
	"charge.dispute.updated",
	"charge.expired",
	"charge.failed",
	"charge.pending",
	"charge.refund.updated",
	"charge.refunded",
	"charge.succeeded",
	"charge.updated",
	"customer.subscription.created",
	"customer.subscription.deleted",
	"customer.subscription.paused",
	"customer.subscription.pending_update_applied",
	"customer.subscription.pending_update_expired",
	"customer.subscription.resumed",
	"customer.subscription.trial_will_end",
	"customer.subscription.updated",
	"customer_cash_balance_transaction.created",
	"invoice.created",
	"invoice.deleted",
	"invoice.finalization_failed",
	"invoice.finalized",
	"invoice.marked_uncollectible",
	"invoice.overdue",
	"invoice.paid",
	"invoice.payment_action_required",
	"invoice.payment_failed",
	"invoice.payment_succeeded",
	"invoice.sent",
	"invoice.upcoming",
	"invoice.updated",
	"invoice.voided",
	"invoice.will_be_due",
	"payment_intent.amount_capturable_updated",
	"payment_intent.canceled",
	"payment_intent.created",
	"payment_intent.partially_funded",
	"payment_intent.payment_failed",
	"payment_intent.processing",
	"payment_intent.requires_action",
	"payment_intent.succeeded",
	"refund.created",
	"refund.failed",
	"refund.updated",
	"setup_intent.canceled",
	"setup_intent.created",
	"setup_intent.requires_action",
	"setup_intent.setup_failed",
	"setup_intent.succeeded",
}
