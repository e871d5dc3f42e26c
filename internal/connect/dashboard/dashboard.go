package dashboard

import (
	"context"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/fault"
)

// Lifetime is how long a session lasts.
const Lifetime = 8 * time.Hour

// Features are the features of a component, on or off.
type Features map[string]bool

// Dashboard is a link and, once somebody has opened it, the session of their
// browser.
type Dashboard struct {
	ID         string // cdl_…
	AccountID  string
	Components map[string]Features

	LinkHash      []byte // of the token in the link
	LinkExpiresAt time.Time
	SessionHash   []byte    // of the token in the cookie, empty until the link is opened
	ExpiresAt     time.Time // of the link, and once it is opened, of the session
	CreatedAt     time.Time
}

// Store keeps dashboards. Every method is one transaction and safe for
// concurrent use from several processes.
type Store interface {
	// ConnectAccount returns the account, or connect.ErrNoAccount.
	ConnectAccount(ctx context.Context, id string) (connect.Account, error)
	// AddDashboard stores a link. One that is stored already stays as it is.
	AddDashboard(ctx context.Context, d Dashboard) error
	// OpenDashboard turns the unopened link with a hash into a session that
	// ends at until, and returns it. It returns ErrClosed if there is no such
	// link, or if it has expired at now.
	OpenDashboard(ctx context.Context, linkHash, sessionHash []byte, now, until time.Time) (Dashboard, error)
	// Dashboard returns the session with a hash, or ErrClosed if there is none
	// or if it has expired at now.
	Dashboard(ctx context.Context, sessionHash []byte, now time.Time) (Dashboard, error)
	// CloseDashboard ends the session with a hash, if there is one.
	CloseDashboard(ctx context.Context, sessionHash []byte) error
}

// Stripe creates sessions of embedded components. It is safe for concurrent
// use.
type Stripe interface {
	// CreateAccountSession returns the client secret of a new account session.
	CreateAccountSession(
		ctx context.Context, accountID string, components map[string]map[string]bool, key string,
	) (clientSecret string, err error)
}

// ErrClosed is returned to a browser without a session: it never had one, or
// signed out, or its session or the account's connection has ended.
var ErrClosed = fault.New(fault.Unauthorized, "dashboard_closed",
	"This page is closed. Open it again from the site that brought you here.")

// Config is what a Service needs.
type Config struct {
	Store   Store
	Stripe  Stripe
	Now     func() time.Time
	BaseURL string // the public origin of our pages
	Secure  bool   // BaseURL is https
}

// Service serves the dashboards. It is safe for concurrent use.
type Service struct{ cfg Config }

// New returns a Service.
func New(c Config) *Service { return &Service{cfg: c} }

// account returns the account of a dashboard, or ErrClosed if it has been
// disconnected since the link was created.
func (s *Service) account(ctx context.Context, d Dashboard) (connect.Account, error) {
	a, err := s.cfg.Store.ConnectAccount(ctx, d.AccountID)
	if err == nil && (!a.IsConnected() || d.CreatedAt.Before(a.ConnectedAt)) {
		err = ErrClosed
	}
	return a, err
}
