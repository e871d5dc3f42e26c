package orders

import (
	"fmt"
	"time"

	"checkoutd/internal/fault"
)

// maxTrialDays is Stripe's limit
// (https://docs.stripe.com/billing/subscriptions/trials).
const maxTrialDays = 730

// trialMixed says why a trial takes no one-time items: Stripe bills them at
// once, and the buyer of a trial is promised that nothing is paid now.
const trialMixed = "One-time items are paid for at once, so they cannot be in an order that begins with a trial."

// setTrial sets the trial of a new order, whose mode is known.
func setTrial(o *Order, req ShopRequest) error {
	switch days := req.TrialDays; {
	case days == nil || *days == 0:
	case o.Mode != ModeSubscription:
		return fault.InvalidField("trial_days", "not_in_mode",
			"This cannot be set for an order in mode "+string(o.Mode)+".")
	case *days < 0 || *days > maxTrialDays:
		return fault.InvalidField("trial_days", "days_out_of_range",
			fmt.Sprintf("A trial takes a whole number of days from 0 to %d.", maxTrialDays))
	case o.mixed():
		return fault.InvalidField("trial_days", "not_with_one_time_items", trialMixed)
	default:
		o.Shop.TrialDays = *days
	}

	return nil
}

// Trial reports whether the order's subscription begins with a trial, so that
// nothing is paid at first.
func (o *Order) Trial() bool { return o.Shop.TrialDays > 0 }

// SavesMethod reports whether the order's intent saves a payment method and
// holds no money: nothing is paid, or the payments begin after a trial.
func (o *Order) SavesMethod() bool { return o.Mode == ModeSetup || o.Trial() }

// FirstPayment returns when the first payment is due of a subscription with a
// trial. Until the trial has begun, that is counted from now.
func (o *Order) FirstPayment(now time.Time) time.Time {
	if !o.Shop.TrialEnd.IsZero() {
		return o.Shop.TrialEnd
	}
	return now.AddDate(0, 0, int(o.Shop.TrialDays))
}
