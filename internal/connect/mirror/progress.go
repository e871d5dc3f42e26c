package mirror

import "time"

// State is what a mirror is doing.
type State string

// The states of a mirror.
const (
	Waiting     State = "waiting"     // it has not begun
	Backfilling State = "backfilling" // it reads the history
	Current     State = "current"     // the history is here, and events keep it up to date
	Checking    State = "checking"    // as Current, and what changed is being listed
	Stopped     State = "stopped"     // the account is not connected any more
)

// Progress is how far a mirror has come. There is no number of all objects:
// Stripe's lists have no count. What is known is how far back they have come.
type Progress struct {
	Object    string     `json:"object"` // always "mirror"
	Account   string     `json:"account"`
	State     State      `json:"state"`
	Since     *time.Time `json:"since"`   // where the history starts; null for all of it
	BackTo    *time.Time `json:"back_to"` // everything newer is here
	Objects   int64      `json:"objects"` // read in this pass
	Calls     int64      `json:"calls"`   // to Stripe in this pass
	Share     *float64   `json:"share"`   // of the time that the pass covers, 0 to 1; null if it is not known
	Remaining *int64     `json:"seconds_remaining"`
	Backfill  *time.Time `json:"backfilled_at"`
	Problem   *string    `json:"problem"`
	StartedAt *time.Time `json:"started_at"` // this pass
	NextAt    *time.Time `json:"next_at"`
}

// ProgressOf returns the progress of a mirror at a moment.
func ProgressOf(m *Mirror, connected bool, now time.Time) Progress {
	p := Progress{
		Object:    "mirror",
		Account:   m.ID,
		State:     m.state(connected),
		Since:     optional(m.Since),
		Objects:   m.Objects,
		Calls:     m.Calls,
		Backfill:  optional(m.BackfilledAt),
		Problem:   optional(m.Problem),
		StartedAt: optional(m.StartedAt),
	}
	if p.State == Current {
		p.NextAt = optional(m.NextAt)
	}

	list := m.next()
	if m.Pass == 0 || list == nil {
		if m.Pass > 0 {
			p.BackTo = optional(m.oldest())
		}

		return p
	}

	backTo := list.Reached
	if backTo.IsZero() {
		backTo = m.StartedAt
	}

	p.BackTo = optional(backTo)
	p.estimate(m, backTo, now)

	return p
}

func (m *Mirror) state(connected bool) State {
	switch {
	case !connected:
		return Stopped
	case m.Pass == 0:
		return Waiting
	case m.BackfilledAt.IsZero():
		return Backfilling
	case m.done():
		return Current
	default:
		return Checking
	}
}

// oldest returns the beginning of the time that the pass covers, zero if that
// is not known.
func (m *Mirror) oldest() time.Time {
	if m.FirstAt.After(m.From) {
		return m.FirstAt
	}
	return m.From
}

// estimate sets what is left, as if payments were spread evenly in time.
func (p *Progress) estimate(m *Mirror, backTo, now time.Time) {
	oldest := m.oldest()
	whole := m.StartedAt.Sub(oldest)
	if oldest.IsZero() || whole <= 0 {
		return
	}

	share := min(1, max(0, m.StartedAt.Sub(backTo).Seconds()/whole.Seconds()))
	p.Share = &share

	if elapsed := now.Sub(m.StartedAt).Seconds(); share > 0 && elapsed >= 0 {
		left := int64(elapsed * (1 - share) / share)
		p.Remaining = &left
	}
}

// optional returns nil for a zero value, which the API shows as null.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// tell logs how far a pass has come, every now and then, and its end.
func (s *Service) tell(m *Mirror) {
	now, done := s.cfg.Now(), m.done()

	s.mu.Lock()
	due := done || now.Sub(s.told[m.ID]) >= tellEvery
	if due {
		s.told[m.ID] = now
	}

	if done {
		delete(s.told, m.ID)
	}

	s.mu.Unlock()

	if !due {
		return
	}

	p := ProgressOf(m, true, now)
	line := s.cfg.Log.Info().
		Str("account", m.ID).
		Int64("pass", m.Pass).
		Int64("objects", p.Objects).
		Int64("calls", p.Calls)

	if p.BackTo != nil {
		line = line.Time("back_to", *p.BackTo)
	}

	if p.Remaining != nil {
		line = line.Int64("seconds_remaining", *p.Remaining)
	}

	if done {
		line.Msg("mirrored the payments of an account")
	} else {
		line.Msg("mirroring the payments of an account")
	}
}
