package rehearsal

import (
	"net/http"
	"strings"
)

// faultCases are Stripe's other types of errors, and the network's
// (https://docs.stripe.com/api/errors).
var faultCases = faults([][3]string{
	{"api_error/before", "status_500", "Stripe fails with 500 and does nothing"},
	{"api_error/after", "charge_then_500", "Stripe charges, and then fails with 500"},
	{"invalid_request_error", "status_400", "Stripe refuses a parameter of ours"},
	{"idempotency_error", "idempotency_error", "Stripe says that the idempotency key had other parameters"},
	{"idempotency_error/in-progress", "status_409", "Stripe says that the same request is in progress"},
	{"authentication_error", "status_401", "Stripe refuses the secret key"},
	{"network/cut-before", "reset", "the connection is cut before Stripe does anything"},
	{"network/cut-after", "charge_then_cut", "Stripe charges, and the connection is cut before its answer"},
	{"rate_limit/object", "lock_timeout", "Stripe refuses with 429 because the object is locked"},
	{"rate_limit/account", "status_429", "Stripe refuses with 429 because of too many requests"},
})

func faults(kinds [][3]string) (rows []caseRow) {
	for _, k := range kinds {
		rows = append(rows, caseRow{
			k[0], "pay while " + k[2] + "; the buyer tries again until it is over",
			"the buyer reads nothing of the inside, and the order is paid in the end; charged once", noCards,
			func(w *walk) verdict { return faulty(w, k[1]) },
		})
	}
	return rows
}

// faulty pays an order while Stripe is unwell. Afterwards the buyer does what
// the page allows: tries again while the order says that it can be paid, and
// waits while its payment is being checked.
func faulty(w *walk, fault string) verdict {
	b := w.buyer()
	o := b.order()
	token := b.token(o, cardPays)
	if err := w.cfg.Stripe.Misbehave("POST /v1/payment_intents", fault); err != nil {
		w.fail(err)
	}

	first := b.confirm(o, token)
	w.cfg.Stripe.Behave()

	for _, inside := range []string{"Injected", "rehearsed", "API Key", "dempotent", "goroutine", "127.0.0.1"} {
		if strings.Contains(first.message(), inside) {
			return is(false, "the buyer reads of the inside: %s", first)
		}
	}
	if first.status != http.StatusOK && first.message() == "" {
		return is(false, "the buyer reads no reason: %s", first)
	}

	w.until(func() bool {
		s := w.state(o)
		if s.unpaid() {
			b.pay(o, cardPays)
		}
		return s.settled() || s.status == "review"
	})

	return w.settles(o, "first "+first.String()+"; then ")
}
