package stripeapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/budget"
	"checkoutd/internal/connect"
)

// OAuth makes the calls by which accounts are connected and disconnected
// (https://docs.stripe.com/connect/oauth-reference). It is safe for concurrent
// use.
//
// It does without stripe-go, which gives every POST a random Idempotency-Key.
// Go's transport takes that header for leave to send a request again on another
// connection, and a code that Stripe sees twice is revoked. An answer that
// stripe-go cannot read would also come back as an error with all its tokens.
type OAuth struct {
	base   string
	key    func() string
	client *http.Client
	budget *budget.Budget
}

// OAuthConfig is what an OAuth needs.
type OAuthConfig struct {
	Key       func() string // returns the key of now, sk_…, which also decides the mode
	BaseURL   string        // https://connect.stripe.com, or the offline Stripe
	Timeout   time.Duration
	Budget    *budget.Budget
	Transport http.RoundTripper // nil: one of our own
}

// NewOAuth returns an OAuth. It makes no call.
func NewOAuth(c OAuthConfig) *OAuth {
	t := c.Transport
	if t == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.DisableKeepAlives = true // nothing is sent on a connection that may be half closed
		t = own
	}

	return &OAuth{
		base:   strings.TrimSuffix(c.BaseURL, "/"),
		key:    c.Key,
		client: &http.Client{Timeout: c.Timeout, Transport: t, CheckRedirect: noRedirect},
		budget: c.Budget,
	}
}

// Exchange redeems an authorization code, with at most one request; see
// connect.Stripe.
func (o *OAuth) Exchange(ctx context.Context, code string) (connect.Grant, error) {
	var answer struct {
		AccountID string        `json:"stripe_user_id"`
		Scope     connect.Scope `json:"scope"`
		Livemode  bool          `json:"livemode"`
	}

	err := o.post(ctx, "/oauth/token", url.Values{
		"grant_type": {"authorization_code"},
		"code":       {code},
	}, &answer)
	if err != nil {
		return connect.Grant{}, err
	}
	known := answer.Scope == connect.ReadOnly || answer.Scope == connect.ReadWrite
	if !strings.HasPrefix(answer.AccountID, "acct_") || !known {
		return connect.Grant{}, errors.New("stripeapi: Stripe's answer names no account with a known scope")
	}

	return connect.Grant(answer), nil
}

// Deauthorize ends the connection of an account; see connect.Stripe.
func (o *OAuth) Deauthorize(ctx context.Context, clientID, accountID string) error {
	err := o.post(ctx, "/oauth/deauthorize", url.Values{
		"client_id":      {clientID},
		"stripe_user_id": {accountID},
	}, &struct{}{})

	// Not connected any more is what was asked for. The same code with another
	// status refuses our key.
	var refusal *connect.Refusal
	if errors.As(err, &refusal) && refusal.Code == "invalid_client" && !refusal.Misset {
		return nil
	}
	return err
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 10

// post makes one request and decodes a 200 into answer. The error is a
// *connect.Refusal if Stripe says for certain that it did nothing. It never
// holds the code, a token, or Stripe's description, which repeats them.
func (o *OAuth) post(ctx context.Context, path string, form url.Values, answer any) error {
	if err := o.budget.Wait(ctx); err != nil {
		return fmt.Errorf("stripeapi: wait for the budget of requests: %w", err)
	}

	r, err := http.NewRequestWithContext(ctx, http.MethodPost, o.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.GetBody = nil // what was sent is not sent again
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+o.key())
	r.Header.Set("User-Agent", Name)

	res, err := o.client.Do(r)
	if err != nil {
		return fmt.Errorf("stripeapi: %s: %w", path, clipped{err})
	}
	defer func() { _ = res.Body.Close() }()

	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("stripeapi: %s: read the answer: %w", path, clipped{err})
	}

	return o.decode(path, res.StatusCode, body, answer)
}

// decode reads an answer.
func (o *OAuth) decode(path string, status int, body []byte, answer any) error {
	if status == http.StatusOK {
		if json.Unmarshal(body, answer) != nil {
			return fmt.Errorf("stripeapi: %s: the answer cannot be read", path)
		}
		return nil
	}

	if status == http.StatusTooManyRequests {
		o.budget.Refused()
	}

	var problem struct {
		Code string `json:"error"`
	}
	if status < 400 || status >= 500 || json.Unmarshal(body, &problem) != nil || !isCode(problem.Code) {
		return fmt.Errorf("stripeapi: %s: status %d", path, status)
	}

	misset := status == http.StatusUnauthorized || status == http.StatusForbidden ||
		problem.Code != "invalid_grant" && problem.Code != "invalid_client" && status != http.StatusTooManyRequests
	return &connect.Refusal{Code: problem.Code, Misset: misset}
}

// isCode reports whether text can be the code of an OAuth error.
func isCode(text string) bool {
	return text != "" && len(text) <= 64 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// ConnectedAccount reads a connected account; see connect.Stripe. A restricted
// key may not read accounts: that says nothing about the access to this one.
func (c *Client) ConnectedAccount(ctx context.Context, id string) (connect.Reading, error) {
	var found stripe.Account
	params := &stripe.AccountParams{}
	params.Context = ctx

	err := c.backend.Call("GET", stripe.FormatURLPath("/v1/accounts/%s", id), unkeyed, params, &found)

	var e *stripe.Error
	switch {
	case errors.As(err, &e) && e.Code == stripe.ErrorCodeAccountInvalid:
		return connect.Reading{}, connect.ErrAccessLost
	case err != nil:
		return connect.Reading{}, callError(err)
	}

	return connect.Reading{
		ChargesEnabled:  found.ChargesEnabled,
		PayoutsEnabled:  found.PayoutsEnabled,
		Country:         found.Country,
		DefaultCurrency: string(found.DefaultCurrency),
	}, nil
}

// CancelSubscription cancels a subscription at once; see connect.Stripe.
func (c *Client) CancelSubscription(ctx context.Context, subscriptionID string) error {
	params := &stripe.SubscriptionCancelParams{}
	params.Context = ctx

	_, err := c.api.Subscriptions.Cancel(subscriptionID, params)

	var e *stripe.Error
	if errors.As(err, &e) && e.Code == stripe.ErrorCodeResourceMissing {
		return nil // Stripe knows a canceled one no more
	}
	return callError(err)
}
