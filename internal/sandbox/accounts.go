package sandbox

// lookup finds an object outside a transaction.
func (s *apiServer) lookup(account, id string) (object, bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	w := s.store.accounts[account]
	if w == nil {
		return nil, false
	}
	e, ok := w.objects[id]
	return e.obj, ok
}

// anywhere finds an object in any account: pages know no account.
func (s *apiServer) anywhere(id string) (object, bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	for _, w := range s.store.accounts {
		if e, ok := w.objects[id]; ok {
			return e.obj, true
		}
	}
	return nil, false
}

func (s *apiServer) accountOf(id string) string {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	for account, w := range s.store.accounts {
		if _, ok := w.objects[id]; ok {
			return account
		}
	}
	return PlatformAccount
}

// actForOwnerOf points the transaction at the account that holds an object.
func (c *call) actForOwnerOf(id string) {
	for account, w := range c.srv.store.accounts {
		if _, ok := w.objects[id]; ok {
			c.account, c.tx.account = account, w
		}
	}
}

// knowsAccount tells whether a Stripe-Account header names an account that exists.
func (s *apiServer) knowsAccount(id string) bool {
	obj, ok := s.lookup(PlatformAccount, id)
	return ok && obj.objectKind() == kindAccount
}
