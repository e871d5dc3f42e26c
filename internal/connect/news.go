package connect

import (
	"context"
	"errors"
	"time"

	"checkoutd/internal/queue"
)

// News is an event about a connected account itself.
type News struct {
	Type      string
	AccountID string
	ClientID  string // of the application that was authorized or deauthorized
	Created   time.Time
	Livemode  bool
}

// The types of event about accounts.
const (
	authorized   = "account.application.authorized"
	deauthorized = "account.application.deauthorized"
)

// IsNews reports whether events of a type are about the account itself.
func IsNews(eventType string) bool {
	switch eventType {
	case authorized, deauthorized, "account.updated", "capability.updated":
		return true
	}
	return false
}

var (
	// ErrNotOurs means that an event changes nothing here, and never will.
	ErrNotOurs = errors.New("it is of no account that is connected here")
	// ErrNoLinkYet means that an account was connected, and nobody knows yet by
	// which link: the exchange may be about to get its answer.
	ErrNoLinkYet = errors.New("its account is not connected here yet: no link, or more than one, waits for it")
)

// Settle brings news into the account, and ends the claim of the event in the
// same transaction. Events say that something has changed; what the account is
// now, only a reading says.
func (s *Service) Settle(ctx context.Context, n News, claim *queue.Claim) error {
	application := n.Type == authorized || n.Type == deauthorized
	if application && n.ClientID != s.cfg.ClientID {
		return ErrNotOurs // of another application of the platform
	}

	a, err := s.cfg.Store.ConnectAccount(ctx, n.AccountID)
	switch {
	case err == nil && n.Type == deauthorized && a.Reason == NoAccess &&
		!n.Created.Before(a.ConnectedAt.Truncate(time.Second)):
		// A refused call was faster than the event, which says who it was.
		_, err := s.cfg.Store.UpdateConnection(ctx, At{AccountID: a.ID, Claim: claim}, func(c *Connection) error {
			if c.Account.Reason == NoAccess {
				c.Account.Reason = ByOwner
			}
			return nil
		})
		return err

	case errors.Is(err, ErrNoAccount) || err == nil && !a.IsConnected():
		if n.Type != authorized || err == nil && n.Created.Before(a.DisconnectedAt.Truncate(time.Second)) {
			return ErrNotOurs
		}
		return s.settleLost(ctx, n, claim)
	case err != nil:
		return err
	}

	why := NoAccess
	if n.Type == deauthorized {
		why = ByOwner
	}
	_, err = s.sync(ctx, a, At{AccountID: a.ID, Claim: claim}, why)
	return err
}

// clockSkew is how far our clock and Stripe's may be apart.
const clockSkew = 10 * time.Second

// settleLost connects an account whose exchange never got its answer. The event
// does not say which link it is of. Only if a single exchange without an answer
// fits its time is that known; otherwise the person tries again.
func (s *Service) settleLost(ctx context.Context, n News, claim *queue.Claim) error {
	from, to := n.Created.Add(-patience-clockSkew), n.Created.Add(clockSkew+time.Second)
	links, err := s.cfg.Store.ExchangingLinks(ctx, from, to)
	switch {
	case err != nil:
		return err
	case len(links) != 1 || links[0].InFlight(s.cfg.Now()):
		return ErrNoLinkYet
	}

	at := At{AccountID: n.AccountID, LinkID: links[0].ID, Claim: claim}
	c, err := s.cfg.Store.UpdateConnection(ctx, at, func(c *Connection) error {
		if c.Link.State != Exchanging || c.Account.IsConnected() {
			return ErrNoLinkYet // settled meanwhile; the next try sees it
		}
		s.connected(c, Grant{AccountID: n.AccountID, Scope: c.Link.Scope, Livemode: n.Livemode}, true)
		return nil
	})
	if err != nil {
		return err
	}

	s.logConnected(&c)
	s.readSoon(n.AccountID)
	return nil
}

func (s *Service) logConnected(c *Connection) {
	s.cfg.Log.Info().
		Str("link_id", c.Link.ID).
		Str("account_id", c.Account.ID).
		Str("problem", string(c.Link.Problem)).
		Bool("by_event", c.Account.ByEvent).
		Msg("a link connected an account")
}

// readSoon makes Run read an account.
func (s *Service) readSoon(accountID string) { s.AccessLost(accountID) }
