package payments

import (
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// Stripe's names for parameters that decide what a refusal means.
const (
	paramToken    = "confirmation_token"
	paramCustomer = "customer"
	paramMethod   = "payment_method"
	paramShipping = "shipping"
)

// The codes of refusals that Stripe's own code does not tell apart. The ledger
// keeps them in place of it.
const (
	// codeTokenUnusable means that a ConfirmationToken has expired or was used.
	codeTokenUnusable = "confirmation_token_unusable"
	// codeTokenMissing means that Stripe does not know the ConfirmationToken:
	// it is long gone, or belongs to another account.
	codeTokenMissing = "confirmation_token_missing"
	// codeTokenForeign means that Stripe did not know two tokens in a row, so
	// the page and the server use keys of two accounts.
	codeTokenForeign = "confirmation_token_foreign"
	// codeTokenMismatch means that the intent differs from what the token was
	// created for.
	codeTokenMismatch = "confirmation_token_mismatch"
	codeCustomerGone  = "customer_gone"
	codeMethodGone    = "payment_method_gone"
	codeShipping      = "shipping_invalid"
	codeProductGone   = "product_inactive"
	// codeIntentGone means that the intent to confirm was canceled at Stripe.
	codeIntentGone = "payment_intent_canceled"
)

// Stripe's codes (https://docs.stripe.com/error-codes).
const (
	codeResourceMissing      = "resource_missing"
	codeEmailInvalid         = "email_invalid"
	codePostalCodeInvalid    = "postal_code_invalid"
	codeAmountTooSmall       = "amount_too_small"
	codeAmountTooLarge       = "amount_too_large"
	codeIntentUnexpected     = "payment_intent_unexpected_state"
	codeSetupUnexpected      = "setup_intent_unexpected_state"
	codeIncompatibleMethod   = "payment_intent_incompatible_payment_method"
	codeAttemptFailed        = "payment_intent_payment_attempt_failed"
	codeSetupAttemptFailed   = "setup_attempt_failed"
	prefixOfMethodCodes      = "payment_method_"
	codeMethodsNotConfigured = "payment_method_configuration_failures"
)

// refusalCode returns the code of a refused request, after which the buyer's
// answer is chosen.
func (e *CallError) refusalCode() string {
	code := e.Stripe.Code
	if e.Stripe.Type != TypeInvalidRequest {
		return code
	}

	switch {
	case saysTokenDiffers(e.Stripe):
		return codeTokenMismatch
	case e.Param == paramToken && code == codeResourceMissing:
		return codeTokenMissing
	case e.Param == paramToken && saysTokenIsOver(e.Stripe):
		return codeTokenUnusable
	case e.Param == paramToken:
		return codeTokenMismatch
	case e.Param == paramCustomer && code == codeResourceMissing:
		return codeCustomerGone
	case e.Param == paramMethod, saysMethodIsSpent(e.Stripe):
		return codeMethodGone
	case strings.Contains(e.Param, "product") &&
		(strings.Contains(e.Stripe.Message, "inactive") || strings.Contains(e.Stripe.Message, "not active")):
		return codeProductGone
	case e.Param == "receipt_email", e.Param == "email":
		return codeEmailInvalid
	case e.Param == paramShipping, strings.HasPrefix(e.Param, paramShipping+"["):
		return codeShipping
	}

	return code
}

// saysTokenDiffers reports whether a refusal means that the intent differs from
// what the ConfirmationToken was created for, such as in whether it saves the
// payment method. Stripe documents neither code nor parameter for that.
func saysTokenDiffers(e StripeError) bool {
	return strings.Contains(e.Message, "does not match") && strings.Contains(e.Message, paramToken)
}

// saysMethodIsSpent reports whether a refusal means that a payment method was
// detached or has paid before. Stripe sends neither code nor parameter for
// that.
func saysMethodIsSpent(e StripeError) bool {
	return strings.Contains(e.Message, "PaymentMethod") && strings.Contains(e.Message, "may not be used again")
}

// saysTokenIsOver reports whether a refusal of a ConfirmationToken means that
// it has expired or was used. Stripe does not document codes for that, so the
// sentence counts as well.
func saysTokenIsOver(e StripeError) bool {
	for _, text := range []string{e.Code, e.Message} {
		if strings.Contains(text, "expired") || strings.Contains(text, "already_used") ||
			strings.Contains(text, "already been used") {
			return true
		}
	}
	return false
}

// remedy is who can do something about a refused request.
type remedy int

const (
	byShop        remedy = iota // nothing that the buyer enters changes it
	byOtherMethod               // another way to pay may work
	byBuyer                     // the buyer corrects what was entered
)

// remedyOf returns the remedy for an invalid request that Stripe refused with
// the code. It is the shop's unless the code proves otherwise, so that nobody
// is asked for one card after the other in vain.
func remedyOf(code string) remedy {
	switch code {
	case codeTokenUnusable, codeTokenMissing, codeMethodGone, codeEmailInvalid, codeShipping, codePostalCodeInvalid,
		codeIntentGone:
		return byBuyer
	case codeIncompatibleMethod, codeAttemptFailed, codeSetupAttemptFailed:
		return byOtherMethod
	case codeMethodsNotConfigured:
		return byShop
	}

	if strings.HasPrefix(code, prefixOfMethodCodes) {
		return byOtherMethod
	}

	return byShop
}

// invalidRequest returns the fault of an attempt whose request Stripe refused.
func (a *Attempt) invalidRequest(payment *fault.Payment) *fault.Error {
	f := &fault.Error{Kind: fault.Invalid, Payment: payment}

	switch a.ErrorCode {
	case codeTokenUnusable, codeTokenMissing:
		f.Code = "token_expired"
		f.Message = "Your payment details have expired. Please enter them again."
	case codeMethodGone:
		f.Code = "method_gone"
		f.Message = "This saved payment method can no longer be used. You were not charged; " +
			"please choose or enter another one."

	case codeEmailInvalid:
		f.Code, f.Field = "email_malformed", "email"
		f.Message = "The payment provider does not accept this e-mail address. You were not charged; please correct it."
	case codeShipping, codePostalCodeInvalid:
		f.Code, f.Field = "address_malformed", "shipping"
		f.Message = "The payment provider does not accept this address. You were not charged; please correct it."
	case codeAmountTooSmall, codeAmountTooLarge:
		f.Code = "amount_out_of_range"
		f.Message = "This total cannot be charged: the payment provider has limits for it. You were not charged."
	default:
		if remedyOf(a.ErrorCode) == byShop {
			return shopFault(payment)
		}

		f.Code = "payment_rejected"
		f.Message = "This payment could not be made. You were not charged; please try another way to pay."
	}

	return f
}

// shopFault returns the fault for a payment that only the shop can make
// possible.
func shopFault(payment *fault.Payment) *fault.Error {
	return &fault.Error{
		Kind: fault.Unavailable,
		Code: "payment_unavailable",
		Message: "There is a problem on the shop's side, so it cannot take this payment. You were not charged. " +
			"Please contact the shop.",
		Payment: payment,
	}
}

// needsShop reports whether only the shop can do something about a refusal.
func (e *CallError) needsShop() bool {
	if e.Outcome != OutcomeRefused {
		return false
	}

	switch e.Stripe.Type {
	case TypeAuthentication, TypePermission:
		return true
	case TypeInvalidRequest:
		return remedyOf(e.refusalCode()) != byBuyer && e.refusalCode() != codeCustomerGone
	}

	return false
}

// refusalLog tells the operator what Stripe refuses for reasons that only the
// shop can remove: each reason with Stripe's sentence when it first comes up,
// and again once an hour with the count. It is safe for concurrent use.
type refusalLog struct {
	log zerolog.Logger
	now func() time.Time

	mu   sync.Mutex
	seen map[string]*refusalCount
}

type refusalCount struct {
	n    int64
	said time.Time
}

const (
	refusalPause = time.Hour // between two lines about one reason
	maxReasons   = 200       // that are told apart
)

func newRefusalLog(log zerolog.Logger, now func() time.Time) *refusalLog {
	return &refusalLog{log: log, now: now, seen: make(map[string]*refusalCount)}
}

// add counts a refusal and writes its line if that is due. contact is what the
// buyer typed, which Stripe's sentence may repeat and the line must not.
func (l *refusalLog) add(e *CallError, orderID string, contact orders.Contact) {
	n, due := l.count(e.Stripe.Type + " " + e.Stripe.Code + " " + e.Param)
	if !due {
		return
	}

	l.log.Error().
		Str("order_id", orderID).
		Str("stripe_type", e.Stripe.Type).
		Str("stripe_code", e.Stripe.Code).
		Str("param", e.Param).
		Str("stripe_says", impersonal(e.Stripe.Message, contact)).
		Int64("count", n).
		AnErr("cause", e.Cause).
		Msg("Stripe refuses payments for a reason that no buyer can remove")
}

// addUnknownToken counts a ConfirmationToken that Stripe does not know. One
// alone may be old or made up; two in a row are told as an error.
func (l *refusalLog) addUnknownToken(orderID string) {
	n, due := l.count(codeTokenMissing)
	if !due {
		return
	}

	l.log.Warn().
		Str("order_id", orderID).
		Int64("count", n).
		Msg("Stripe does not know a ConfirmationToken: if the page had just made it, STRIPE_PUBLISHABLE_KEY and " +
			"STRIPE_SECRET_KEY are keys of two accounts, with which no buyer can pay")
}

func (l *refusalLog) count(reason string) (n int64, due bool) {
	l.mu.Lock()
	defer l.mu.Unlock()

	if _, ok := l.seen[reason]; !ok && len(l.seen) >= maxReasons {
		reason = "other"
	}

	c := l.seen[reason]
	if c == nil {
		c = &refusalCount{}
		l.seen[reason] = c
	}

	c.n++
	if now := l.now(); c.said.IsZero() || now.Sub(c.said) >= refusalPause {
		c.said = now
		return c.n, true
	}

	return c.n, false
}

var emailPattern = regexp.MustCompile(`[^\s'"<>]+@[^\s'"<>]+`)

// maxSentence is how many characters of Stripe's sentence a line holds.
const maxSentence = 400

// impersonal returns Stripe's sentence without what the buyer typed.
func impersonal(sentence string, c orders.Contact) string {
	const hidden = "[hidden]"

	sentence = emailPattern.ReplaceAllString(sentence, hidden)
	for _, a := range []*orders.Address{c.Shipping, c.Billing} {
		if a == nil {
			continue
		}

		p := a.Address
		for _, typed := range []string{a.Name, a.Phone, p.Line1, p.Line2, p.City, p.PostalCode} {
			if len(typed) > 1 {
				sentence = strings.ReplaceAll(sentence, typed, hidden)
			}
		}
	}

	if r := []rune(sentence); len(r) > maxSentence {
		sentence = string(r[:maxSentence]) + "…"
	}

	return sentence
}
