package stripeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/form"
	"github.com/stripe/stripe-go/v81/webhook"

	"checkoutd/internal/payments"
)

// Codec reads what Stripe sends on its own initiative: signatures and events.
// It makes no calls and needs no key. The zero Codec is ready for use.
type Codec struct{}

// APIVersion returns the version of the events that DecodeIntent reads.
func (Codec) APIVersion() string { return APIVersion }

// Verify checks that the Stripe-Signature header is the signature of payload
// under secret, and returns when it was signed, however long ago that is
// (https://docs.stripe.com/webhooks#verify-official-libraries).
func (Codec) Verify(payload []byte, header, secret string) (signedAt time.Time, err error) {
	// stripe-go would compare the time with the system's clock. Our caller has
	// a clock of its own, and distinguishes a stale signature from a forged
	// one.
	if err := webhook.ValidatePayloadIgnoringTolerance(payload, header, secret); err != nil {
		return time.Time{}, fmt.Errorf("stripeapi: verify a webhook: %w", err)
	}
	return signedAtOf(header), nil
}

// signedAtOf returns the timestamp of a signature header that was verified. The
// last one counts, as it did for the signature.
func signedAtOf(header string) (signedAt time.Time) {
	for pair := range strings.SplitSeq(header, ",") {
		if text, ok := strings.CutPrefix(pair, "t="); ok {
			seconds, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return time.Time{}
			}
			signedAt = time.Unix(seconds, 0)
		}
	}
	return signedAt
}

// DecodeIntent returns the snapshot of an intent that came with an event. kind
// is "payment_intent" or "setup_intent".
func (Codec) DecodeIntent(kind string, object []byte) (payments.Snapshot, error) {
	if kind == "setup_intent" {
		return decodeSetup(object)
	}

	var pi stripe.PaymentIntent
	if err := json.Unmarshal(object, &pi); err != nil {
		return payments.Snapshot{}, fmt.Errorf("stripeapi: read a payment_intent: %w", err)
	}
	return snapshot(&pi), nil
}

// eventPage is a page of GET /v1/events whose events keep their bytes.
type eventPage struct {
	stripe.APIResource
	HasMore bool              `json:"has_more"`
	Data    []json.RawMessage `json:"data"`
}

// Events returns a page of the events of an account ("" is the platform's own)
// created at or after from, newest first, as their JSON. startingAfter is the
// ID of the last event on the previous page, "" for the first page. Stripe
// keeps events for 30 days (https://docs.stripe.com/api/events/list).
func (c *Client) Events(
	ctx context.Context, account string, from time.Time, startingAfter string,
) (page [][]byte, more bool, err error) {
	query := &form.Values{}
	query.Add("created[gte]", strconv.FormatInt(from.Unix(), 10))
	query.Add("limit", strconv.Itoa(pageSize))

	if startingAfter != "" {
		query.Add("starting_after", startingAfter)
	}

	var list eventPage

	params := &stripe.Params{Context: ctx}
	backend := c.For(account).backend
	if err := backend.CallRaw(http.MethodGet, "/v1/events", unkeyed, query, params, &list); err != nil {
		return nil, false, callError(err)
	}

	for _, raw := range list.Data {
		page = append(page, raw)
	}

	return page, list.HasMore, nil
}
