// Package idempotency makes every idempotency key that checkoutd sends to
// Stripe (https://docs.stripe.com/api/idempotent_requests).
//
// Stripe answers a key that it knows with the answer of the first request, for
// 24 hours. A key is therefore made from the ID of what the request is for
// wherever the request may be sent again, and at random where a repetition does
// no harm and an old answer would.
package idempotency

import (
	"crypto/rand"
	"strconv"
	"strings"
)

// prefix begins every key. It sets the keys of checkoutd apart from those of
// other programs that use the same Stripe account, and from the random keys
// that stripe-go makes for a POST without one.
const prefix = "checkoutd-"

// IsOurs reports whether this package made key.
func IsOurs(key string) bool { return strings.HasPrefix(key, prefix) }

// in returns the beginning of a key for calls in a connected account, "" for
// the platform's own. Stripe keeps keys apart by account, too.
func in(account string) string {
	if account == "" {
		return prefix
	}
	return prefix + account + "-"
}

// Attempt returns the key of an attempt's call in an account.
func Attempt(account, attemptID string) string { return in(account) + attemptID }

// Operation returns the key of an operation in an account: a capture or a
// refund.
func Operation(account, operationID string) string { return in(account) + operationID }

// Cancel returns a new key for canceling an intent. It is random: a refusal
// that Stripe keeps under a key would be repeated after its reason is gone, and
// canceling twice does no harm.
func Cancel() string { return random("cancel-") }

// Probe returns a new key for an intent that tries the webhooks. It is random:
// every probe wants an intent of its own.
func Probe() string { return random("probe-") }

// CustomerSession returns a new key for a CustomerSession. It is random: every
// page view gets a session of its own.
func CustomerSession() string { return random("session-") }

// AccountSession returns a new key for an AccountSession. It is random: its
// client secret works once.
func AccountSession() string { return random("account-session-") }

// Customer returns the key for creating a buyer's customer in an account, so
// that two pages that load at once get the same customer. deletedCustomer is
// the customer that the new one replaces, "" for none: Stripe would answer the
// key of the first creation with the deleted one.
func Customer(account, buyerID, deletedCustomer string) string {
	key := in(account) + "customer-" + buyerID
	if deletedCustomer != "" {
		key += "-" + deletedCustomer
	}
	return key
}

// The call of an attempt may take several requests. Each but the last, which
// confirms and alone may take money, has a key made from the attempt's key.

// UpdateStep returns the key for changing an intent before it is confirmed.
func UpdateStep(attemptKey string) string { return attemptKey + "-update" }

// CustomerStep returns the key for changing the customer of a subscription.
func CustomerStep(attemptKey string) string { return attemptKey + "-customer" }

// ProductStep returns the key for creating the product of the order's item with
// the given index.
func ProductStep(attemptKey string, item int) string {
	return attemptKey + "-product-" + strconv.Itoa(item)
}

// ActivateStep returns the key for making the product of the order's item with
// the given index active again.
func ActivateStep(attemptKey string, item int) string {
	return ProductStep(attemptKey, item) + "-activate"
}

// SubscriptionStep returns the key for creating a subscription.
func SubscriptionStep(attemptKey string) string { return attemptKey + "-subscription" }

// IntentStep returns the key for setting metadata on the intent of a
// subscription's first invoice.
func IntentStep(attemptKey string) string { return attemptKey + "-intent" }

// WebhookEndpoint returns the key for creating a webhook endpoint. Stripe shows
// its secret in the answer alone, which a repetition gets once more.
func WebhookEndpoint(seed string) string { return prefix + "endpoint-" + seed }

func random(kind string) string { return prefix + kind + strings.ToLower(rand.Text()) }
