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
	// BeginEndpoint stores that the creation of an endpoint begins, in place of
	// the unshown one with the ID former ("" for none), in one transaction.
	// There is one unshown endpoint of a kind at most: if another call was
	// first, BeginEndpoint stores nothing and returns that one.
	BeginEndpoint(ctx context.Context, m Made, former string) (Made, error)
	// KeepEndpoint stores what became of an endpoint.
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
	GivenUp MadeState = "given_up" // nobody ever will, or Stripe refused it
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

// planned returns what CreateEndpoints would create if nothing were there.
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
	if err := s.refuseAddress(); err != nil {
		return nil, err
	}

	for _, e := range s.planned() {
		_, refused := s.begin(ctx, e, false)
		if err = errors.Join(err, refused); refused == nil {
			list = append(list, e)
		}
	}

	return list, err
}

// CreateEndpoints creates the endpoints that are missing. show is called with
// each: it must give the secret to somebody before it returns nil, since Stripe
// shows it once. Whatever is interrupted before that is repeated by the next
// call, within a day; what Stripe refuses begins anew. An endpoint that is
// there already is refused: a second one would get every event, too. Several
// calls at once create one of each kind.
func (s *Service) CreateEndpoints(ctx context.Context, show func(Creation) error) (err error) {
	if err := s.refuseAddress(); err != nil {
		return err
	}

	for _, e := range s.planned() {
		err = errors.Join(err, s.createEndpoint(ctx, e, show))
	}

	return err
}

// refuseAddress returns the error for an address to which Stripe would send
// no live event.
func (s *Service) refuseAddress() error {
	if s.cfg.Setup.SecretKey.Live && isTestURL(s.cfg.Setup.WebhookURL) {
		return fmt.Errorf("BASE_URL: Stripe sends live events to public https addresses only, and not to %s",
			s.cfg.Setup.WebhookURL)
	}
	return nil
}

func (s *Service) createEndpoint(ctx context.Context, e NewEndpoint, show func(Creation) error) error {
	made, err := s.begin(ctx, e, true)
	if err != nil {
		return err
	}

	c := Creation{Option: optionOf(e.Connect), Repeated: made.State == Created}
	e.Seed = made.ID

	if c.Endpoint, err = s.cfg.Creator.CreateWebhookEndpoint(ctx, e); err != nil {
		return fmt.Errorf("%s: %w", e.kind(), s.afterFailure(ctx, e, made, err))
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

// afterFailure returns the error of a creation that failed. One that Stripe
// refused for certain is given up, so that the next call begins anew instead
// of repeating the refused request; any other may have created the endpoint.
func (s *Service) afterFailure(ctx context.Context, e NewEndpoint, made Made, cause error) error {
	if !refused(cause) {
		return cause
	}

	// An earlier request under the same seed may have created it.
	there, exists, err := s.lookFor(ctx, e)
	switch {
	case err != nil:
		return errors.Join(cause, err)
	case exists:
		made.EndpointID = there.ID
		return errors.Join(cause, s.giveUp(ctx, made))
	}

	made.State = GivenUp
	return errors.Join(cause, s.cfg.Ledger.KeepEndpoint(ctx, made))
}

// refused reports whether Stripe did nothing, for certain.
func refused(err error) bool {
	var failed *FailedError
	return errors.As(err, new(*RefusedError)) || errors.As(err, &failed) && failed.Certain
}

// lookFor returns the enabled endpoint at Stripe that does what e would do.
func (s *Service) lookFor(ctx context.Context, e NewEndpoint) (there Endpoint, exists bool, err error) {
	list, err := s.cfg.Stripe.WebhookEndpoints(ctx)
	f := &facts{setup: s.cfg.Setup, endpoints: reading(list, err)}
	there, exists = enabled(ours(f, e.kind()))
	return there, exists, err
}

// begin returns the row of the endpoint that may be created now: a new one, or
// that of an interrupted call. write is false to only look.
func (s *Service) begin(ctx context.Context, e NewEndpoint, write bool) (Made, error) {
	// The row first: what it says was created is at Stripe then.
	made, open, err := s.cfg.Ledger.UnshownEndpoint(ctx, e.Connect)
	if err != nil {
		return made, err
	}

	there, exists, err := s.lookFor(ctx, e)
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

	case known:
		made.EndpointID = there.ID
		if !write {
			return made, neverShown(made)
		}
		return made, s.giveUp(ctx, made)

	case exists:
		return made, isThere(there)
	case !write:
		return made, nil
	}

	return s.beginNew(ctx, e, made.ID)
}

// beginNew stores a new row in place of former. If another call was first, it
// returns that one's row: under the same seed, Stripe answers both with one
// endpoint.
func (s *Service) beginNew(ctx context.Context, e NewEndpoint, former string) (Made, error) {
	now := s.cfg.Now()
	mine := Made{
		ID:        s.cfg.NewID("hook_"),
		Connect:   e.Connect,
		URL:       e.URL,
		State:     Begun,
		CreatedAt: now,
		UpdatedAt: now,
	}

	made, err := s.cfg.Ledger.BeginEndpoint(ctx, mine, former)
	switch {
	case err != nil:
		return made, err
	case made.ID != mine.ID && made.URL != mine.URL:
		return made, fmt.Errorf("somebody is creating the %s for %s right now: run this again when that is done",
			e.kind(), made.URL)
	case made.ID != mine.ID:
		return made, nil
	}

	// Another call may have begun and ended since begin looked.
	there, exists, err := s.lookFor(ctx, e)
	if err != nil || !exists {
		return made, err
	}

	made.State = GivenUp
	return made, errors.Join(s.cfg.Ledger.KeepEndpoint(ctx, made), isThere(there))
}

// isThere refuses a second endpoint.
func isThere(e Endpoint) error {
	return fmt.Errorf("there is an %s already: %s, for %s. Stripe shows its secret in the Dashboard (%s). "+
		"To replace it, disable it first", kind{e.Connect}, e.ID, e.URL, optionOf(e.Connect))
}

// giveUp ends the creation of an endpoint whose secret nobody has.
func (s *Service) giveUp(ctx context.Context, made Made) error {
	made.State = GivenUp
	return errors.Join(s.cfg.Ledger.KeepEndpoint(ctx, made), neverShown(made))
}

func neverShown(made Made) error {
	return fmt.Errorf("%s was created, but its secret was never shown, and Stripe does not repeat it. Copy it in the "+
		"Dashboard into %s, or delete the endpoint and run this again", made.EndpointID, optionOf(made.Connect))
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
