package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
	"cmp"
)

// mandates is the API of mandates. See https://docs.stripe.com/api/mandates.
var mandates = api.RecordAPI{Kind: api.KindMandate, Prefix: "mandate"}

// attempts is the API of setup attempts. See
// https://docs.stripe.com/api/setup_attempts.
var attempts = api.RecordAPI{Kind: "setup_attempt", Prefix: "setatt"}

// SingleUse is the only payment that a mandate permits.
type SingleUse struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// newMandate stores the buyer's permission to debit an account and returns the
// mandate's ID. single is the only payment that it permits, nil if it permits
// any number of payments.
func (c *Call) newMandate(pm *PaymentMethod, single *SingleUse) string {
	details := map[string]any{"type": pm.Type}
	switch pm.Type {
	case "sepa_debit":
		details[pm.Type] = map[string]any{
			"reference": wire.RandomText(16),
			"url":       c.Base() + "/receipts/mandate",
		}

	case "paypal":
		details[pm.Type] = map[string]any{
			"billing_agreement_id": "B-" + wire.RandomText(17),
			"payer_id":             pm.Paypal.PayerID,
		}

	default:
		details[pm.Type] = map[string]any{}
	}

	fields := map[string]any{
		"customer_acceptance":    c.acceptance(),
		"livemode":               false,
		"payment_method":         pm.ID,
		"payment_method_details": details,
		"status":                 "active",
		"type":                   "multi_use",
	}

	if single != nil {
		fields["type"] = "single_use"
		fields["single_use"] = single
	} else {
		fields["multi_use"] = map[string]any{}
	}

	rec := api.NewRecord(api.KindMandate, wire.NewID("mandate"), fields, pm.ID)
	c.Tx.Put(rec)
	return rec.ID
}

// checkMandate demands the buyer's permission to debit an account repeatedly,
// unless the request or its ConfirmationToken has brought it. Stripe.js always
// sends it. kind is the kind of intent, suffix the end of the error's
// condition.
func (c *Call) checkMandate(pm *PaymentMethod, kind, suffix string) error {
	isDebit := pm.Type == "sepa_debit" || pm.Type == "us_bank_account"
	if !isDebit || c.Publishable || c.Params.Bool("off_session") {
		return nil
	}
	if c.consent != nil || c.Params.Has("mandate_data") || c.Params.Has("mandate") {
		return nil
	}

	return wire.Malformed(
		"parameter_missing", "mandate_data",
		"When confirming a %s with a `%s` PaymentMethod%s, `mandate_data` is required.",
		kind, pm.Type, suffix,
	)
}

// acceptance returns how the buyer agreed to a mandate: as the request says,
// else as its ConfirmationToken does, else online.
func (c *Call) acceptance() map[string]any {
	consent := cmp.Or(
		readMandate(c.Params.At("mandate_data")),
		c.consent,
		&MandateData{CustomerAcceptance: CustomerAcceptance{Type: "online"}},
	)

	out := map[string]any{"accepted_at": c.Now.Unix(), "type": consent.CustomerAcceptance.Type}
	if sent := c.Params.At("mandate_data", "customer_acceptance"); sent.Has("accepted_at") {
		out["accepted_at"] = sent.Int("accepted_at")
	}
	if out["type"] == "offline" {
		out["offline"] = map[string]any{}
		return out
	}

	online := consent.CustomerAcceptance.Online
	if online == nil {
		online = &OnlineAcceptance{}
	}

	out["online"] = map[string]any{"ip_address": online.IPAddress, "user_agent": online.UserAgent}
	return out
}

// recordAttempt stores one attempt of a SetupIntent and returns its ID. e is
// the reason why it failed, nil if it did not.
func (c *Call) recordAttempt(si *SetupIntent, pm *PaymentMethod, status string, e *wire.Error) string {
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
	return api.Page(c.API(), attempts.Kind, c.Params.String("setup_intent"), func(rec *api.Record) bool {
		return created(api.WholeNumber(rec.Fields["created"]))
	})
}
