package connect

import (
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/payments"
)

// call is an API call as the rules of Connect see it.
type call struct{ *payments.Call }

// Room is the rules of Connect.
type Room struct {
	srv      *api.Server
	payments *payments.Room
}

// New returns the rules of Connect.
func New(srv *api.Server, pay *payments.Room) *Room { return &Room{srv, pay} }

// op is one row of the table of operations.
func (r *Room) op(method, pattern string, access api.Access, run func(c *call) (any, error)) api.Route {
	return api.NewRoute(method, pattern, access, func(c *api.Call) (any, error) { return run(&call{r.payments.Call(c)}) })
}

// background runs a change that no API call asked for.
func (r *Room) background(account string, run func(c *call) error) {
	r.payments.Background(account, func(c *payments.Call) error { return run(&call{c}) })
}

// update runs a change of an account in a transaction of its own.
func (r *Room) update(account string, run func(c *call) error) error {
	return r.payments.Update(account, func(c *payments.Call) error { return run(&call{c}) })
}

// Connected collects fees and moves the money of payments between accounts.
type Connected struct{}

// CheckDestination implements payments.Connected.
func (Connected) CheckDestination(c *payments.Call, param, account string) error {
	return (&call{c}).checkDestination(param, account)
}

// PassOn implements payments.Connected.
func (Connected) PassOn(c *payments.Call, ch *payments.Charge) { (&call{c}).passOn(ch) }

// RefundConnected implements payments.Connected.
func (Connected) RefundConnected(c *payments.Call, re *payments.Refund, ch *payments.Charge) error {
	return (&call{c}).refundConnected(re, ch)
}

// later runs a change to an object of this account when the sandbox's clock
// reaches a time.
func (c *call) later(id string, due time.Time, run func(c *call) error) {
	c.Call.Later(id, due, func(c *payments.Call) error { return run(&call{c}) })
}

// elsewhere runs a change of another account when this one is done: a
// transaction holds one account's objects.
func (c *call) elsewhere(account string, run func(c *call)) {
	c.Call.Elsewhere(account, func(c *payments.Call) { run(&call{c}) })
}
