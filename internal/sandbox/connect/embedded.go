package connect

import (
	"net/http"
	"slices"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

const (
	showsPayments = "payments payment_details"
	showsPayouts  = "payouts payouts_list balances"
	showsAccount  = "account_management account_onboarding notification_banner documents payouts balances"
)

// embeddedRights lists the calls that embedded components make, and for each
// the components, with the feature if it takes one, of which a session must
// have at least one. Everything else is refused.
var embeddedRights = map[string]string{
	"GET /v1/embedded/payments":             "payments",
	"GET /v1/payment_intents/{id}":          showsPayments,
	"GET /v1/disputes/{id}":                 showsPayments,
	"GET /v1/refunds":                       showsPayments,
	"POST /v1/refunds":                      "payments.refund_management payment_details.refund_management",
	"POST /v1/payment_intents/{id}/capture": "payments.capture_payments payment_details.capture_payments",
	"POST /v1/payment_intents/{id}/cancel":  "payments.capture_payments payment_details.capture_payments",
	"POST /v1/disputes/{id}":                "payments.dispute_management payment_details.dispute_management",
	"POST /v1/disputes/{id}/close":          "payments.dispute_management payment_details.dispute_management",

	"GET /v1/balance":                   "payouts balances",
	"GET /v1/payouts":                   showsPayouts,
	"POST /v1/payouts":                  "payouts.standard_payouts balances.standard_payouts",
	"POST /v1/payouts instant":          "payouts.instant_payouts balances.instant_payouts",
	"POST /v1/embedded/payout_schedule": "payouts.edit_payout_schedule balances.edit_payout_schedule",

	"GET /v1/account":              showsAccount,
	"POST /v1/embedded/onboarding": "account_onboarding account_management notification_banner",
}

// admit checks the key of an embedded component, and whether its session may
// make the call. The call then acts for the session's account.
func (s *Service) admit(c *api.Call) error {
	obj, _ := s.srv.Lookup(api.PlatformAccount, c.Key)
	session, ok := obj.(*AccountSession)
	if !ok {
		return wire.Unauthorized("", "Invalid API Key provided: %s", api.RedactKey(c.Key))
	}
	if c.Now.Unix() >= session.ExpiresAt {
		return sessionExpired()
	}

	operation := c.Operation()
	if operation == "POST /v1/payouts" && c.Params.String("method") == "instant" {
		operation += " instant"
	}

	if !slices.ContainsFunc(strings.Fields(embeddedRights[operation]), session.allows) {
		e := wire.Malformed("", "", "This account session does not allow %s.", operation)
		e.Status = http.StatusForbidden
		return e
	}

	c.Account = session.Account
	return nil
}

// paymentRow is a payment as the list of the payments component shows it.
type paymentRow struct {
	ID             string   `json:"id"`
	Amount         int64    `json:"amount"`
	AmountRefunded int64    `json:"amount_refunded"`
	Brand          string   `json:"brand,omitempty"`
	Created        int64    `json:"created"`
	Currency       string   `json:"currency"`
	Description    *string  `json:"description"`
	Last4          string   `json:"last4,omitempty"`
	Method         string   `json:"method,omitempty"`
	Statuses       []string `json:"statuses"` // the first is the one to show
}

// listEmbeddedPayments handles GET /v1/embedded/payments, a private call of the
// payments component: the account's payments, newest first, filtered by amount,
// created, status and payment_method.
func listEmbeddedPayments(c *call) (any, error) {
	amount, created := api.TimeFilter(c.Params, "amount"), api.CreatedFilter(c.Params)
	statuses, method := c.Params.Strings("status"), c.Params.String("payment_method")

	page, err := api.Page(c.API(), api.KindIntent, "", func(pi *payments.PaymentIntent) bool {
		if !amount(pi.Amount) || !created(pi.Created) {
			return false
		}

		row := c.row(pi)
		return (method == "" || row.Method == method) && (len(statuses) == 0 ||
			slices.ContainsFunc(row.Statuses, func(s string) bool { return slices.Contains(statuses, s) }))
	})
	if err != nil {
		return nil, err
	}

	list, _ := page.(wire.List)
	intents, _ := list.Data.([]*payments.PaymentIntent)
	rows := make([]paymentRow, 0, len(intents))
	for _, pi := range intents {
		rows = append(rows, c.row(pi))
	}

	list.Data = rows
	return list, nil
}

// row returns a payment as the list shows it.
func (c *call) row(pi *payments.PaymentIntent) paymentRow {
	row := paymentRow{
		ID:          pi.ID,
		Amount:      pi.Amount,
		Created:     pi.Created,
		Currency:    pi.Currency,
		Description: pi.Description,
	}

	ch, charged := memory.Find[*payments.Charge](c.Tx, wire.Deref(pi.LatestCharge))
	if charged {
		row.AmountRefunded = ch.AmountRefunded
		row.Method = ch.PaymentMethodDetails.Type

		if cd := ch.PaymentMethodDetails.Card; cd != nil {
			row.Brand, row.Last4 = cd.Brand, cd.Last4
		}

		row.Statuses = c.chargeStatuses(ch)
	}

	row.Statuses = append(row.Statuses, intentStatus(pi, ch))
	return row
}

// chargeStatuses returns what happened to a charge after it succeeded, the most
// pressing first, by the names of the component's filter.
func (c *call) chargeStatuses(ch *payments.Charge) []string {
	var out []string
	if ch.Disputed {
		out = append(out, "disputed")
	}

	if len(memory.Children[*api.Record](c.Tx, "radar.early_fraud_warning", ch.ID)) > 0 {
		out = append(out, "early_fraud_warning")
	}

	if ch.AmountRefunded == 0 || !ch.Captured {
		return out
	}

	for _, re := range memory.Children[*payments.Refund](c.Tx, api.KindRefund, ch.ID) {
		if re.Status == "pending" {
			return append(out, "refund_pending")
		}
	}

	if ch.Refunded {
		return append(out, "refunded")
	}

	return append(out, "partially_refunded")
}

// intentStatus returns the status of a payment by the names of the component's
// filter. ch is nil if nothing was charged.
func intentStatus(pi *payments.PaymentIntent, ch *payments.Charge) string {
	switch pi.Status {
	case payments.StatusSucceeded:
		return "successful"
	case "requires_capture":
		return "uncaptured"
	case payments.StatusProcessing:
		return "pending"
	case payments.StatusCanceled:
		return "canceled"
	}

	switch {
	case ch == nil || ch.Status != "failed":
		return "incomplete"
	case ch.Outcome != nil && ch.Outcome.Type == "blocked":
		return "blocked"
	}

	return "failed"
}

// completeOnboarding handles POST /v1/embedded/onboarding, a private call of
// the components that collect what Stripe requires.
func completeOnboarding(c *call) (any, error) {
	return changeOwnAccount(c, func(prev *api.Record) map[string]any {
		caps, _ := prev.Fields["capabilities"].(map[string]any)
		active := make(map[string]any, len(caps))
		for name := range caps {
			active[name] = "active"
		}

		return map[string]any{
			"charges_enabled":   true,
			"payouts_enabled":   true,
			"details_submitted": true,
			"capabilities":      active,
		}
	})
}

// changeSchedule handles POST /v1/embedded/payout_schedule, a private call of
// the payouts component.
func changeSchedule(c *call) (any, error) {
	interval := c.Params.String("interval")
	if !api.ContainsWord("manual daily weekly monthly", interval) {
		return nil, wire.Malformed("", "interval", "Invalid interval: must be one of manual, daily, weekly, or monthly")
	}

	return changeOwnAccount(c, func(prev *api.Record) map[string]any {
		settings, _ := prev.Fields["settings"].(map[string]any)
		payoutSettings, _ := settings["payouts"].(map[string]any)
		schedule, _ := payoutSettings["schedule"].(map[string]any)

		next := map[string]any{"interval": interval, "delay_days": schedule["delay_days"]}
		switch interval {
		case "weekly":
			next["weekly_anchor"] = "monday"
		case "monthly":
			next["monthly_anchor"] = 1
		}

		return map[string]any{"settings": replaced(settings, "payouts", replaced(payoutSettings, "schedule", next))}
	})
}

// replaced returns a copy of fields with one of them replaced.
func replaced(fields map[string]any, name string, value any) map[string]any {
	out := make(map[string]any, len(fields)+1)
	for key, v := range fields {
		out[key] = v
	}

	out[name] = value
	return out
}

// changeOwnAccount changes the account that the call acts for, which the
// platform stores.
func changeOwnAccount(c *call, change func(prev *api.Record) map[string]any) (any, error) {
	id := c.Account
	if id == api.PlatformAccount {
		return platform(c), nil
	}

	c.SwitchToHolder(id)

	prev, ok := c.connected(id)
	if !ok {
		return nil, wire.NotFound(api.KindAccount, id)
	}

	next := prev.With(change(prev))
	c.Tx.Put(next)
	c.connectEvent("account.updated", next, prev, id)

	return next, nil
}
