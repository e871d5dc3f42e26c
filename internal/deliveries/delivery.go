package deliveries

import (
	"time"

	"checkoutd/internal/queue"
)

// Delivery is an effect on its way to an endpoint.
type Delivery struct {
	ID         string
	EndpointID string
	EffectID   string
	OrderID    string // "" if the effect is about an account
	AccountID  string
	N          int64  // the effect's number within its order
	Kind       string // of the effect
	State      DeliveryState
	Note       string // why it failed
	Tries      int64  // in this round
	BeganAt    time.Time
	NextAt     time.Time // when it is due, zero when it is not pending
	CreatedAt  time.Time
	FinishedAt time.Time
}

// DeliveryState is the state of a delivery.
type DeliveryState string

// The states; doc.go draws them.
const (
	Pending   DeliveryState = "pending"
	Delivered DeliveryState = "delivered"
	Failed    DeliveryState = "failed"
)

// Known reports whether s is one of the states.
func (s DeliveryState) Known() bool { return s == Pending || s == Delivered || s == Failed }

// Job is a delivery that a worker holds.
type Job struct {
	Delivery

	Claim queue.Claim
}

// Try is one request of a delivery, for the log.
type Try struct {
	ID         string
	DeliveryID string
	At         time.Time
	Took       time.Duration
	Status     int    // of the answer, 0 for none
	Problem    string // why there was no answer
	Excerpt    string // of an answer that is not 2xx
}

// The delays between the tries of a delivery grow from firstDelay to longDelay,
// and end after patience.
const (
	firstDelay = 5 * time.Second
	longDelay  = 8 * time.Hour
	patience   = 3 * 24 * time.Hour
)

// next decides what follows from a try that failed at now: the time of the
// next one, or ok false if it was the last. retryAfter is what the endpoint
// asked for, 0 for nothing.
func (d *Delivery) next(now time.Time, retryAfter time.Duration) (at time.Time, ok bool) {
	end := d.BeganAt.Add(patience)
	if !now.Before(end) {
		return time.Time{}, false
	}

	at = now.Add(max(queue.Backoff(int(d.Tries), firstDelay, longDelay), retryAfter))
	if at.After(end) {
		at = end // the last try
	}

	return at, true
}

// Redeliver makes the delivery pending, for a new round of tries.
func (d *Delivery) Redeliver(now time.Time) {
	d.State, d.Note, d.Tries = Pending, "", 0
	d.BeganAt, d.NextAt, d.FinishedAt = now, now, time.Time{}
}
