package payments

import (
	"time"

	"checkoutd/internal/sandbox/api"
)

// Followers are what moves along with payments: subscriptions and invoices.
// They act in the transaction of the call.
type Followers interface {
	// Follow is called when the status of a PaymentIntent has changed.
	Follow(c *Call, a *Attempt)
	// SetupDone is called when a SetupIntent has succeeded.
	SetupDone(c *Call, si *SetupIntent)
	// EndAll is called before a customer is deleted.
	EndAll(c *Call, customer string)
	// ForgetMethod is called when a payment method was detached from a
	// customer.
	ForgetMethod(c *Call, customer, method string)
}

// Connected is what Connect does with payments: fees and transfers. It acts in
// the transaction of the call.
type Connected interface {
	// CheckDestination refuses an account that the platform does not have.
	CheckDestination(c *Call, param, account string) error
	// PassOn collects the fee of a captured charge and moves its money.
	PassOn(c *Call, ch *Charge)
	// RefundConnected takes fee and transfer of a refunded charge back when the
	// call asks for it.
	RefundConnected(c *Call, re *Refund, ch *Charge) error
}

// Room is the rules of payments.
type Room struct {
	srv       *api.Server
	followers Followers
	connected Connected
}

// New returns the rules of payments, which call the two rooms that build on
// them.
func New(srv *api.Server, followers Followers, connected Connected) *Room {
	return &Room{srv, followers, connected}
}

// Call is an API call as the rules of payments see it.
type Call struct {
	*api.Call
	room    *Room
	consent *MandateData // of the confirmation token that the call uses
}

// Call wraps an API call.
func (r *Room) Call(c *api.Call) *Call { return &Call{Call: c, room: r} }

// op is one row of the table of operations.
func (r *Room) op(method, pattern string, access api.Access, run func(c *Call) (any, error)) api.Route {
	return api.NewRoute(method, pattern, access, func(c *api.Call) (any, error) { return run(r.Call(c)) })
}

// Background runs a change that no API call asked for.
func (r *Room) Background(account string, run func(c *Call) error) {
	r.srv.Background(account, func(c *api.Call) error { return run(r.Call(c)) })
}

// Update runs a change of an account in a transaction of its own.
func (r *Room) Update(account string, run func(c *Call) error) error {
	return r.srv.Update(account, func(c *api.Call) error { return run(r.Call(c)) })
}

// Later runs a change to an object of this account when the sandbox's clock
// reaches a time.
func (c *Call) Later(id string, due time.Time, run func(c *Call) error) {
	room := c.room
	c.Call.Later(id, due, func(c *api.Call) error { return run(room.Call(c)) })
}

func (c *Call) follow(a *Attempt)               { c.room.followers.Follow(c, a) }
func (c *Call) setupDone(si *SetupIntent)       { c.room.followers.SetupDone(c, si) }
func (c *Call) endAll(customer string)          { c.room.followers.EndAll(c, customer) }
func (c *Call) forgetMethod(customer, m string) { c.room.followers.ForgetMethod(c, customer, m) }

func (c *Call) checkDestination(param, account string) error {
	return c.room.connected.CheckDestination(c, param, account)
}

func (c *Call) passOn(ch *Charge) { c.room.connected.PassOn(c, ch) }

func (c *Call) refundConnected(re *Refund, ch *Charge) error {
	return c.room.connected.RefundConnected(c, re, ch)
}

// Elsewhere runs a change of another account when this one is done: a
// transaction holds one account's objects.
func (c *Call) Elsewhere(account string, run func(c *Call)) {
	room := c.room
	c.Call.Elsewhere(account, func(c *api.Call) { run(room.Call(c)) })
}
