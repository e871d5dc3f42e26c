package api

import "checkoutd/internal/sandbox/memory"

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

// KnowsAccount reports whether a connected account exists.
func (s *Server) KnowsAccount(id string) bool {
	obj, ok := s.Lookup(PlatformAccount, id)
	return ok && obj.ObjectKind() == KindAccount
}

// SwitchToHolder moves the call and its transaction to the account that holds
// an object. Nothing must have been changed before.
func (c *Call) SwitchToHolder(id string) {
	if holder := c.Server.Store.Holder(id); holder != nil {
		c.Account, c.Tx.Account = holder.ID, holder
	}
}
