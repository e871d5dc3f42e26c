package stripeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/form"

	"checkoutd/internal/drift"
	"checkoutd/internal/payments"
)

// DriftPage returns a page of a list; see drift.Stripe. It expands the charges
// of intents, and the sources of balance transactions.
func (c *Client) DriftPage(ctx context.Context, q drift.Query) (page drift.Page, err error) {
	query := &form.Values{}
	query.Add("limit", strconv.Itoa(pageSize))
	query.Add("created[gte]", strconv.FormatInt(q.From.Unix(), 10))
	query.Add("created[lt]", strconv.FormatInt(q.Until.Unix(), 10))

	if q.After != "" {
		query.Add("starting_after", q.After)
	}

	switch q.List {
	case drift.ListIntents:
		query.Add("expand[]", "data.latest_charge")
	case drift.ListBalance:
		query.Add("expand[]", "data.source")
	}

	var list eventPage

	params := &stripe.Params{Context: ctx}
	if err := c.backend.CallRaw(http.MethodGet, "/v1/"+q.List, unkeyed, query, params, &list); err != nil {
		return page, callError(err)
	}

	page.More = list.HasMore
	for _, raw := range list.Data {
		o, last, err := driftObject(q.List, raw)
		if err != nil {
			return page, fmt.Errorf("stripeapi: read an entry of %s: %w", q.List, err)
		}

		page.Last = last
		if o != nil {
			page.Objects = append(page.Objects, *o)
		}
	}

	return page, nil
}

// driftObject reads an entry of a list. o is nil if the entry is of no charge.
func driftObject(list string, raw []byte) (o *drift.Object, id string, err error) {
	switch list {
	case drift.ListIntents:
		var pi stripe.PaymentIntent
		err = json.Unmarshal(raw, &pi)
		return driftIntent(&pi), pi.ID, err

	case drift.ListBalance:
		var bt stripe.BalanceTransaction
		if err = json.Unmarshal(raw, &bt); err != nil {
			return nil, "", err
		}

		// Payments by other methods than cards have the type payment
		// (https://docs.stripe.com/reports/balance-transaction-types).
		charged := bt.Type == stripe.BalanceTransactionTypeCharge || bt.Type == stripe.BalanceTransactionTypePayment
		if !charged || bt.Source == nil || bt.Source.Charge == nil || bt.Source.Charge.Created == 0 {
			return nil, bt.ID, nil
		}

		return driftCharge(bt.Source.Charge, bt.Created), bt.ID, nil

	case drift.ListRefunds:
		var re stripe.Refund
		err = json.Unmarshal(raw, &re)
		o = &drift.Object{
			ID:        re.ID,
			Amount:    re.Amount,
			Currency:  string(re.Currency),
			Status:    string(re.Status),
			CreatedAt: timeOf(re.Created),
		}
		if re.PaymentIntent != nil {
			o.IntentID = re.PaymentIntent.ID
		}

		return o, re.ID, err

	default:
		var d stripe.Dispute
		err = json.Unmarshal(raw, &d)
		o = &drift.Object{
			ID:        d.ID,
			Amount:    d.Amount,
			Currency:  string(d.Currency),
			Status:    string(d.Status),
			CreatedAt: timeOf(d.Created),
		}
		if d.PaymentIntent != nil {
			o.IntentID = d.PaymentIntent.ID
		}

		return o, d.ID, err
	}
}

func driftIntent(pi *stripe.PaymentIntent) *drift.Object {
	o := &drift.Object{
		ID:        pi.ID,
		IntentID:  pi.ID,
		Mark:      payments.MarkOf(pi.Metadata),
		Amount:    pi.Amount,
		Captured:  pi.AmountReceived,
		Currency:  string(pi.Currency),
		Status:    string(pi.Status),
		CreatedAt: timeOf(pi.Created),
	}

	if pi.LatestCharge != nil {
		o.Refunded = pi.LatestCharge.AmountRefunded
	}

	if pi.Invoice != nil {
		o.InvoiceID = pi.Invoice.ID
	}

	if pi.Customer != nil {
		o.CustomerID = pi.Customer.ID
	}

	return o
}

func driftCharge(ch *stripe.Charge, created int64) *drift.Object {
	o := &drift.Object{
		ID:        ch.ID,
		Mark:      payments.MarkOf(ch.Metadata),
		Amount:    ch.Amount,
		Captured:  ch.AmountCaptured,
		Refunded:  ch.AmountRefunded,
		Currency:  string(ch.Currency),
		Status:    string(ch.Status),
		CreatedAt: timeOf(created),
	}

	if ch.PaymentIntent != nil {
		o.IntentID = ch.PaymentIntent.ID
	}

	if ch.Invoice != nil {
		o.InvoiceID = ch.Invoice.ID
	}

	if ch.Customer != nil {
		o.CustomerID = ch.Customer.ID
	}

	return o
}
