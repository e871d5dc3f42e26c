package api

import "checkoutd/internal/sandbox/memory"

// The scopes of OAuth.
const (
	ScopeReadOnly  = "read_only"
	ScopeReadWrite = "read_write"
)

// Link is what Stripe knows of an account's relation to the platform and does
// not show. The zero value is that of an account that the platform created.
type Link struct {
	Scope      string `json:"scope,omitempty"`      // granted by OAuth; "" allows everything
	Apart      bool   `json:"apart,omitempty"`      // the account exists, but is not connected
	Controller string `json:"controller,omitempty"` // another platform, if one controls the account
}

// KindApart is the kind of accounts that are not connected to the platform,
// which keeps them out of its lists.
const KindApart = "account_apart"

// Past are the parameters of an account's generated past.
type Past struct {
	Seed     uint64 `json:"seed"`
	Payments int    `json:"payments"`
	From     int64  `json:"from"` // Unix seconds; no payment is older
	To       int64  `json:"to"`   // nothing has happened since
	Currency string `json:"currency"`
}

// SetPast gives an account a past and schedules what is not over in it, such as
// the deadlines of disputes.
func (s *Server) SetPast(account string, past memory.Past) {
	s.Store.Lock()
	defer s.Store.Unlock()

	a := s.Store.Account(account)
	a.SetPast(past)
	for obj := range a.OfKind(KindDispute) {
		s.resumeObject(account, obj)
	}
}

// Lookup returns an object of an account, outside a transaction.
func (s *Server) Lookup(account, id string) (memory.Object, bool) {
	s.Store.RLock()
	defer s.Store.RUnlock()
	return s.Store.Get(account, id)
}

// Anywhere returns an object of any account, for pages that know no account.
func (s *Server) Anywhere(id string) (memory.Object, bool) {
	s.Store.RLock()
	defer s.Store.RUnlock()

	holder := s.Store.Holder(id)
	if holder == nil {
		return nil, false
	}
	return holder.Get(id)
}

// AccountOf returns the ID of the account that holds an object, by default the
// platform's.
func (s *Server) AccountOf(id string) string {
	s.Store.RLock()
	defer s.Store.RUnlock()

	holder := s.Store.Holder(id)
	if holder == nil {
		return PlatformAccount
	}
	return holder.ID
}

// Connected returns an account that is connected to the platform. The caller
// holds the store's lock.
func (s *Server) Connected(id string) (*Record, bool) {
	obj, _ := s.Store.Get(PlatformAccount, id)
	acct, ok := obj.(*Record)
	return acct, ok && acct.ObjectKind() == KindAccount
}

// linkTo returns the link of a connected account.
func (s *Server) linkTo(account string) (Link, bool) {
	s.Store.RLock()
	defer s.Store.RUnlock()

	acct, ok := s.Connected(account)
	if !ok {
		return Link{}, false
	}
	return acct.Private.Link, true
}

// SwitchToHolder moves the call and its transaction to the account that holds
// an object. Nothing must have been changed before.
func (c *Call) SwitchToHolder(id string) {
	if holder := c.Server.Store.Holder(id); holder != nil {
		c.Account, c.Tx.Account = holder.ID, holder
	}
}
