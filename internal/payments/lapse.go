package payments

import "time"

// lapseWarning is how long before a hold lapses the log says so, and lapseGrace how long after
// that the intent is looked at, should no webhook have told.
const (
	lapseWarning = 24 * time.Hour
	lapseGrace   = 10 * time.Minute
)

// nextLook is when an attempt that waits is looked at again. A hold
// (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method) is looked at once on its
// last day: lapses is then when it ends, zero otherwise.
func (r rules) nextLook(a *Attempt, in *Intent) (at, lapses time.Time) {
	at = r.now.Add(r.patience(a.State, a.Checks))
	if a.State != RequiresCapture || in == nil || in.CaptureBefore.IsZero() {
		return at, lapses
	}
	warn, gone := in.CaptureBefore.Add(-lapseWarning), in.CaptureBefore.Add(lapseGrace)
	switch {
	case r.now.Before(warn) && at.After(warn):
		return warn, lapses
	case r.now.Before(warn), !r.now.Before(gone):
		return at, lapses
	case r.now.Before(in.CaptureBefore):
		lapses = in.CaptureBefore
	}
	return gone, lapses
}
