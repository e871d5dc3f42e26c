package payments

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// VoucherDetails are what the buyer of a voucher needs to pay it. Of the dates
// only the one that the type has at Stripe is set.
type VoucherDetails struct {
	Entity           *string `json:"entity,omitempty"` // of multibanco
	ExpiresAfter     *int64  `json:"expires_after,omitempty"`
	ExpiresAt        *int64  `json:"expires_at,omitempty"`
	HostedVoucherURL string  `json:"hosted_voucher_url"`
	Number           *string `json:"number,omitempty"` // of boleto and oxxo
	PDF              *string `json:"pdf,omitempty"`    // of boleto
	Reference        *string `json:"reference,omitempty"`

	Stores map[string]any `json:"stores,omitempty"` // of konbini
}

// voucher is a payment method whose buyer pays away from the page within some
// days. See https://docs.stripe.com/payments/vouchers.
type voucher struct {
	days    int      // how long it is valid unless the intent's options say otherwise
	maxDays int      // the most that they may say
	zone    int      // hours from UTC, for the end of the last day
	billing []string // the billing details that it needs
}

// voucherOf returns the rules of a payment method type, and whether it is a
// voucher.
func voucherOf(kind string) (v voucher, ok bool) {
	switch kind {
	case "boleto":
		return voucher{3, 60, -3, []string{"name", "email"}}, true
	case "konbini":
		return voucher{3, 60, 9, []string{"name", "email"}}, true
	case "multibanco":
		return voucher{7, 7, 0, []string{"email"}}, true
	case "oxxo":
		return voucher{3, 7, -6, []string{"name", "email"}}, true
	}

	return v, false
}

// fillVoucher sets the method of a voucher. The buyer's e-mail address decides
// what becomes of it, as in Stripe's test mode
// (https://docs.stripe.com/payments/oxxo/accept-a-payment#test-integration).
func fillVoucher(pm *PaymentMethod, p *wire.Params, v voucher) error {
	if err := needBilling(p, pm.Type, v.billing...); err != nil {
		return err
	}

	email := wire.Deref(pm.BillingDetails.Email)
	for _, outcome := range []string{
		"succeed_immediately", "expire_immediately", "expire_with_delay", "fill_never",
	} {
		if strings.Contains(email, outcome) {
			pm.private.Outcome = outcome
		}
	}

	switch pm.Type {
	case "boleto":
		pm.Boleto = &MethodBoleto{TaxID: p.String("boleto", "tax_id")}
		if pm.Boleto.TaxID == "" {
			return wire.MissingParam(Pathed(p, "boleto") + "[tax_id]")
		}

	case "konbini":
		pm.Konbini = &struct{}{}
	case "multibanco":
		pm.Multibanco = &struct{}{}
	case "oxxo":
		pm.OXXO = &struct{}{}
	}

	return nil
}

// awaitVoucher gives the buyer a voucher and leaves the intent waiting for its
// payment.
func (c *Call) awaitVoucher(a *Attempt, v voucher) (*PaymentIntent, error) {
	days := v.days
	if text := a.methodOption("expires_after_days"); text != "" {
		var err error
		if days, err = strconv.Atoi(text); err != nil || days < 0 || days > v.maxDays {
			return nil, wire.Invalid("", "payment_method_options["+a.Method.Type+"][expires_after_days]",
				"Invalid number of days: must be between 0 and %d.", v.maxDays)
		}
	}

	local := c.Now.In(time.FixedZone("", v.zone*60*60)).AddDate(0, 0, days)
	end := time.Date(local.Year(), local.Month(), local.Day(), 23, 59, 59, 0, local.Location())

	a.Intent.NextAction = voucherAction(a.Method.Type, end.Unix(), c.Base()+"/receipts/"+a.Intent.ID)
	a.Intent.private.DueAt = c.voucherDue(a.Method, end).Unix()
	c.waitForBuyer(a)

	intent := a.Intent.ID
	c.Later(intent, time.Unix(a.Intent.private.DueAt, 0), func(c *Call) error { return c.endVoucher(intent, "") })

	return a.Intent, nil
}

func voucherAction(kind string, end int64, url string) *NextAction {
	out := &VoucherDetails{HostedVoucherURL: url}
	next := &NextAction{Type: kind + "_display_details"}

	switch kind {
	case "boleto":
		out.ExpiresAt, out.Number, out.PDF = &end, new("01010101010101010101010101010101010101010101010"), new(url)
		next.Boleto = out
	case "konbini":
		out.ExpiresAt, out.Stores = &end, map[string]any{}
		for _, store := range []string{"familymart", "lawson", "ministop", "seicomart"} {
			out.Stores[store] = map[string]any{"confirmation_number": "01234567890", "payment_code": "123456"}
		}

		next.Konbini = out

	case "multibanco":
		out.ExpiresAt, out.Entity, out.Reference = &end, new("12345"), new("123456789")
		next.Multibanco = out
	case "oxxo":
		out.ExpiresAfter, out.Number = &end, new("12345678901234567890123456789012")
		next.OXXO = out
	}

	return next
}

// voucherDue returns when the buyer pays a voucher or lets it lapse. A negative
// delay leaves the payment to the sandbox's desk, and the buyer has until end.
func (c *Call) voucherDue(pm *PaymentMethod, end time.Time) time.Time {
	delay := c.Server.Config.DelayedAfter
	switch pm.private.Outcome {
	case "succeed_immediately", "expire_immediately":
	case "fill_never":
		return end
	default:
		delay *= 36 // three minutes, as at Stripe; see delayOf
	}

	if delay < 0 {
		return end
	}

	return c.Now.Add(delay)
}

// voucher reports whether the intent waits for the payment of a voucher.
func (o *PaymentIntent) awaitsVoucher() bool {
	next := o.NextAction
	return o.Status == StatusRequiresAction && next != nil &&
		(next.Boleto != nil || next.Konbini != nil || next.Multibanco != nil || next.OXXO != nil)
}

// voucherEnd returns the last moment of the intent's voucher.
func (o *PaymentIntent) voucherEnd() int64 {
	next := o.NextAction
	v := cmp.Or(next.Boleto, next.Konbini, next.Multibanco, next.OXXO)
	return wire.Deref(cmp.Or(v.ExpiresAt, v.ExpiresAfter))
}

// endVoucher pays a voucher or lets it lapse. outcome is "succeed", "fail", or
// "" for what the buyer's address says. It does nothing if the intent no longer
// waits.
func (c *Call) endVoucher(intent, outcome string) error {
	pi, ok := memory.Find[*PaymentIntent](c.Tx, intent)
	if !ok || !pi.awaitsVoucher() {
		return nil
	}

	pm, ok := memory.Find[*PaymentMethod](c.Tx, wire.Deref(pi.PaymentMethod))
	if !ok {
		return nil
	}

	if outcome == "" {
		outcome = "succeed"
		lapses := slices.Contains([]string{"expire_immediately", "expire_with_delay"}, pm.private.Outcome)
		if lapses || c.Now.Unix() >= pi.voucherEnd() {
			outcome = "fail"
		}
	}

	next := *pi
	a := &Attempt{Intent: &next, Method: pm}

	if outcome != "fail" {
		_, err := c.charge(a)
		return err
	}

	e := wire.Invalid("payment_intent_payment_attempt_expired", "",
		"The latest attempt to confirm the payment has expired.")
	c.failIntent(a, e, nil)
	c.Emit("payment_intent.payment_failed", a.Intent)
	c.follow(a.Intent)

	return nil
}
