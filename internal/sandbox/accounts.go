package sandbox

// lookup finds an object outside a transaction.
func (s *Server) lookup(account, id string) (object, bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	w := s.store.worlds[account]
	if w == nil {
		return nil, false
	}
	e, ok := w.objects[id]
	return e.obj, ok
}

// anywhere finds an object in any account: pages know no account.
func (s *Server) anywhere(id string) (object, bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	for _, w := range s.store.worlds {
		if e, ok := w.objects[id]; ok {
			return e.obj, true
		}
	}
	return nil, false
}

func (s *Server) accountOf(id string) string {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	for account, w := range s.store.worlds {
		if _, ok := w.objects[id]; ok {
			return account
		}
	}
	return PlatformAccount
}

// useWorldOf points the transaction at the account that holds an object.
func (c *call) useWorldOf(id string) {
	for account, w := range c.srv.store.worlds {
		if _, ok := w.objects[id]; ok {
			c.account, c.tx.world, c.tx.origin.account = account, w, account
		}
	}
}

// knowsAccount tells whether a Stripe-Account header names an account that exists.
func (s *Server) knowsAccount(id string) bool {
	obj, ok := s.lookup(PlatformAccount, id)
	return ok && obj.objectKind() == kindAccount
}
