package connect

import (
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/payments"
)

// Service runs the rules of Connect.
type Service struct {
	srv      *api.Server
	payments *payments.Service
}

// New returns a service.
func New(srv *api.Server, pay *payments.Service) *Service { return &Service{srv, pay} }

// call is an API call as the rules of Connect see it.
type call struct{ *payments.Call }

// background runs a change that no request asked for.
func (s *Service) background(account string, run func(c *call) error) {
	s.payments.Background(account, func(c *payments.Call) error { return run(&call{c}) })
}

// update runs a change of an account in a transaction of its own.
func (s *Service) update(account string, run func(c *call) error) error {
	return s.payments.Update(account, func(c *payments.Call) error { return run(&call{c}) })
}

// op returns the route of an operation.
func (s *Service) op(method, pattern string, access api.Access, run func(c *call) (any, error)) api.Route {
	return api.NewRoute(method, pattern, access, func(c *api.Call) (any, error) {
		return run(&call{s.payments.Call(c)})
	})
}

// later schedules a change to an object of this account.
func (c *call) later(id string, due time.Time, run func(c *call) error) {
	c.Later(id, due, func(c *payments.Call) error { return run(&call{c}) })
}

// elsewhere runs a change of another account after the commit of this one.
func (c *call) elsewhere(account string, run func(c *call)) {
	c.Elsewhere(account, func(c *payments.Call) { run(&call{c}) })
}

// Connected implements payments.Connected: it collects fees and transfers the
// money of payments.
type Connected struct{}

// CheckDestination returns an error if the platform has no such account.
func (Connected) CheckDestination(c *payments.Call, param, account string) error {
	return (&call{c}).checkDestination(param, account)
}

// PassOn collects the fee and transfers the amount of a captured charge.
func (Connected) PassOn(c *payments.Call, ch *payments.Charge) { (&call{c}).passOn(ch) }

// RefundConnected returns the fee and reverses the transfer of a refunded
// charge.
func (Connected) RefundConnected(c *payments.Call, re *payments.Refund, ch *payments.Charge) error {
	return (&call{c}).refundConnected(re, ch)
}
