package sandbox

// mandates: https://docs.stripe.com/api/mandates.
var mandates = recordAPI{kind: kindMandate, prefix: "mandate"}

// attempts: https://docs.stripe.com/api/setup_attempts.
var attempts = recordAPI{kind: "setup_attempt", prefix: "setatt"}

// newMandate stores the buyer's permission to debit an account and returns its id. once is the payment that it is good for,
// nil for any number.
func (c *call) newMandate(pm *PaymentMethod, once *PaymentIntent) string {
	details := map[string]any{"type": pm.Type}
	switch pm.Type {
	case "sepa_debit":
		details[pm.Type] = map[string]any{"reference": randomText(16), "url": c.base() + "/receipts/mandate"}
	case "paypal":
		details[pm.Type] = map[string]any{"billing_agreement_id": "B-" + randomText(17), "payer_id": pm.Paypal.PayerID}
	default:
		details[pm.Type] = map[string]any{}
	}
	acceptance := c.acceptance()
	fields := map[string]any{
		"customer_acceptance": acceptance, "livemode": false, "payment_method": pm.ID, "payment_method_details": details,
		"status": "active", "type": "multi_use",
	}
	if once != nil {
		fields["type"], fields["single_use"] = "single_use", map[string]any{"amount": once.Amount, "currency": once.Currency}
	} else {
		fields["multi_use"] = map[string]any{}
	}
	rec := newRecord(kindMandate, newID("mandate"), fields, pm.ID)
	c.tx.put(rec)
	return rec.id
}

// checkMandate asks for the buyer's permission to debit an account again and again, where neither the request nor its
// confirmation token brings it. Stripe.js sends its own along. kind names the intent.
func (c *call) checkMandate(pm *PaymentMethod, kind, and string) error {
	if pm.Type != "sepa_debit" && pm.Type != "us_bank_account" || c.publishable || c.p.flag("off_session") {
		return nil
	}
	if c.consent != nil || c.p.has("mandate_data") || c.p.has("mandate") {
		return nil
	}
	return malformed("parameter_missing", "mandate_data", "When confirming a %s with a `%s` PaymentMethod%s, `mandate_data` is required.", kind, pm.Type, and)
}

// acceptance is how the buyer agreed, as the request says or the confirmation token that it uses.
func (c *call) acceptance() map[string]any {
	given := readMandate(c.p.at("mandate_data"))
	if given == nil {
		given = c.consent
	}
	if given == nil {
		given = &MandateData{CustomerAcceptance: CustomerAcceptance{Type: "online"}}
	}
	out := map[string]any{"accepted_at": c.now.Unix(), "type": given.CustomerAcceptance.Type}
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
func (c *call) noteAttempt(si *SetupIntent, pm *PaymentMethod, status string, e *Error) string {
	fields := map[string]any{
		"application": nil, "attach_to_self": false, "created": c.now.Unix(), "customer": si.Customer, "flow_directions": nil,
		"livemode": false, "on_behalf_of": si.OnBehalfOf, "payment_method": pm.ID, "setup_error": nil, "setup_intent": si.ID,
		"payment_method_details": map[string]any{"type": pm.Type, pm.Type: map[string]any{}}, "status": status, "usage": si.Usage,
	}
	if e != nil {
		fields["setup_error"] = e
	}
	if pm.Card != nil {
		fields["payment_method_details"] = map[string]any{"type": "card", "card": map[string]any{
			"brand": pm.Card.Brand, "checks": pm.Card.Checks, "country": pm.Card.Country, "exp_month": pm.Card.ExpMonth,
			"exp_year": pm.Card.ExpYear, "fingerprint": pm.Card.Fingerprint, "funding": pm.Card.Funding, "last4": pm.Card.Last4,
			"network": pm.Card.Brand, "three_d_secure": nil, "wallet": nil,
		}}
	}
	rec := newRecord(attempts.kind, newID("setatt"), fields, si.ID)
	c.tx.put(rec)
	return rec.id
}

func listAttempts(c *call) (any, error) {
	if c.p.str("setup_intent") == "" {
		return nil, missingParam("setup_intent")
	}
	created := createdFilter(c.p)
	return page(c, attempts.kind, c.p.str("setup_intent"), func(rec *Record) bool { return created(wholeNumber(rec.fields["created"])) })
}
