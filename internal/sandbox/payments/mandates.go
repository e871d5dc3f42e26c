package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// mandates: https://docs.stripe.com/api/mandates.
var mandates = api.RecordAPI{Kind: api.KindMandate, Prefix: "mandate"}

// attempts: https://docs.stripe.com/api/setup_attempts.
var attempts = api.RecordAPI{Kind: "setup_attempt", Prefix: "setatt"}

// newMandate stores the buyer's permission to debit an account and returns its
// id. once is the payment that it is good for, nil for any number.
func (c *Call) newMandate(pm *PaymentMethod, once *PaymentIntent) string {
	details := map[string]any{"type": pm.Type}
	switch pm.Type {
	case "sepa_debit":
		details[pm.Type] = map[string]any{"reference": wire.RandomText(16), "url": c.Base() + "/receipts/mandate"}
	case "paypal":
		details[pm.Type] = map[string]any{"billing_agreement_id": "B-" + wire.RandomText(17), "payer_id": pm.Paypal.PayerID}
	default:
		details[pm.Type] = map[string]any{}
	}

	acceptance := c.acceptance()
	fields := map[string]any{
		"customer_acceptance":    acceptance,
		"livemode":               false,
		"payment_method":         pm.ID,
		"payment_method_details": details,
		"status":                 "active",
		"type":                   "multi_use",
	}

	if once != nil {
		fields["type"], fields["single_use"] = "single_use", map[string]any{"amount": once.Amount, "currency": once.Currency}
	} else {
		fields["multi_use"] = map[string]any{}
	}

	rec := api.NewRecord(api.KindMandate, wire.NewID("mandate"), fields, pm.ID)
	c.Tx.Put(rec)
	return rec.ID
}

// checkMandate asks for the buyer's permission to debit an account again and
// again, where neither the request nor its confirmation token brings it.
// Stripe.js sends its own along. kind names the intent.
func (c *Call) checkMandate(pm *PaymentMethod, kind, and string) error {
	if pm.Type != "sepa_debit" && pm.Type != "us_bank_account" || c.Publishable || c.Params.Bool("off_session") {
		return nil
	}
	if c.consent != nil || c.Params.Has("mandate_data") || c.Params.Has("mandate") {
		return nil
	}
	return wire.Malformed("parameter_missing", "mandate_data", "When confirming a %s with a `%s` PaymentMethod%s, `mandate_data` is required.", kind, pm.Type, and)
}

// acceptance is how the buyer agreed, as the request says or the confirmation
// token that it uses.
func (c *Call) acceptance() map[string]any {
	given := readMandate(c.Params.At("mandate_data"))
	if given == nil {
		given = c.consent
	}

	if given == nil {
		given = &MandateData{CustomerAcceptance: CustomerAcceptance{Type: "online"}}
	}

	out := map[string]any{"accepted_at": c.Now.Unix(), "type": given.CustomerAcceptance.Type}
	if out["type"] == "offline" {
		out["offline"] = map[string]any{}
		return out
	}

	online := given.CustomerAcceptance.Online
	if online == nil {
		online = &OnlineAcceptance{}
	}

	out["online"] = map[string]any{"ip_address": online.IPAddress, "user_agent": online.UserAgent}
	return out
}

// noteAttempt records one try of a setup intent and returns its id.
func (c *Call) noteAttempt(si *SetupIntent, pm *PaymentMethod, status string, e *wire.Error) string {
	fields := map[string]any{
		"application":            nil,
		"attach_to_self":         false,
		"created":                c.Now.Unix(),
		"customer":               si.Customer,
		"flow_directions":        nil,
		"livemode":               false,
		"on_behalf_of":           si.OnBehalfOf,
		"payment_method":         pm.ID,
		"setup_error":            nil,
		"setup_intent":           si.ID,
		"payment_method_details": map[string]any{"type": pm.Type, pm.Type: map[string]any{}},
		"status":                 status,
		"usage":                  si.Usage,
	}

	if e != nil {
		fields["setup_error"] = e
	}

	if pm.Card != nil {
		fields["payment_method_details"] = map[string]any{"type": "card", "card": map[string]any{
			"brand":          pm.Card.Brand,
			"checks":         pm.Card.Checks,
			"country":        pm.Card.Country,
			"exp_month":      pm.Card.ExpMonth,
			"exp_year":       pm.Card.ExpYear,
			"fingerprint":    pm.Card.Fingerprint,
			"funding":        pm.Card.Funding,
			"last4":          pm.Card.Last4,
			"network":        pm.Card.Brand,
			"three_d_secure": nil,
			"wallet":         nil,
		}}
	}

	rec := api.NewRecord(attempts.Kind, wire.NewID("setatt"), fields, si.ID)
	c.Tx.Put(rec)
	return rec.ID
}

func listAttempts(c *Call) (any, error) {
	if c.Params.String("setup_intent") == "" {
		return nil, wire.MissingParam("setup_intent")
	}
	created := api.CreatedFilter(c.Params)
	return api.Page(c.API(), attempts.Kind, c.Params.String("setup_intent"), func(rec *api.Record) bool { return created(api.WholeNumber(rec.Fields["created"])) })
}
