package stripeapi

import (
	"context"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/payments"
)

// Refunds lists all refunds of an intent.
func (c *Client) Refunds(ctx context.Context, intentID string) ([]payments.Refund, error) {
	params := &stripe.RefundListParams{PaymentIntent: stripe.String(intentID)}
	params.Context, params.Limit = ctx, stripe.Int64(pageSize)

	var out []payments.Refund
	list := c.api.Refunds.List(params)
	for list.Next() {
		out = append(out, refundOf(list.Refund(), intentID))
	}
	return out, callError(list.Err())
}

func refundOf(re *stripe.Refund, intentID string) payments.Refund {
	return payments.Refund{
		ID:          re.ID,
		IntentID:    intentID,
		Amount:      re.Amount,
		Currency:    string(re.Currency),
		Status:      string(re.Status),
		Reason:      string(re.Reason),
		OperationID: re.Metadata[payments.MetaOperation],
		Proof:       re.Metadata[payments.MetaProof],
		CreatedAt:   time.Unix(re.Created, 0).UTC(),
	}
}

// IntentOfCharge returns the ID of the intent that a charge (ch_…, py_…) is of,
// "" if it is of none.
func (c *Client) IntentOfCharge(ctx context.Context, id string) (string, error) {
	params := &stripe.ChargeParams{}
	params.Context = ctx
	ch, err := c.api.Charges.Get(id, params)
	if err != nil {
		return "", callError(err)
	}
	if ch.PaymentIntent == nil {
		return "", nil
	}
	return ch.PaymentIntent.ID, nil
}

// Dispute reads a dispute.
func (c *Client) Dispute(ctx context.Context, id string) (payments.Dispute, error) {
	params := &stripe.DisputeParams{}
	params.Context = ctx
	d, err := c.api.Disputes.Get(id, params)
	if err != nil {
		return payments.Dispute{}, callError(err)
	}

	out := payments.Dispute{
		ID:       d.ID,
		Amount:   d.Amount,
		Currency: string(d.Currency),
		Status:   string(d.Status),
		Reason:   string(d.Reason),
	}

	out.CreatedAt = time.Unix(d.Created, 0).UTC()
	if d.EvidenceDetails != nil && d.EvidenceDetails.DueBy != 0 {
		out.EvidenceDueBy = time.Unix(d.EvidenceDetails.DueBy, 0).UTC()
	}

	if d.PaymentIntent != nil {
		out.IntentID = d.PaymentIntent.ID
	}

	return out, nil
}
