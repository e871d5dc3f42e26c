package sandbox

import "time"

// background runs a change that no API call asked for: a delayed payment is decided, a refund settles.
func (s *apiServer) background(account string, run func(c *call) error) {
	if err := s.update(account, run); err != nil {
		s.cfg.Logger.Error().Err(err).Msg("sandbox background change")
	}
}

// update runs a function in a transaction of its own, commits unless it fails, and writes the journal.
// A decline counts as done.
func (s *apiServer) update(account string, run func(c *call) error) error {
	c := &call{srv: s, account: account, now: s.now(), p: &params{}, version: APIVersion}
	s.store.mu.Lock()
	c.tx = s.store.begin(s.store.account(c.account), c.now)
	err := run(c)
	if !keepsChanges(err) {
		s.store.mu.Unlock()
		return err
	}
	lines := s.commit(c.tx)
	s.store.mu.Unlock()
	s.journal.write(lines)
	for _, f := range c.tx.after {
		f()
	}
	return nil
}

// commit makes a transaction visible, hands its events to the senders and returns what the journal has to hold.
// The caller holds the write lock.
func (s *apiServer) commit(t *tx) []line {
	for _, obj := range t.events {
		if ev, ok := obj.(*Event); ok {
			ev.PendingWebhooks = s.expected(ev)
		}
	}
	changed := t.commit()
	for _, obj := range t.events {
		if ev, ok := obj.(*Event); ok {
			s.announce(ev)
		}
	}
	return s.journal.lines(t.account.id, changed)
}

// expected is how many endpoints will get an event.
func (s *apiServer) expected(ev *Event) int {
	n := 0
	for _, m := range s.modules {
		if m.expects != nil {
			n += m.expects(ev)
		}
	}
	return n
}

// announce hands an event to whoever delivers events. The caller holds the write lock.
func (s *apiServer) announce(ev *Event) {
	for _, m := range s.modules {
		if m.deliver != nil {
			m.deliver(ev)
		}
	}
}

// resume takes up what a restart interrupted: delayed payments, pending refunds, undelivered events.
func (s *apiServer) resume() {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	for account, w := range s.store.accounts {
		for _, e := range w.objects {
			for _, m := range s.modules {
				if m.resume != nil {
					m.resume(account, e.obj)
				}
			}
		}
	}
}

// Later runs a change to an object of this account when the sandbox's clock reaches a time.
func (c *call) Later(id string, due time.Time, run func(c *call) error) {
	srv, account := c.srv, c.account
	c.tx.after = append(c.tx.after, func() { srv.schedule.at(id, due, func() { srv.background(account, run) }) })
}

// Elsewhere runs a change of another account when this one is done: a transaction holds one account's objects.
func (c *call) Elsewhere(account string, run func(c *call)) {
	srv := c.srv
	c.tx.after = append(c.tx.after, func() { srv.background(account, func(c *call) error { run(c); return nil }) })
}
