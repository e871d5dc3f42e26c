package api

import (
	"time"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// Background runs a change that no request asked for, such as the decision of a
// delayed payment or the settling of a refund.
func (s *Server) Background(account string, run func(c *Call) error) {
	if err := s.Update(account, run); err != nil {
		s.Config.Logger.Error().Err(err).Msg("background change in the sandbox failed")
	}
}

// Update runs a function in a transaction of its own. It commits the changes
// and writes the journal unless the function fails. A decline is no failure.
func (s *Server) Update(account string, run func(c *Call) error) error {
	c := &Call{
		Server:  s,
		Account: account,
		Now:     s.Now(),
		Params:  &wire.Params{},
		version: APIVersion,
	}

	s.Store.Lock()
	c.Tx = s.Store.Begin(s.Store.Account(c.Account), c.Now)

	err := run(c)
	if !Commits(err) {
		s.Store.Unlock()
		return err
	}

	lines := s.commit(c.Tx)
	s.Store.Unlock()
	s.Journal.Write(lines)

	for _, f := range c.Tx.After {
		f()
	}

	return nil
}

// commit commits a transaction, announces its events, and returns the lines for
// the journal. The caller holds the write lock.
func (s *Server) commit(t *memory.Tx) []memory.Line {
	events := make([]*Event, 0, len(t.Events))
	for _, obj := range t.Events {
		if ev, ok := obj.(*Event); ok {
			ev.PendingWebhooks = s.expected(ev)
			events = append(events, ev)
		}
	}

	changed := t.Commit()
	if len(events) > 0 {
		s.announce(events)
	}

	return s.Journal.Lines(t.Account.ID, changed)
}

// expected returns how many webhook endpoints will get an event.
func (s *Server) expected(ev *Event) int {
	n := 0
	for _, m := range s.modules {
		if m.Expects != nil {
			n += m.Expects(ev)
		}
	}
	return n
}

// announce passes the events of a commit to the modules that deliver events.
// The caller holds the write lock.
func (s *Server) announce(events []*Event) {
	for _, m := range s.modules {
		if m.Deliver != nil {
			m.Deliver(events)
		}
	}
}

// resume lets the modules schedule what a restart interrupted, such as delayed
// payments, pending refunds and undelivered events.
func (s *Server) resume() {
	s.Store.RLock()
	defer s.Store.RUnlock()

	for _, account := range s.Store.Accounts() {
		for obj := range account.Objects() {
			s.resumeObject(account.ID, obj)
		}
	}
}

// resumeObject lets the modules schedule what is to happen to an object. The
// store is locked.
func (s *Server) resumeObject(account string, obj memory.Object) {
	for _, m := range s.modules {
		if m.Resume != nil {
			m.Resume(account, obj)
		}
	}
}

// Later schedules a change to an object of this account. It is dropped if the
// object is deleted before.
func (c *Call) Later(id string, due time.Time, run func(c *Call) error) {
	srv, account := c.Server, c.Account
	c.Tx.After = append(c.Tx.After, func() {
		srv.Schedule.At(id, due, func() { srv.Background(account, run) })
	})
}

// Elsewhere runs a change of another account after the commit of this one,
// because a transaction covers one account only.
func (c *Call) Elsewhere(account string, run func(c *Call)) {
	srv := c.Server
	c.Tx.After = append(c.Tx.After, func() {
		srv.Background(account, func(c *Call) error {
			run(c)
			return nil
		})
	})
}
