package testkit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"checkoutd/internal/customersession"
)

var _ customersession.Stripe = (*Customers)(nil)

// Customers is a customersession.Stripe in memory. Like Stripe, it creates one
// customer per idempotency key.
type Customers struct {
	mu          sync.Mutex
	down        error
	sessionDown error
	hold        <-chan struct{}

	byKey       map[string]string // customers, by idempotency key
	deleted     map[string]bool
	sessions    []string // the customer of each
	sessionKeys map[string]bool
	features    customersession.Features // of the last session
}

// NewCustomers returns Customers without a customer.
func NewCustomers() *Customers {
	return &Customers{
		byKey:       make(map[string]string),
		deleted:     make(map[string]bool),
		sessionKeys: make(map[string]bool),
	}
}

// SetDown makes every call fail with err; nil brings Stripe up again.
func (c *Customers) SetDown(err error) { c.change(func() { c.down = err }) }

// SetSessionsDown makes only the creation of sessions fail with err.
func (c *Customers) SetSessionsDown(err error) { c.change(func() { c.sessionDown = err }) }

// Hold makes the creation of customers wait until done is closed.
func (c *Customers) Hold(done <-chan struct{}) { c.change(func() { c.hold = done }) }

// Delete deletes a customer.
func (c *Customers) Delete(customerID string) { c.change(func() { c.deleted[customerID] = true }) }

// Forget makes the count of customers start again.
func (c *Customers) Forget() { c.change(func() { clear(c.byKey) }) }

// Len returns how many customers were created.
func (c *Customers) Len() (n int) {
	c.change(func() { n = len(c.byKey) })
	return n
}

// Sessions returns the customer of each session, in the order of creation, and
// the number of their idempotency keys.
func (c *Customers) Sessions() (customers []string, keys int) {
	c.change(func() { customers, keys = slices.Clone(c.sessions), len(c.sessionKeys) })
	return customers, keys
}

// Features returns the features of the last session.
func (c *Customers) Features() (f customersession.Features) {
	c.change(func() { f = c.features })
	return f
}

func (c *Customers) change(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()

	do()
}

// CreateCustomer creates the customer "cus_" and the buyer's ID. A customer
// that replaces a deleted one gets a number behind it.
func (c *Customers) CreateCustomer(_ context.Context, buyerID, key string) (string, error) {
	var hold <-chan struct{}
	c.change(func() { hold = c.hold })

	if hold != nil {
		<-hold
	}

	c.mu.Lock()
	defer c.mu.Unlock()

	if c.down != nil {
		return "", c.down
	}

	if c.byKey[key] == "" {
		c.byKey[key] = "cus_" + buyerID
		if n := len(c.deleted); n > 0 {
			c.byKey[key] += fmt.Sprintf("_%d", n)
		}
	}

	return c.byKey[key], nil
}

// CheckCustomer returns an ErrNoCustomer for a deleted customer.
func (c *Customers) CheckCustomer(_ context.Context, customerID string) error {
	c.mu.Lock()
	defer c.mu.Unlock()

	if c.deleted[customerID] {
		return fmt.Errorf("%w: %s", customersession.ErrNoCustomer, customerID)
	}
	return c.down
}

// CreateCustomerSession creates a session whose secret is "cuss_secret_" and
// the customer's ID, or returns an ErrNoCustomer for a deleted customer.
func (c *Customers) CreateCustomerSession(
	_ context.Context, customerID string, f customersession.Features, key string,
) (clientSecret string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()

	if c.deleted[customerID] {
		return "", fmt.Errorf("%w: %s", customersession.ErrNoCustomer, customerID)
	}
	if err := errors.Join(c.down, c.sessionDown); err != nil {
		return "", err
	}

	c.sessions, c.features = append(c.sessions, customerID), f
	c.sessionKeys[key] = true
	return "cuss_secret_" + customerID, nil
}

// For returns the calls for one account. The IDs of its customers end with the
// account's, and those of other accounts do not exist there.
func (c *Customers) For(account string) customersession.Stripe {
	if account == "" {
		return c
	}
	return customersIn{c, "_in_" + account}
}

type customersIn struct {
	*Customers
	suffix string
}

// CreateCustomer creates a customer of the account.
func (c customersIn) CreateCustomer(ctx context.Context, buyerID, key string) (string, error) {
	id, err := c.Customers.CreateCustomer(ctx, buyerID, key)
	return id + c.suffix, err
}

// CheckCustomer returns an ErrNoCustomer for a customer of another account.
func (c customersIn) CheckCustomer(ctx context.Context, customerID string) error {
	if !strings.HasSuffix(customerID, c.suffix) {
		return fmt.Errorf("%w: %s", customersession.ErrNoCustomer, customerID)
	}
	return c.Customers.CheckCustomer(ctx, customerID)
}

// CreateCustomerSession creates a session for a customer of the account.
func (c customersIn) CreateCustomerSession(
	ctx context.Context, customerID string, f customersession.Features, key string,
) (clientSecret string, err error) {
	if err := c.CheckCustomer(ctx, customerID); err != nil {
		return "", err
	}
	return c.Customers.CreateCustomerSession(ctx, customerID, f, key)
}
