package mirror

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/budget"
	"checkoutd/internal/queue"
)

// Config is what a Service needs.
type Config struct {
	Store  Store
	Stripe Stripe
	Now    func() time.Time
	Log    zerolog.Logger

	// Pace limits the calls for all accounts together; nil for no limit.
	Pace *budget.Budget
	// PerAccount is how many calls a second an account has at most; 0 for no
	// limit.
	PerAccount int
	// CheckEvery is the time from the beginning of a pass to the next one.
	CheckEvery time.Duration

	// Keep keeps the objects of an account that was disconnected.
	Keep bool
	// Cards keeps the brand and the last four digits of cards.
	Cards bool
	// Start, unless nil, returns where the history of an account starts that
	// was connected now: every connected account gets a mirror then.
	Start func(now time.Time) time.Time
}

// The sizes and times of the work.
const (
	workers    = 8
	lease      = 2 * time.Minute
	callTime   = time.Minute // a call to Stripe, with its wait for a turn
	eraseChunk = 1000
	addEvery   = 30 * time.Second
	firstPause = 500 * time.Millisecond // after the first 429
	worstPause = time.Minute
	longestTry = time.Hour // between two tries of what fails
	tellEvery  = 10 * time.Second
)

// clockDifference is how far our clock may be ahead of Stripe's: with more than
// that, no webhook is accepted either.
const clockDifference = 5 * time.Minute

// Service keeps the mirrors up to date. It is safe for concurrent use.
type Service struct {
	cfg    Config
	decode decoder
	runner *queue.Runner[Job]

	mu   sync.Mutex
	told map[string]time.Time // when an account's progress was logged
}

// New returns a Service that does nothing until Run.
func New(c Config) *Service {
	s := &Service{cfg: c, decode: decoder{c.Cards}, told: map[string]time.Time{}}
	s.runner = queue.New(queue.Config[Job]{
		Name:    "mirror",
		Workers: workers,
		Batch:   workers, // what is claimed ahead would not go in turn
		Lease:   lease,
		Poll:    time.Second,
		Now:     c.Now,
		Log:     c.Log,
		Rescue:  c.Store.RescueMirrors,
		Claim: func(ctx context.Context, now, until time.Time, n int) ([]Job, error) {
			return c.Store.ClaimMirrors(ctx, now, until, n, !c.Keep)
		},
		Work: s.work,
		Release: func(ctx context.Context, j Job) error {
			j.NextAt = c.Now()
			return ifHeld(c.Store.CommitMirror(ctx, j.Claim, &j.Mirror, &Batch{}))
		},
	})

	return s
}

// Run works until ctx ends.
func (s *Service) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { s.runner.Run(ctx) })

	if s.cfg.Start != nil {
		wg.Go(func() { s.addAll(ctx) })
	}

	wg.Wait()
}

// RunOnce works one page of each account that is due, up to the number of
// workers, and returns how many there were.
func (s *Service) RunOnce(ctx context.Context) (int, error) { return s.runner.RunOnce(ctx) }

// Wake makes Run look for work at once.
func (s *Service) Wake() { s.runner.Wake() }

// addAll starts a mirror of every account that is connected, until ctx ends.
func (s *Service) addAll(ctx context.Context) {
	tick := time.NewTicker(addEvery)
	defer tick.Stop()

	for {
		now := s.cfg.Now()
		n, err := s.cfg.Store.AddMirrors(ctx, s.cfg.Start(now), now)
		if err != nil && ctx.Err() == nil {
			s.cfg.Log.Error().Err(err).Msg("could not start the mirrors of new accounts")
		}

		if n > 0 {
			s.runner.Wake()
		}

		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// work reads a page of an account, or erases what was stored of one that is not
// connected any more.
func (s *Service) work(ctx context.Context, j Job) error {
	switch {
	case !j.Connected && s.cfg.Keep:
		return nil // it was disconnected a moment ago, which has ended the claim
	case !j.Connected:
		return s.erase(ctx, j)
	}

	began := s.cfg.Now()
	m := j.Mirror
	watched, turnedAway := budget.Watch(budget.WithPriority(ctx, budget.Mirror))
	watched, cancel := context.WithTimeout(watched, callTime)
	defer cancel()

	batch, err := s.read(watched, &m, j.ConnectedAt)

	switch {
	case err == nil:
		m.Failures, m.Problem = 0, ""
		m.Pause = calmer(m.Pause)
		m.NextAt = s.nextPage(&m, began)

	case turnedAway(): // Stripe was not asked: others need the requests
		m, batch, err = j.Mirror, &Batch{}, nil
		m.NextAt = s.cfg.Now().Add(queue.Backoff(1, 2*time.Second, time.Hour))
	case ctx.Err() != nil:
		return err // stopped: the lease expires, or the next start releases it
	default:
		return s.fail(ctx, j, err)
	}

	if err := s.cfg.Store.CommitMirror(ctx, j.Claim, &m, batch); err != nil {
		return ifHeld(err)
	}

	s.tell(&m)
	s.wakeAt(m.NextAt)

	return err
}

// read reads the next page of a mirror, and moves m behind it.
func (s *Service) read(ctx context.Context, m *Mirror, connectedAt time.Time) (*Batch, error) {
	switch now := s.cfg.Now(); {
	case m.Pass == 0, !m.ConnectionAt.Equal(connectedAt):
		first, err := s.firstAt(ctx, m.ID)
		if err != nil {
			return nil, err
		}

		m.FirstAt = first
		m.beginFirst(connectedAt, now)

	case m.done():
		m.beginNext(now)
	}

	l := m.next()
	if err := s.cfg.Pace.Wait(ctx); err != nil {
		return nil, err
	}

	asOf := s.cfg.Now().Add(-clockDifference)
	page, more, err := s.cfg.Stripe.MirrorPage(ctx, Query{
		Account: m.ID,
		Kind:    l.Kind,
		From:    m.From,
		Until:   l.Until,
		After:   l.After,
	})

	m.Calls++

	if errors.Is(err, ErrCursorGone) {
		l.restart()
		return &Batch{}, nil
	}

	if err != nil {
		return nil, err
	}

	return s.take(m, l, page, more, asOf)
}

// firstAt returns when the account was created.
func (s *Service) firstAt(ctx context.Context, account string) (time.Time, error) {
	if err := s.cfg.Pace.Wait(ctx); err != nil {
		return time.Time{}, err
	}
	return s.cfg.Stripe.AccountCreated(ctx, account)
}

// take returns what a page says, and moves its list behind it.
func (s *Service) take(m *Mirror, l *List, page [][]byte, more bool, asOf time.Time) (*Batch, error) {
	b := &Batch{}
	for _, object := range page {
		if err := s.decode.add(b, object, asOf); err != nil {
			return nil, err
		}
	}

	b.Since(m.Since)

	if len(page) == 0 {
		if more {
			return nil, errors.New("mirror: a page is empty, and there are more")
		}

		l.Done = true
		return b, nil
	}

	id, created, err := cursor(page[len(page)-1])
	if err != nil {
		return nil, err
	}

	l.turn(id, created, more)
	m.Objects += int64(len(page))

	return b, nil
}

// erase removes a part of what was stored of an account.
func (s *Service) erase(ctx context.Context, j Job) error {
	erased, err := s.cfg.Store.EraseMirror(ctx, j.Claim, eraseChunk)
	if erased {
		s.cfg.Log.Info().Str("account", j.ID).Msg("erased the payments of an account that is not connected any more")
	}
	return ifHeld(err)
}

// wakeAt wakes the runner when a page is due, unless that is long.
func (s *Service) wakeAt(dueAt time.Time) {
	if d := dueAt.Sub(s.cfg.Now()); d <= 0 {
		s.runner.Wake()
	} else if d < time.Second {
		time.AfterFunc(d, s.runner.Wake)
	}
}

// ifHeld drops the error of a claim that is lost: another worker has the
// mirror, or the account is not connected any more.
func ifHeld(err error) error {
	if errors.Is(err, queue.ErrClaimLost) {
		return nil
	}
	return err
}
