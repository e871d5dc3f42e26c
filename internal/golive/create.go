package golive

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Creator creates webhook endpoints at Stripe. Its errors are those of Stripe.
type Creator interface {
	// CreateWebhookEndpoint creates an endpoint, and returns it with its
	// secret. Under the same seed it is created once: for a day, Stripe repeats
	// its answer.
	CreateWebhookEndpoint(ctx context.Context, e NewEndpoint) (Endpoint, error)
}

// NewEndpoint is a webhook endpoint to be created.
type NewEndpoint struct {
	Seed       string // of the idempotency key
	URL        string
	Connect    bool
	APIVersion string
	Events     []string
}

// Ledger keeps which endpoints were created from here.
type Ledger interface {
	// UnshownEndpoint returns the last endpoint of a kind whose secret was not
	// shown. ok is false if there is none.
	UnshownEndpoint(ctx context.Context, connect bool) (m Made, ok bool, err error)
	// KeepEndpoint stores an endpoint, or what became of it.
	KeepEndpoint(ctx context.Context, m Made) error
}

// Made is an endpoint that was created from here. Its secret is not kept.
type Made struct {
	ID         string // the seed
	Connect    bool
	URL        string
	EndpointID string // at Stripe, "" until it answered
	State      MadeState
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// MadeState is how far the creation of an endpoint has come.
type MadeState string

// The states. Begun is stored before Stripe is asked, so that a repetition
// after a crash creates no second endpoint.
const (
	Begun   MadeState = "begun"
	Created MadeState = "made"     // Stripe answered
	Shown   MadeState = "shown"    // somebody has the secret
	GivenUp MadeState = "given_up" // nobody ever will
)

// repeatable is how long Stripe repeats the answer to a creation for sure
// (https://docs.stripe.com/api/idempotent_requests), less a margin.
const repeatable = 23 * time.Hour

// Creation is what became of one endpoint.
type Creation struct {
	Option   string // that takes the secret
	Endpoint Endpoint
	Repeated bool // it was created before, and its secret is shown only now
}

// Planned is what CreateEndpoints would create.
func (s *Service) planned() (list []NewEndpoint) {
	for _, k := range []kind{{false}, {true}} {
		if k.connect && !s.cfg.Setup.Connect {
			continue
		}

		list = append(list, NewEndpoint{
			URL:        s.cfg.Setup.WebhookURL,
			Connect:    k.connect,
			APIVersion: s.cfg.Setup.APIVersion,
			Events:     k.wants(s.cfg.Setup),
		})
	}

	return list
}

// PlanEndpoints returns the endpoints that CreateEndpoints would create, and an
// error if it would refuse one. It changes nothing.
func (s *Service) PlanEndpoints(ctx context.Context) (list []NewEndpoint, err error) {
	existing, err := s.cfg.Stripe.WebhookEndpoints(ctx)
	if err != nil {
		return nil, err
	}

	for _, e := range s.planned() {
		_, refused := s.begin(ctx, e, existing, false)
		if err = errors.Join(err, refused); refused == nil {
			list = append(list, e)
		}
	}

	return list, err
}

// CreateEndpoints creates the endpoints that are missing. show is called with
// each: it must give the secret to somebody before it returns nil, since Stripe
// shows it once. Whatever is interrupted before that is repeated by the next
// call, within a day. An endpoint that is there already is refused: a second
// one would get every event, too.
func (s *Service) CreateEndpoints(ctx context.Context, show func(Creation) error) (err error) {
	if s.cfg.Setup.SecretKey.Live && isTestURL(s.cfg.Setup.WebhookURL) {
		return fmt.Errorf("BASE_URL: Stripe sends live events to public https addresses only, and not to %s",
			s.cfg.Setup.WebhookURL)
	}

	existing, err := s.cfg.Stripe.WebhookEndpoints(ctx)
	if err != nil {
		return err
	}

	for _, e := range s.planned() {
		err = errors.Join(err, s.createEndpoint(ctx, e, existing, show))
	}

	return err
}

func (s *Service) createEndpoint(
	ctx context.Context, e NewEndpoint, existing []Endpoint, show func(Creation) error,
) error {
	made, err := s.begin(ctx, e, existing, true)
	if err != nil {
		return err
	}

	c := Creation{Option: optionOf(e.Connect), Repeated: made.State == Created}
	e.Seed = made.ID

	if c.Endpoint, err = s.cfg.Creator.CreateWebhookEndpoint(ctx, e); err != nil {
		return fmt.Errorf("%s: %w", e.kind(), err)
	}

	made.EndpointID, made.State = c.Endpoint.ID, Created
	if err := s.cfg.Ledger.KeepEndpoint(ctx, made); err != nil {
		return err
	}
	if c.Endpoint.Secret == "" {
		return s.giveUp(ctx, made)
	}

	if err := show(c); err != nil {
		return err
	}

	made.State = Shown
	return s.cfg.Ledger.KeepEndpoint(ctx, made)
}

// begin returns the row of the endpoint that may be created now: a new one, or
// that of an interrupted call. write is false to only look.
func (s *Service) begin(ctx context.Context, e NewEndpoint, existing []Endpoint, write bool) (Made, error) {
	f := &facts{setup: s.cfg.Setup, endpoints: reading(existing, nil)}
	there, exists := enabled(ours(f, kind{e.Connect}))

	made, open, err := s.cfg.Ledger.UnshownEndpoint(ctx, e.Connect)
	if err != nil {
		return made, err
	}

	// Stripe may have created it although nobody got the answer.
	began := made.CreatedAt.Truncate(time.Second) // Stripe's times are whole seconds
	known := open && exists &&
		(made.EndpointID == there.ID || made.EndpointID == "" && !there.Created.Before(began))

	fresh := open && made.URL == e.URL && s.cfg.Now().Sub(made.CreatedAt) < repeatable
	switch {
	case known && fresh, fresh && !exists && made.State == Begun:
		return made, nil
	case known && write:
		made.EndpointID = there.ID
		return made, s.giveUp(ctx, made)
	case exists:
		return made, fmt.Errorf("there is an %s already: %s, for %s. Stripe shows its secret in the Dashboard (%s). "+
			"To replace it, disable it first", e.kind(), there.ID, there.URL, optionOf(e.Connect))
	}

	now := s.cfg.Now()
	made = Made{
		ID:        s.cfg.NewID("hook_"),
		Connect:   e.Connect,
		URL:       e.URL,
		State:     Begun,
		CreatedAt: now,
		UpdatedAt: now,
	}

	if !write {
		return made, nil
	}

	return made, s.cfg.Ledger.KeepEndpoint(ctx, made)
}

// giveUp ends the creation of an endpoint whose secret nobody has.
func (s *Service) giveUp(ctx context.Context, made Made) error {
	made.State = GivenUp
	return errors.Join(s.cfg.Ledger.KeepEndpoint(ctx, made), fmt.Errorf(
		"%s was created, but its secret was never shown, and Stripe does not repeat it. Copy it in the Dashboard "+
			"into %s, or delete the endpoint and run this again", made.EndpointID, optionOf(made.Connect)))
}

// enabled returns the first of the endpoints that is.
func enabled(list []Endpoint) (Endpoint, bool) {
	for _, e := range list {
		if e.Enabled {
			return e, true
		}
	}
	return Endpoint{}, false
}

func (e NewEndpoint) kind() kind { return kind{e.Connect} }

// optionOf returns the option that takes the secret of an endpoint.
func optionOf(connect bool) string {
	if connect {
		return "STRIPE_CONNECT_WEBHOOK_SECRET"
	}
	return "STRIPE_WEBHOOK_SECRET"
}
