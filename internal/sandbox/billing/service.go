package billing

import (
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/payments"
)

// Service runs the rules of billing.
type Service struct {
	srv      *api.Server
	payments *payments.Service
}

// New returns a service.
func New(srv *api.Server, pay *payments.Service) *Service { return &Service{srv, pay} }

// call is an API call as the rules of billing see it.
type call struct{ *payments.Call }

// background runs a change that no request asked for.
func (s *Service) background(account string, run func(c *call) error) {
	s.payments.Background(account, func(c *payments.Call) error { return run(&call{c}) })
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

// Followers implements payments.Followers: subscriptions and invoices change
// when their payments do.
type Followers struct{}

// Follow updates the invoice of a PaymentIntent and its subscription.
func (Followers) Follow(c *payments.Call, pi *payments.PaymentIntent) { (&call{c}).follow(pi) }

// SetupDone updates the subscriptions that waited for a SetupIntent.
func (Followers) SetupDone(c *payments.Call, si *payments.SetupIntent) { (&call{c}).setupDone(si) }

// ReadDiscount sets the discount of a customer that the call asks for.
func (Followers) ReadDiscount(c *payments.Call, cus *payments.Customer) error {
	return (&call{c}).readCustomerDiscount(cus)
}

// EndAll ends the subscriptions of a customer.
func (Followers) EndAll(c *payments.Call, customer string) { (&call{c}).endAll(customer) }

// ForgetMethod removes a payment method as the default of subscriptions and of
// the customer.
func (Followers) ForgetMethod(c *payments.Call, customer, method string) {
	(&call{c}).forgetMethod(customer, method)
}
