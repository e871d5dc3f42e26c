package rules

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rs/zerolog"
	"github.com/sony/gobreaker/v2"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"checkoutd/internal/cleantext"
	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// ShopConfig configures the call to the shop's server.
type ShopConfig struct {
	URL string
	// Secret returns the key of the signature of now, whsec_…. It is asked
	// before every call.
	Secret  func() string
	Timeout time.Duration
	// AllowOnFailure lets buyers pay while the shop does not answer.
	AllowOnFailure bool
	// Order renders an order as the API shows it.
	Order func(*orders.Order) any
	NewID func() string
	Now   func() time.Time
	Log   zerolog.Logger
}

// Shop asks the shop's server. It is safe for concurrent use.
type Shop struct {
	cfg     ShopConfig
	client  *http.Client
	breaker *gobreaker.CircuitBreaker[answer]
}

// After failuresInRow failures the shop is not called for openFor: it fails at
// once, and buyers need not wait for the timeout.
const (
	failuresInRow = 5
	openFor       = 15 * time.Second
)

// maxAnswer bounds the shop's answer in bytes, and maxMessage its sentence in
// characters.
const (
	maxAnswer  = 4 << 10
	maxMessage = 300
)

// NewShop returns a Shop. The error is about the secret.
func NewShop(c ShopConfig) (*Shop, error) {
	if _, err := signerOf(c.Secret()); err != nil {
		return nil, err
	}

	s := &Shop{cfg: c, client: &http.Client{
		// An answer from elsewhere is not the shop's.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}

	s.breaker = gobreaker.NewCircuitBreaker[answer](gobreaker.Settings{
		Name:        "preconfirm",
		Timeout:     openFor,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= failuresInRow },
		// A buyer who leaves says nothing about the shop.
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			c.Log.Warn().Str("state", to.String()).Msg("the calls to PRECONFIRM_URL: open means that they keep failing")
		},
	})

	return s, nil
}

// signerOf returns what signs with a secret.
func signerOf(secret string) (*standardwebhooks.Webhook, error) {
	if len(secret) < len("whsec_")+16 { // the library takes an empty one
		return nil, errors.New("the signing secret is too short")
	}

	sign, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, errors.New("the signing secret is not whsec_ and base64")
	}
	return sign, nil
}

// question is the body of the call.
type question struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
	Data      struct {
		Order         any              `json:"order"`
		PaymentMethod *payments.Method `json:"payment_method"` // null: the order costs nothing
	} `json:"data"`
}

// answer is the shop's decision.
type answer struct {
	Allow   *bool  `json:"allow"`
	Message string `json:"message"`
}

// What the buyer is told.
var (
	errRefused = fault.New(fault.Conflict, "refused_by_shop",
		"The shop cannot accept this order at the moment. You were not charged.")
	errSilent = fault.New(fault.Unavailable, "shop_unavailable",
		"The shop could not check this order. You were not charged; please try again in a moment.")
)

// ask returns the shop's decision about a payment.
func (s *Shop) ask(ctx context.Context, o *orders.Order, m payments.Method) (verdict string, err error) {
	a, err := s.breaker.Execute(func() (answer, error) { return s.call(ctx, o, m) })
	switch {
	case err != nil:
		return s.fail(o, err)
	case *a.Allow:
		return "allowed by the shop", nil
	}

	if message := shown(a.Message); message != "" {
		return "", fault.New(errRefused.Kind, errRefused.Code, message).With("shop_message", message)
	}
	return "", errRefused
}

// fail decides about a payment while the shop does not answer.
func (s *Shop) fail(o *orders.Order, err error) (verdict string, _ error) {
	s.cfg.Log.Warn().
		Err(err).
		Str("order_id", o.ID).
		Bool("allowed", s.cfg.AllowOnFailure).
		Msg("PRECONFIRM_URL gave no answer about a payment")

	if s.cfg.AllowOnFailure {
		return "allowed without an answer of the shop", nil
	}
	return "", fault.Wrap(err, errSilent.Kind, errSilent.Code, errSilent.Message)
}

func (s *Shop) call(ctx context.Context, o *orders.Order, m payments.Method) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()

	req, err := s.request(ctx, o, m)
	if err != nil {
		return answer{}, err
	}

	resp, err := s.client.Do(req)
	if err != nil {
		return answer{}, withoutAddress(err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing depends on it

	if resp.StatusCode != http.StatusOK {
		return answer{}, fmt.Errorf("rules: the shop answered with status %d", resp.StatusCode)
	}

	var a answer
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&a); err != nil {
		return answer{}, fmt.Errorf("rules: the shop's answer is not JSON: %w", err)
	}
	if a.Allow == nil {
		return answer{}, errors.New(`rules: the shop's answer has no "allow"`)
	}

	return a, nil
}

// withoutAddress returns the error of a call without the address, whose query
// may hold a secret.
func withoutAddress(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return fmt.Errorf("rules: ask the shop: %w", at.Err)
	}
	return err
}

// request returns the signed request
// (https://github.com/standard-webhooks/standard-webhooks).
func (s *Shop) request(ctx context.Context, o *orders.Order, m payments.Method) (*http.Request, error) {
	now, id := s.cfg.Now(), s.cfg.NewID()
	q := question{Type: "payment.check", Timestamp: now.UTC().Format(time.RFC3339)}
	q.Data.Order = s.cfg.Order(o)
	if m != (payments.Method{}) {
		q.Data.PaymentMethod = &m
	}

	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}

	sign, err := signerOf(s.cfg.Secret())
	if err != nil {
		return nil, err
	}
	signature, err := sign.Sign(id, now, body)
	if err != nil {
		return nil, err
	}

	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}

	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "checkoutd")
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return req, nil
}

// shown returns a sentence of the shop's as a buyer may see it.
func shown(message string) string {
	clean, err := cleantext.Line(message)
	if err != nil {
		return ""
	}
	if runes := []rune(clean); len(runes) > maxMessage {
		return string(runes[:maxMessage]) + "…"
	}
	return clean
}
