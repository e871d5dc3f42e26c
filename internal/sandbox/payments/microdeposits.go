package payments

import (
	"slices"
	"strings"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// Microdeposits tell a buyer to verify a bank account by what was deposited
// there. See
// https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment#test-microdeposits.
type Microdeposits struct {
	ArrivalDate           int64  `json:"arrival_date"`
	HostedVerificationURL string `json:"hosted_verification_url"`
	MicrodepositType      string `json:"microdeposit_type"`
}

// wantsMicrodeposits reports whether the options of an intent ask to verify a
// US bank account by deposits.
func wantsMicrodeposits(options map[string]any) bool {
	bank, _ := options["us_bank_account"].(map[string]any)
	return bank["verification_method"] == "microdeposits"
}

// needsDeposits reports whether the attempt's account has to be verified first.
func (a *Attempt) needsDeposits() bool {
	return !a.OffSession && !a.Method.private.Ready && wantsMicrodeposits(a.Intent.PaymentMethodOptions)
}

// microdepositsOf returns the next action of an intent whose account has to be
// verified. The deposit arrives after a working day.
func (c *Call) microdepositsOf(intent string) *NextAction {
	arrival := c.Now.AddDate(0, 0, 1)
	for arrival.Weekday() == time.Saturday || arrival.Weekday() == time.Sunday {
		arrival = arrival.AddDate(0, 0, 1)
	}

	return &NextAction{Type: "verify_with_microdeposits", Microdeposits: &Microdeposits{
		ArrivalDate:           arrival.Unix(),
		HostedVerificationURL: c.Base() + "/receipts/" + intent,
		MicrodepositType:      "descriptor_code",
	}}
}

// awaitMicrodeposits leaves an intent waiting for the verification of its
// buyer's account.
func (c *Call) awaitMicrodeposits(a *Attempt) *PaymentIntent {
	a.Intent.NextAction = c.microdepositsOf(a.Intent.ID)
	return c.waitForBuyer(a)
}

// checkDeposits compares what the buyer saw with Stripe's test values.
func (c *Call) checkDeposits() error {
	code, amounts := strings.ToUpper(c.Params.String("descriptor_code")), c.Params.Strings("amounts")

	switch {
	case code == "SM11AA", slices.Equal(amounts, []string{"32", "45"}):
		return nil
	case code == "" && len(amounts) == 0:
		return wire.MissingParam("descriptor_code")
	case code != "" && code[:min(2, len(code))] != "SM":
		return wire.Invalid("payment_method_microdeposit_verification_descriptor_code_mismatch", "descriptor_code",
			"The descriptor code must begin with SM.")
	}

	return wire.Invalid("payment_method_microdeposit_verification_amounts_mismatch", "",
		"The values provided do not match the deposits that were sent to the bank account.")
}

// verifyIntent is POST /v1/payment_intents/{id}/verify_microdeposits.
func verifyIntent(c *Call) (any, error) {
	pi, err := api.PathObject[*PaymentIntent](c.API(), api.KindIntent)
	if err != nil {
		return nil, err
	}
	if c.Publishable && c.Params.String("client_secret") != pi.ClientSecret {
		return nil, wire.NotFound(api.KindIntent, c.ID)
	}
	if pi.NextAction == nil || pi.NextAction.Microdeposits == nil {
		return nil, unexpectedState(pi, "This PaymentIntent has no microdeposits to verify.")
	}
	if err := c.checkDeposits(); err != nil {
		return nil, err
	}

	pm, ok := memory.Find[*PaymentMethod](c.Tx, wire.Deref(pi.PaymentMethod))
	if !ok {
		return nil, wire.NoSuch("PaymentMethod", "payment_method", wire.Deref(pi.PaymentMethod))
	}

	next := *pi
	next.NextAction = nil
	done := c.startDelayed(&Attempt{Intent: &next, Method: pm})
	if c.Publishable {
		return clientView(done), nil
	}

	return done, nil
}

// verifySetup is POST /v1/setup_intents/{id}/verify_microdeposits.
func verifySetup(c *Call) (any, error) {
	si, err := api.PathObject[*SetupIntent](c.API(), nounSetup)
	if err != nil {
		return nil, err
	}
	if c.Publishable && c.Params.String("client_secret") != si.ClientSecret {
		return nil, wire.NotFound(nounSetup, c.ID)
	}
	if si.NextAction == nil || si.NextAction.Microdeposits == nil {
		return nil, unexpectedSetup(si, "This SetupIntent has no microdeposits to verify.")
	}
	if err := c.checkDeposits(); err != nil {
		return nil, err
	}

	pm, ok := memory.Find[*PaymentMethod](c.Tx, wire.Deref(si.PaymentMethod))
	if !ok {
		return nil, wire.NoSuch("PaymentMethod", "payment_method", wire.Deref(si.PaymentMethod))
	}

	next := *si
	done := c.completeSetup(&next, pm)
	if c.Publishable {
		return clientSetup(done), nil
	}

	return done, nil
}
