package billing

import (
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/payments"
)

// call is an API call as the rules of billing see it.
type call struct{ *payments.Call }

// Room is the rules of billing.
type Room struct {
	srv      *api.Server
	payments *payments.Room
}

// New returns the rules of billing.
func New(srv *api.Server, pay *payments.Room) *Room { return &Room{srv, pay} }

// op is one row of the table of operations.
func (r *Room) op(method, pattern string, access api.Access, run func(c *call) (any, error)) api.Route {
	return api.NewRoute(method, pattern, access, func(c *api.Call) (any, error) { return run(&call{r.payments.Call(c)}) })
}

// background runs a change that no API call asked for.
func (r *Room) background(account string, run func(c *call) error) {
	r.payments.Background(account, func(c *payments.Call) error { return run(&call{c}) })
}

// Followers moves subscriptions and invoices along with payments.
type Followers struct{}

// Follow implements payments.Followers.
func (Followers) Follow(c *payments.Call, a *payments.Attempt) { (&call{c}).follow(a) }

// SetupDone implements payments.Followers.
func (Followers) SetupDone(c *payments.Call, si *payments.SetupIntent) { (&call{c}).setupDone(si) }

// EndAll implements payments.Followers.
func (Followers) EndAll(c *payments.Call, customer string) { (&call{c}).endAll(customer) }

// ForgetMethod implements payments.Followers.
func (Followers) ForgetMethod(c *payments.Call, customer, method string) {
	(&call{c}).forgetMethod(customer, method)
}

// later runs a change to an object of this account when the sandbox's clock
// reaches a time.
func (c *call) later(id string, due time.Time, run func(c *call) error) {
	c.Call.Later(id, due, func(c *payments.Call) error { return run(&call{c}) })
}
