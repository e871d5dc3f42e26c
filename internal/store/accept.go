package store

import (
	"cmp"
	"context"
	"slices"

	"checkoutd/internal/webhooks"
)

// Accept stores an event durably, many callers to a commit; see webhooks.Intake.
// Without a state the event is received; without times it is received, and due, now.
func (s *Store) Accept(ctx context.Context, e webhooks.Event) (isNew bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	e.State = cmp.Or(e.State, webhooks.Received)
	if e.ReceivedAt.IsZero() {
		e.ReceivedAt = s.stamp()
	}
	if e.NextAt.IsZero() {
		e.NextAt = e.ReceivedAt
	}
	return s.inbox.add(ctx, cleaned(eventValues(&e)))
}

// flushEvents commits a batch and answers each caller. When a row is bad, the
// rows go one by one, so that it harms nobody else.
func (s *Store) flushEvents(batch []*pending) {
	ctx := context.Background() // callers come and go; the dialect bounds the time
	groups := byID(batch)
	isNew, err := s.insertEvents(ctx, groups)
	if err != nil && len(groups) > 1 && s.dialect.badRow(err) {
		for _, g := range groups {
			one, err := s.insertEvents(ctx, [][]*pending{g})
			answer(g, err == nil && one[0], err)
		}
		return
	}
	for i, g := range groups {
		answer(g, err == nil && isNew[i], err)
	}
}

// insertEvents stores the first of each group in one transaction.
func (s *Store) insertEvents(ctx context.Context, groups [][]*pending) (isNew []bool, err error) {
	rows := make([][]any, len(groups))
	for i, g := range groups {
		rows[i] = g[0].row
	}
	err = s.retry(ctx, func() (err error) {
		isNew, err = s.dialect.insertEvents(ctx, s.write, rows)
		return err
	})
	return isNew, err
}

// byID puts the rows of one id together, so that none is inserted twice, and sorts by
// id: commits that run side by side lock the same ids in the same order.
func byID(batch []*pending) [][]*pending {
	slices.SortStableFunc(batch, func(a, b *pending) int {
		return cmp.Compare(a.row[0].(string), b.row[0].(string))
	})
	var groups [][]*pending
	for _, p := range batch {
		if last := len(groups) - 1; last >= 0 && groups[last][0].row[0] == p.row[0] {
			groups[last] = append(groups[last], p)
		} else {
			groups = append(groups, []*pending{p})
		}
	}
	return groups
}

// answer tells the callers of one id what became of it; only the first of them
// can have been new.
func answer(group []*pending, isNew bool, err error) {
	for i, p := range group {
		p.answer <- verdict{isNew && i == 0, err}
	}
}
