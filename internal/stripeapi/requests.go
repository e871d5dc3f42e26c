package stripeapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/budget"
	"checkoutd/internal/connect"
	"checkoutd/internal/idempotency"
	"checkoutd/internal/payments"
)

// pageSize is how many objects a list call returns at most; Stripe allows 100.
const pageSize = 100

// post prepares the params of a POST.
func post(ctx context.Context, p *stripe.Params, key string) {
	p.Context = ctx
	p.SetIdempotencyKey(key)
}

// optional returns a parameter that is left out if s is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// optionalAmount returns a parameter that is left out if amount is 0.
func optionalAmount(amount int64) *int64 {
	if amount == 0 {
		return nil
	}
	return &amount
}

func between(from, to time.Time) *stripe.RangeQueryParams {
	return &stripe.RangeQueryParams{GreaterThanOrEqual: from.Unix(), LesserThanOrEqual: to.Unix()}
}

// guard sends a request as soon as its account's budget and that of all
// requests allow it. It refuses a POST whose idempotency key is not ours.
// stripe-go would make a random key for it, which would hide that ours was
// forgotten. It also refuses to write for a connected account whose owner does
// not allow that.
type guard struct {
	next     http.RoundTripper
	budget   *budget.Budget
	accounts *budget.Accounts
	mayWrite func(ctx context.Context, account string) (bool, error) // nil: for all accounts
	lost     func(accountID string)                                  // see Config.AccessLost
	meter    Meter                                                   // may be nil
}

// measured measures the exchanges, and makes each a span.
type measured struct {
	next  http.RoundTripper
	meter Meter
}

// RoundTrip makes one exchange.
func (m measured) RoundTrip(r *http.Request) (*http.Response, error) {
	span := startSpan(r)
	defer span.End()

	began, status := time.Now(), 0
	resp, err := m.next.RoundTrip(r)
	if err == nil {
		status = resp.StatusCode
	}

	endSpan(span, resp, err)

	if m.meter != nil {
		m.meter.StripeAnswered(r.Method, status, time.Since(began))
	}

	return resp, err
}

var errNoKey = errors.New("stripeapi: a POST without an idempotency key of ours")

// RoundTrip makes one exchange. It closes the body in every case, as its
// contract demands.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := g.forbidden(r)
	if err == nil && answer == nil {
		err = g.admit(r)
	}

	if err != nil || answer != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}

		return answer, err
	}

	resp, err := g.next.RoundTrip(r.WithContext(traceRequests(r.Context())))
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		g.slowDown(r)
	}

	if err == nil && resp.StatusCode == http.StatusForbidden {
		err = g.noteLost(r, resp)
	}

	return resp, err
}

// slowDown slows down those who share the limit that a request has met. The
// limit of a request for a connected account is that account's
// (https://docs.stripe.com/rate-limits), so nobody else waits. Too many
// requests for the copy of an account's payments slow the copy down, and not
// its buyers.
func (g guard) slowDown(r *http.Request) {
	account := r.Header.Get(accountHeader)
	switch {
	case account != "" && budget.PriorityOf(r.Context()) == budget.Mirror:
	case account != "" && g.accounts != nil:
		g.accounts.Refused(account)
	default:
		g.budget.Refused()
	}
}

// accountHeader names the connected account that a request acts for
// (https://docs.stripe.com/connect/authentication).
const accountHeader = "Stripe-Account"

// forbidden answers a request that would write for an account whose owner
// allows reading only or has ended the access, as Stripe does, and nil for any
// other request. An answer is repeated by nobody, and proves that nothing was
// done.
func (g guard) forbidden(r *http.Request) (*http.Response, error) {
	account := r.Header.Get(accountHeader)
	if account == "" || r.Method == http.MethodGet || g.mayWrite == nil {
		return nil, nil
	}

	allowed, err := g.mayWrite(r.Context(), account)
	switch {
	case errors.Is(err, connect.ErrNotConnected):
		// What waits for the account, or gives up, knows the code of Stripe.
		return refusal(r, string(stripe.ErrorCodeAccountInvalid), "This account is not connected any more."), nil
	case err != nil:
		return nil, fmt.Errorf("stripeapi: read what the owner of the account allows: %w", err)
	case !allowed:
		return refusal(r, payments.CodeReadOnly, "This account may only be read."), nil
	}

	return nil, nil
}

// refusal returns the answer of a request that was not sent.
func refusal(r *http.Request, code, message string) *http.Response {
	body := fmt.Sprintf(`{"error":{"type":"invalid_request_error","code":%q,"message":%q}}`, code, message)

	return &http.Response{
		Status:        "403 Forbidden",
		StatusCode:    http.StatusForbidden,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {"application/json"}, "Stripe-Should-Retry": {"false"}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       r,
	}
}

// onAccount makes every request one for a connected account.
type onAccount struct {
	next    http.RoundTripper
	account string
}

// RoundTrip makes one exchange.
func (t onAccount) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context()) // a transport must not change the caller's
	r.Header.Set(accountHeader, t.account)
	return t.next.RoundTrip(r)
}

// stamp sets the account of the snapshots that a call returned.
func (c *Client) stamp(s *payments.Snapshot, err error) error {
	s.Account = c.account

	var e *payments.CallError
	if errors.As(err, &e) && e.Snapshot != nil {
		e.Snapshot.Account = c.account
	}

	return err
}

// noteLost looks whether Stripe refused a request because the platform has no
// access to the account that it was for.
func (g guard) noteLost(r *http.Request, resp *http.Response) error {
	account := r.Header.Get(accountHeader)
	if account == "" || g.lost == nil {
		return nil
	}

	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))

	var answer struct {
		Error struct {
			Code stripe.ErrorCode `json:"code"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &answer) == nil && answer.Error.Code == stripe.ErrorCodeAccountInvalid {
		g.lost(account)
	}

	return err
}

// admit returns when the request may be sent, or why it may not.
func (g guard) admit(r *http.Request) error {
	if r.Method == http.MethodPost && !idempotency.IsOurs(r.Header.Get("Idempotency-Key")) {
		return fmt.Errorf("%w: %s", errNoKey, r.URL.Path)
	}

	account := r.Header.Get(accountHeader)
	err := g.accounts.Wait(r.Context(), account)
	if err == nil {
		err = g.budget.WaitFor(r.Context(), account)
	}

	if err != nil {
		if g.meter != nil {
			g.meter.StripeNotAsked(r.Method)
		}

		return fmt.Errorf("stripeapi: wait for the budget of requests: %w", err)
	}

	return nil
}

// requestCount counts the HTTP requests that one call wrote: stripe-go and Go's
// transport both repeat a request on their own.
type requestCount struct{ n atomic.Int64 }

type requestCountKey struct{}

func countRequests(ctx context.Context) (context.Context, *requestCount) {
	count := &requestCount{}
	return context.WithValue(ctx, requestCountKey{}, count), count
}

// traceRequests counts what is written under a context of countRequests.
func traceRequests(ctx context.Context) context.Context {
	count, ok := ctx.Value(requestCountKey{}).(*requestCount)
	if !ok {
		return ctx
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { count.n.Add(1) },
	})
}

// flagRepeated sets Repeated in a call's error if the request was sent more
// than once.
func (c *requestCount) flagRepeated(err error) error {
	var e *payments.CallError
	if errors.As(err, &e) {
		e.Repeated = c.n.Load() > 1
	}
	return err
}
