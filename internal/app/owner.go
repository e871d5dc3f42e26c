package app

import (
	"context"
	"fmt"

	"checkoutd/internal/deliveries"
)

// owner tells the owner of a webhook endpoint what is wrong with it: in the
// log, and by an e-mail to the shop if there is a mail server. The e-mail is
// sent once, and beside the deliveries; the log has the line in every case.
type owner struct {
	deliveries.Owner // the log
	send             func(ctx context.Context, subject, text string) error
	failed           func(error)
}

// endpointOwner returns the owner of the webhook endpoints.
func (a *App) endpointOwner() deliveries.Owner {
	log := deliveries.LogOwner(a.opts.Log)
	if a.mail == nil {
		return log
	}
	return owner{Owner: log, send: a.mail.TellShop, failed: func(err error) {
		a.opts.Log.Warn().Err(err).Msg("could not tell the shop by mail about a webhook endpoint")
	}}
}

// Exhausted implements deliveries.Owner.
func (o owner) Exhausted(e deliveries.Endpoint, d deliveries.Delivery) {
	o.Owner.Exhausted(e, d)
	o.tell("A webhook did not arrive", fmt.Sprintf("Your endpoint %s (%s) has not taken the webhook %s of order %s "+
		"for three days, so it is not tried again. Mend the endpoint, then run: server endpoints redeliver %s --failed. "+
		"Other webhooks are still sent. You are told this once, until one arrives again.",
		e.ID, e.URL, d.Kind, d.OrderID, e.ID))
}

// SwitchedOff implements deliveries.Owner.
func (o owner) SwitchedOff(e deliveries.Endpoint) {
	o.Owner.SwitchedOff(e)
	o.tell("A webhook endpoint was switched off", fmt.Sprintf("Your endpoint %s (%s) was switched off: %s. Mend it, then "+
		"run: server endpoints enable %s, and server endpoints redeliver %s --since the time of its last success.",
		e.ID, e.URL, e.Reason, e.ID, e.ID))
}

// tell sends an e-mail without waiting for it.
func (o owner) tell(subject, text string) {
	go func() {
		if err := o.send(context.Background(), subject, text); err != nil {
			o.failed(err)
		}
	}()
}
