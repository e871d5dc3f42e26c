package mirror

import (
	"slices"
	"time"
)

// Mirror is how far the copy of an account's payments has come.
type Mirror struct {
	ID           string    // acct_…
	Since        time.Time // where the history starts; zero for all of it
	ConnectionAt time.Time // when the connection was made that Pass counts for
	FirstAt      time.Time // nothing in the account is older; zero if not known

	Pass         int64     // 0 before the first one
	From         time.Time // the pass lists what was created at or after it
	StartedAt    time.Time // of the pass
	Lists        []List
	Objects      int64     // listed in this pass
	Calls        int64     // to Stripe in this pass
	BackfilledAt time.Time // when the first pass had ended; zero before

	Failures int64         // one after the other
	Problem  string        // the last failure, "" after a success
	Pause    time.Duration // that Stripe's refusals added to each page
	NextAt   time.Time     // when it is due

	CreatedAt time.Time
	UpdatedAt time.Time
}

// List is how far a list has come in a pass.
type List struct {
	Kind    Kind      `json:"kind"`
	After   string    `json:"after,omitempty"` // the last ID that was read
	Until   time.Time `json:"until,omitzero"`  // lists what was created before, or then
	Reached time.Time `json:"reached,omitzero"`
	Done    bool      `json:"done,omitempty"`
}

// mirrored are the lists of the backfill.
var mirrored = []Kind{PaymentIntents, Charges, Refunds, Disputes}

// overlap is how far a pass reaches behind the former one: objects appear in
// Stripe's lists a little after their time, and clocks differ.
const overlap = time.Hour

// longestGap is how long after the beginning of a pass the next one can still
// find out all that has changed. Stripe lists events for 30 days
// (https://docs.stripe.com/api/events).
const longestGap = 29 * 24 * time.Hour

// beginFirst begins with a list of everything.
func (m *Mirror) beginFirst(connectionAt, now time.Time) {
	m.ConnectionAt, m.BackfilledAt, m.Pass = connectionAt, time.Time{}, 0
	m.begin(m.Since, now, mirrored)
}

// beginNext begins the next pass: what was created, or has changed, since the
// former one began. If that is too long ago, everything is listed again.
func (m *Mirror) beginNext(now time.Time) {
	if now.Sub(m.StartedAt) > longestGap {
		m.begin(m.Since, now, mirrored)
		return
	}

	from := m.StartedAt.Add(-overlap)
	if from.Before(m.Since) {
		from = m.Since
	}

	m.begin(from, now, append(slices.Clone(mirrored), Events, BalanceTransactions))
}

func (m *Mirror) begin(from, now time.Time, kinds []Kind) {
	m.Pass++
	m.From, m.StartedAt, m.Objects, m.Calls = from, now, 0, 0

	m.Lists = make([]List, len(kinds))
	for i, k := range kinds {
		m.Lists[i].Kind = k
	}
}

// next returns the list whose turn it is, nil if the pass is done: the one that
// is least far back.
func (m *Mirror) next() *List {
	var next *List
	for i := range m.Lists {
		switch l := &m.Lists[i]; {
		case l.Done:
		case l.Reached.IsZero(): // nothing is read of it
			return l
		case next == nil || l.Reached.After(next.Reached):
			next = l
		}
	}

	return next
}

// done reports whether the pass is over.
func (m *Mirror) done() bool { return m.next() == nil }

// turn moves the list behind a page.
func (l *List) turn(lastID string, created time.Time, more bool) {
	l.After, l.Reached, l.Done = lastID, created, !more
}

// restart begins the rest of the list anew, because Stripe does not know the
// object behind which it went on. What was created in the same second is read
// twice.
func (l *List) restart() { l.After, l.Until = "", l.Reached }

// Since drops the objects that were created before a time.
func (b *Batch) Since(t time.Time) {
	b.Payments = slices.DeleteFunc(b.Payments, func(p Payment) bool { return p.CreatedAt.Before(t) })
	b.Charges = slices.DeleteFunc(b.Charges, func(c Charge) bool { return c.CreatedAt.Before(t) })
	b.Refunds = slices.DeleteFunc(b.Refunds, func(r Refund) bool { return r.CreatedAt.Before(t) })
	b.Disputes = slices.DeleteFunc(b.Disputes, func(d Dispute) bool { return d.CreatedAt.Before(t) })
}
