package stripeapi

import (
	"net/http"
	"slices"
	"strings"

	"checkoutd/internal/tracing"
)

// startSpan begins the span of an exchange. Stripe gets nothing of the trace.
func startSpan(r *http.Request) *tracing.Span {
	if !tracing.IsOn(r.Context()) {
		return nil
	}

	_, span := tracing.Start(r.Context(), tracing.Call, operation(r.Method, r.URL.Path),
		tracing.Peer("stripe"), tracing.Method(r.Method), tracing.AccountID(r.Header.Get(accountHeader)))
	return span
}

// endSpan notes the answer. Stripe finds a request by its ID
// (https://docs.stripe.com/api/request_ids).
func endSpan(span *tracing.Span, resp *http.Response, err error) {
	if err != nil {
		span.Set(tracing.ErrorCode("no_answer"))
		span.Fail()
		return
	}

	span.Set(tracing.Status(resp.StatusCode), tracing.StripeRequest(resp.Header.Get("Request-Id")))
	if resp.StatusCode >= http.StatusBadRequest && resp.StatusCode != http.StatusPaymentRequired {
		span.Fail() // 402 says that the bank declined, which is an outcome like others
	}
}

// words are the parts of the paths that we call which are no IDs.
var words = strings.Fields(`v1 account account_links account_sessions accounts apple_pay application_fees
	balance balance_transactions cancel capture cash_balance_transactions charges checkout close
	confirm confirmation_tokens coupons customer_sessions customers detach disputes domains events
	external_accounts invoices lines oauth deauthorize token pay payment_intents payment_method_configurations
	payment_method_domains payment_methods prices products promotion_codes refunds search setup_intents
	subscription_items subscriptions transfers validate void voidable webhook_endpoints`)

// operation returns the name of a request: its method and its path without IDs,
// of which anything is one that is not in words.
func operation(method, path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, part := range parts {
		if !slices.Contains(words, part) {
			parts[i] = "{id}"
		}
	}
	return "Stripe " + method + " /" + strings.Join(parts, "/")
}
