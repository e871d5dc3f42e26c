package payments

import (
	"time"

	"checkoutd/internal/sandbox/api"
)

// Followers are the subscriptions and invoices, which change when payments do.
// They act in the transaction of the call.
type Followers interface {
	// Follow is called after the status of a PaymentIntent has changed.
	Follow(c *Call, pi *PaymentIntent)

	// SetupDone is called after a SetupIntent has succeeded.
	SetupDone(c *Call, si *SetupIntent)

	// ReadDiscount is called before a customer is stored. It sets the discount
	// that the call asks for and leaves any other as it is.
	ReadDiscount(c *Call, cus *Customer) error

	// EndAll is called before a customer is deleted.
	EndAll(c *Call, customer string)

	// ForgetMethod is called after a payment method was detached from a
	// customer.
	ForgetMethod(c *Call, customer, method string)
}

// Connected is Connect's part in payments: fees and transfers. It acts in the
// transaction of the call.
type Connected interface {
	// CheckDestination returns an error if the platform has no such account.
	CheckDestination(c *Call, param, account string) error

	// CheckCharges returns an error if the account of the call may not charge
	// anybody.
	CheckCharges(c *Call) error

	// PassOn collects the application fee of a captured charge and transfers
	// its amount to the destination account.
	PassOn(c *Call, ch *Charge)

	// RefundConnected returns the fee and reverses the transfer of a refunded
	// charge, as far as the call asks for it.
	RefundConnected(c *Call, re *Refund, ch *Charge) error
}

// Service runs the rules of payments.
type Service struct {
	srv       *api.Server
	followers Followers
	connected Connected
}

// New returns a service.
func New(srv *api.Server, followers Followers, connected Connected) *Service {
	return &Service{srv, followers, connected}
}

// Call is an API call as the rules of payments see it.
type Call struct {
	*api.Call
	service *Service
	consent *MandateData // of the ConfirmationToken that the call uses
}

// Call wraps an API call.
func (s *Service) Call(c *api.Call) *Call { return &Call{Call: c, service: s} }

// Background runs a change that no request asked for.
func (s *Service) Background(account string, run func(c *Call) error) {
	s.srv.Background(account, func(c *api.Call) error { return run(s.Call(c)) })
}

// Update runs a change of an account in a transaction of its own.
func (s *Service) Update(account string, run func(c *Call) error) error {
	return s.srv.Update(account, func(c *api.Call) error { return run(s.Call(c)) })
}

// op returns the route of an operation.
func (s *Service) op(method, pattern string, access api.Access, run func(c *Call) (any, error)) api.Route {
	return api.NewRoute(method, pattern, access, func(c *api.Call) (any, error) {
		return run(s.Call(c))
	})
}

// Later schedules a change to an object of this account.
func (c *Call) Later(id string, due time.Time, run func(c *Call) error) {
	service := c.service
	c.Call.Later(id, due, func(c *api.Call) error { return run(service.Call(c)) })
}

// Elsewhere runs a change of another account after the commit of this one.
func (c *Call) Elsewhere(account string, run func(c *Call)) {
	service := c.service
	c.Call.Elsewhere(account, func(c *api.Call) { run(service.Call(c)) })
}

// Application returns the platform's application, which makes what the platform
// makes in a connected account, nil in its own.
func (c *Call) Application() *string {
	if c.Account == api.PlatformAccount {
		return nil
	}
	return new(api.Application)
}

func (c *Call) follow(pi *PaymentIntent)  { c.service.followers.Follow(c, pi) }
func (c *Call) setupDone(si *SetupIntent) { c.service.followers.SetupDone(c, si) }
func (c *Call) readDiscount(cus *Customer) error {
	return c.service.followers.ReadDiscount(c, cus)
}
func (c *Call) endAll(customer string) { c.service.followers.EndAll(c, customer) }

func (c *Call) forgetMethod(customer, method string) {
	c.service.followers.ForgetMethod(c, customer, method)
}

func (c *Call) checkCharges() error { return c.service.connected.CheckCharges(c) }

// CheckDestination returns an error if the platform has no such account.
func (c *Call) CheckDestination(param, account string) error {
	return c.service.connected.CheckDestination(c, param, account)
}

func (c *Call) passOn(ch *Charge) { c.service.connected.PassOn(c, ch) }

func (c *Call) refundConnected(re *Refund, ch *Charge) error {
	return c.service.connected.RefundConnected(c, re, ch)
}
