package stripeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/idempotency"
	"checkoutd/internal/payments"
)

// sendSetup makes the call of an attempt to save a payment method without a
// payment
// (https://docs.stripe.com/payments/finalize-payments-on-the-server?type=setup).
func (c *Client) sendSetup(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	if p.IntentID == "" {
		return c.createSetup(ctx, p, key)
	}

	if p.BringUpToDate {
		params := &stripe.SetupIntentParams{Customer: optional(p.Customer)}
		post(ctx, &params.Params, idempotency.UpdateStep(key))

		if _, err := c.api.SetupIntents.Update(p.IntentID, params); err != nil {
			return payments.Snapshot{}, callError(err)
		}
	}

	return c.confirmSetup(ctx, p, key)
}

func (c *Client) confirmSetup(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	params := &stripe.SetupIntentConfirmParams{
		ConfirmationToken: stripe.String(p.Token),
		ReturnURL:         stripe.String(p.ReturnURL),
	}

	ctx, sent := countRequests(ctx)
	post(ctx, &params.Params, key)
	snap, err := setupResult(c.api.SetupIntents.Confirm(p.IntentID, params))

	return snap, sent.flagRepeated(err)
}

func (c *Client) createSetup(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	params := &stripe.SetupIntentParams{
		Confirm:           stripe.Bool(true),
		ConfirmationToken: stripe.String(p.Token),
		ReturnURL:         stripe.String(p.ReturnURL),
		Customer:          optional(p.Customer),
		Metadata:          p.Metadata,
		Description:       optional(p.Description),
	}

	setSetupOptions(params, p.Options)

	ctx, sent := countRequests(ctx)
	post(ctx, &params.Params, key)
	snap, err := setupResult(c.api.SetupIntents.New(params))

	return snap, sent.flagRepeated(err)
}

func (c *Client) setup(ctx context.Context, id string) (payments.Snapshot, error) {
	params := &stripe.SetupIntentParams{}
	params.Context = ctx
	return setupResult(c.api.SetupIntents.Get(id, params))
}

func (c *Client) findSetup(
	ctx context.Context, p payments.Params, from, to time.Time,
) (snap payments.Snapshot, ok bool, err error) {
	params := &stripe.SetupIntentListParams{
		CreatedRange: between(from, to),
		Customer:     optional(p.Customer),
	}

	params.Context, params.Limit = ctx, stripe.Int64(pageSize)

	list := c.api.SetupIntents.List(params)
	for list.Next() {
		if si := list.SetupIntent(); isOfAttempt(si.Metadata, p) {
			snap, ok = setupSnapshot(si), true // the list is newest first
		}
	}

	return snap, ok, callError(list.Err())
}

func (c *Client) cancelSetup(ctx context.Context, id, key string) error {
	params := &stripe.SetupIntentCancelParams{
		CancellationReason: stripe.String(string(stripe.SetupIntentCancellationReasonAbandoned)),
	}
	post(ctx, &params.Params, key)
	_, err := c.api.SetupIntents.Cancel(id, params)
	return callError(err)
}

func decodeSetup(raw []byte) (payments.Snapshot, error) {
	var si stripe.SetupIntent
	if err := json.Unmarshal(raw, &si); err != nil {
		return payments.Snapshot{}, fmt.Errorf("stripeapi: read a setup_intent: %w", err)
	}
	return setupSnapshot(&si), nil
}

func setupResult(si *stripe.SetupIntent, err error) (payments.Snapshot, error) {
	if err != nil {
		return payments.Snapshot{}, callError(err)
	}
	return setupSnapshot(si), nil
}

func setupSnapshot(si *stripe.SetupIntent) payments.Snapshot {
	s := payments.Snapshot{
		ID:           si.ID,
		OrderID:      si.Metadata[payments.MetaOrder],
		AttemptID:    si.Metadata[payments.MetaAttempt],
		Proof:        si.Metadata[payments.MetaProof],
		Livemode:     si.Livemode,
		Status:       payments.Status(si.Status),
		ClientSecret: si.ClientSecret,
		Error:        lastError(si.LastSetupError),
		Instructions: setupInstructions(si),
		CreatedAt:    time.Unix(si.Created, 0).UTC(),

		SubscriptionID: si.Metadata[payments.MetaSubscription],
	}

	if si.Customer != nil {
		s.CustomerID = si.Customer.ID
	}

	if si.OnBehalfOf != nil {
		s.OnBehalfOf = si.OnBehalfOf.ID
	}

	return s
}
