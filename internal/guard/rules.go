package guard

import (
	"context"
	"time"
)

// The windows in which attempts count, and how long a buyer may take for a 3D
// Secure check until it counts as failed. Most take less than a minute.
const (
	Window         = time.Hour
	Recent         = 10 * time.Minute
	AbandonedAfter = 10 * time.Minute
)

// How often a source or a customer may fail in an hour, besides once for each
// payment that it made. People who share an address, such as an office or a
// mobile network, share its number.
const (
	sourceFailures   = 30
	customerFailures = 20
)

// The alarm begins when at least alarmFailures attempts of the shop failed in
// ten minutes, more than twice as many as succeeded. It ends when fewer than
// calmFailures failed in ten minutes, or no more than succeeded.
const (
	alarmFailures = 50
	calmFailures  = 10
)

// leastPerMinute is how many attempts of strangers go through in a minute
// during an alarm, however little the shop sells.
const leastPerMinute = 3

// What a refused buyer is told to wait.
const (
	sourceWait = 15 * time.Minute
	alarmWait  = 2 * time.Minute
)

// Outcomes are numbers of attempts, by how they ended.
type Outcomes struct {
	Good    int64 // money was taken, is held or is on its way
	Failed  int64 // declined, or the 3D Secure check came to nothing
	Waiting int64 // not known yet
}

// Tries are the attempts of somebody in the last hour.
type Tries struct {
	Hour       Outcomes // of the whole hour
	Recent     Outcomes // of the last ten minutes
	LastMinute Outcomes
}

// exhausted reports whether there were more failures than allowed.
func (o Outcomes) exhausted(allowed int64) bool { return o.Failed+o.Waiting >= allowed+o.Good }

// trusted reports whether somebody paid, and not just once in a while.
func (o Outcomes) trusted() bool { return o.Good > 0 && o.Failed <= o.Good }

// alarming reports whether the shop is being used to test cards.
func (t Tries) alarming() bool {
	begun := func(o Outcomes) bool { return o.Failed >= alarmFailures && o.Failed > 2*o.Good }
	if begun(t.Recent) {
		return true
	}

	// During an alarm few attempts go through, and most of them still fail.
	return begun(t.Hour) && t.Recent.Failed >= calmFailures && t.Recent.Failed > t.Recent.Good
}

// perMinute returns how many attempts of strangers go through in a minute
// during an alarm: as many as usually succeed, so that a busy shop stays open.
func (t Tries) perMinute() int64 { return max(leastPerMinute, t.Hour.Good/int64(Window/time.Minute)) }

// Ledger shows how attempts ended. The store implements it.
type Ledger interface {
	// SourceTries returns the attempts of a source in the hour before now.
	SourceTries(ctx context.Context, source string, now time.Time) (Tries, error)
	// CustomerTries returns the attempts to pay the orders of a Stripe
	// customer.
	CustomerTries(ctx context.Context, customer string, now time.Time) (Tries, error)
	// ShopTries returns the attempts of all sources that are counted.
	ShopTries(ctx context.Context, now time.Time) (Tries, error)
	// CustomerHasPaid reports whether an order of the customer was paid before
	// a time.
	CustomerHasPaid(ctx context.Context, customer string, before time.Time) (bool, error)
	// GuardMode returns the mode that the operator has set, "" for none.
	GuardMode(ctx context.Context) (Mode, error)
}
