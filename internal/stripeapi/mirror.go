package stripeapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/form"

	"checkoutd/internal/connect/mirror"
)

// changes are the events that tell of a change to an object that exists. Stripe
// filters by 20 types at most (https://docs.stripe.com/api/events/list).
var changes = []string{
	"payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.processing",
	"payment_intent.requires_action", "payment_intent.canceled", "payment_intent.amount_capturable_updated",
	"payment_intent.partially_funded",
	"charge.succeeded", "charge.failed", "charge.captured", "charge.updated", "charge.expired", "charge.refunded",
	"refund.updated", "refund.failed", "charge.refund.updated",
	"charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn",
	"charge.dispute.funds_reinstated",
}

// MirrorPage returns a page of an account's objects; see mirror.Stripe. It
// expands the balance transactions of charges, which have the fees.
func (c *Client) MirrorPage(ctx context.Context, q mirror.Query) (page [][]byte, more bool, err error) {
	query := &form.Values{}
	query.Add("limit", strconv.Itoa(pageSize))

	if !q.From.IsZero() {
		query.Add("created[gte]", strconv.FormatInt(q.From.Unix(), 10))
	}

	if !q.Until.IsZero() {
		query.Add("created[lte]", strconv.FormatInt(q.Until.Unix(), 10))
	}

	if q.After != "" {
		query.Add("starting_after", q.After)
	}

	switch q.Kind {
	case mirror.Charges:
		query.Add("expand[]", "data.balance_transaction")
	case mirror.Events:
		for _, name := range changes {
			query.Add("types[]", name)
		}
	}

	var list eventPage

	backend := c.For(q.Account).backend
	params := &stripe.Params{Context: ctx}
	if err := backend.CallRaw(http.MethodGet, "/v1/"+string(q.Kind), unkeyed, query, params, &list); err != nil {
		return nil, false, mirrorError(err)
	}

	for _, raw := range list.Data {
		page = append(page, raw)
	}

	return page, list.HasMore, nil
}

// AccountCreated returns when an account was created; see mirror.Stripe.
func (c *Client) AccountCreated(ctx context.Context, account string) (time.Time, error) {
	var found stripe.Account
	params := &stripe.AccountParams{}
	params.Context = ctx

	if err := c.For(account).backend.Call(http.MethodGet, "/v1/account", unkeyed, params, &found); err != nil {
		return time.Time{}, mirrorError(err)
	}
	if found.Created == 0 {
		return time.Time{}, nil
	}

	return time.Unix(found.Created, 0).UTC(), nil
}

// mirrorError returns an error of a list as package mirror distinguishes them.
func mirrorError(err error) error {
	out := callError(err)

	var e *stripe.Error
	if !errors.As(err, &e) {
		return out
	}

	switch {
	case e.Code == stripe.ErrorCodeAccountInvalid:
		return fmt.Errorf("%w: %w", mirror.ErrNoAccess, out)
	case e.Code == stripe.ErrorCodeResourceMissing && e.Param == "starting_after":
		return fmt.Errorf("%w: %w", mirror.ErrCursorGone, out)
	case e.HTTPStatusCode == http.StatusTooManyRequests:
		return &mirror.TooManyError{RetryAfter: retryAfter(e), Cause: out}
	default:
		return out
	}
}

// longestRetryAfter bounds what a Retry-After may ask for.
const longestRetryAfter = 10 * time.Minute

// retryAfter returns how long an answer asks to wait, 0 if it does not say.
func retryAfter(e *stripe.Error) time.Duration {
	if e.LastResponse == nil {
		return 0
	}

	text := e.LastResponse.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return min(max(time.Duration(seconds)*time.Second, 0), longestRetryAfter)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(time.Until(at), 0), longestRetryAfter)
	}

	return 0
}
