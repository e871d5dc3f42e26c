package sandbox

import "time"

// background runs a change that no API call asked for: a delayed payment is decided, a refund settles.
func (s *Server) background(account string, run func(c *call) error) {
	c := &call{srv: s, account: account, now: s.now(), p: &params{}, version: APIVersion}
	if err := s.change(c, run); err != nil {
		s.cfg.Logger.Error().Err(err).Msg("sandbox background change")
	}
}

// change runs a function in a transaction of its own, commits unless it fails, and writes the journal.
// A decline counts as done.
func (s *Server) change(c *call, run func(c *call) error) error {
	s.store.mu.Lock()
	c.tx = s.store.begin(s.store.world(c.account), c.now)
	c.tx.origin.account = c.account
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
func (s *Server) commit(t *tx) []line {
	for _, ev := range t.events {
		ev.PendingWebhooks = len(s.receivers(ev))
	}
	changed := t.commit()
	for _, ev := range t.events {
		s.announce(ev)
	}
	return s.journal.lines(t.world.account, changed)
}

// announce queues an event for every endpoint and for the listening command lines. The caller holds the write lock.
func (s *Server) announce(ev *Event) {
	for _, ep := range s.receivers(ev) {
		s.sender.deliver(ev, ep)
	}
	s.pushEvent(ev)
}

// resume takes up what a restart interrupted: delayed payments, pending refunds, undelivered events.
func (s *Server) resume(restored bool) {
	if !restored {
		return
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	for account, w := range s.store.worlds {
		for _, e := range w.objects {
			s.resumeObject(account, e.obj)
		}
	}
}

// holdEnds is when the authorization of an intent lapses. The caller holds the lock.
func (s *Server) holdEnds(account string, pi *PaymentIntent) time.Time {
	held, ok := s.store.worlds[account].objects[deref(pi.LatestCharge)].obj.(*Charge)
	if !ok {
		return time.Unix(pi.Created, 0).Add(holdOf(""))
	}
	return time.Unix(held.Created, 0).Add(holdOf(held.PaymentMethodDetails.Type))
}

func (s *Server) resumeObject(account string, obj object) {
	switch o := obj.(type) {
	case *PaymentIntent:
		if o.Status == needsCapture {
			s.schedule.at(o.ID, s.holdEnds(account, o), func() {
				s.background(account, func(c *call) error { return c.expireHold(o.ID) })
			})
		}
		if o.Status == processing && s.cfg.DelayedAfter >= 0 {
			s.schedule.at(o.ID, time.Unix(o.private.DueAt, 0), func() {
				s.background(account, func(c *call) error { return c.decide(o.ID, "") })
			})
		}
	case *Refund:
		if o.Status == "pending" {
			s.schedule.at(o.ID, time.Unix(o.Created, 0).Add(refundSettles), func() {
				s.background(account, func(c *call) error { c.settleRefund(o.ID); return nil })
			})
		}
	case *Dispute:
		if !o.closed() && o.EvidenceDetails.DueBy != nil {
			s.schedule.at(o.ID, time.Unix(*o.EvidenceDetails.DueBy, 0), func() {
				s.background(account, func(c *call) error { c.missDeadline(o.ID); return nil })
			})
		}
	case *Record:
		if o.kind == kindPayout && o.text("status") == "pending" {
			s.schedule.at(o.id, time.Unix(wholeNumber(o.fields["arrival_date"]), 0), func() {
				s.background(account, func(c *call) error { c.arrive(o.id); return nil })
			})
		}
	case *Subscription, *Invoice:
		s.resumeBilling(account, o)
	case *Event:
		if o.PendingWebhooks > 0 {
			for _, ep := range s.receivers(o) {
				s.sender.deliver(o, ep)
			}
		}
	}
}

// later runs a change to an object of this account when the sandbox's clock reaches a time.
func (c *call) later(id string, due time.Time, run func(c *call) error) {
	srv, account := c.srv, c.account
	c.tx.after = append(c.tx.after, func() { srv.schedule.at(id, due, func() { srv.background(account, run) }) })
}

// elsewhere runs a change of another account when this one is done: a transaction holds one account's objects.
func (c *call) elsewhere(account string, run func(c *call)) {
	srv := c.srv
	c.tx.after = append(c.tx.after, func() { srv.background(account, func(c *call) error { run(c); return nil }) })
}
