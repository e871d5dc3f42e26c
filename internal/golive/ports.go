package golive

import (
	"context"
	"time"
)

// Stripe reads the platform's own account. Its errors are a *RefusedError if
// Stripe does not allow the call, and a *FailedError otherwise.
type Stripe interface {
	// Balance is the cheapest call there is: it shows whether the key works.
	Balance(ctx context.Context) (Balance, error)
	OwnAccount(ctx context.Context) (Account, error)
	// WebhookEndpoints returns all endpoints, newest first.
	WebhookEndpoints(ctx context.Context) ([]Endpoint, error)
	// Undelivered returns the events of a time that not every endpoint has
	// taken, newest first, up to a bound.
	Undelivered(ctx context.Context, since, until time.Time) (Undelivered, error)
	// MethodDomains returns the registrations of a host name for payment
	// methods.
	MethodDomains(ctx context.Context, host string) ([]Domain, error)
	MethodConfigurations(ctx context.Context) ([]Configuration, error)
}

// Balance is what the call shows besides the money.
type Balance struct {
	Livemode bool
	Exchange
}

// Exchange is what the headers of an answer show.
type Exchange struct {
	Date    time.Time // Stripe's clock, to the second; zero if not known
	Version string    // the API version of the answer, "" if not known
}

// Account is the Stripe account of the keys.
type Account struct {
	ID               string
	ChargesEnabled   bool
	PayoutsEnabled   bool
	DetailsSubmitted bool
	CurrentlyDue     []string // what Stripe still wants to know
	PastDue          []string
	DisabledReason   string
	Descriptor       string            // on the buyers' statements
	Name             string            // of the business, for buyers
	HasSupport       bool              // buyers are told an address, a phone number or a page
	Capabilities     map[string]string // card_payments: active
}

// Endpoint is a webhook endpoint at Stripe.
type Endpoint struct {
	ID         string
	URL        string
	Connect    bool   // for the events of connected accounts
	APIVersion string // "" is the account's default
	Events     []string
	Enabled    bool
	Livemode   bool
	Created    time.Time
	Secret     string // only in the answer that creates it
}

// Event is an event at Stripe that not every endpoint has taken.
type Event struct {
	ID      string
	Type    string
	Created time.Time
}

// Undelivered are events at Stripe that not every endpoint has taken.
type Undelivered struct {
	Events []Event
	More   bool // older ones were not read
}

// Domain is a host name registered for payment methods.
type Domain struct {
	Enabled  bool
	Livemode bool
	Methods  []DomainMethod
}

// DomainMethod is a payment method that needs the registration.
type DomainMethod struct {
	Name    string // apple_pay
	Active  bool
	Message string // of Stripe, if it is not active
}

// Configuration is a payment method configuration: what is switched on in the
// Dashboard.
type Configuration struct {
	ID        string
	Active    bool
	IsDefault bool
	Livemode  bool
	Available []string // the payment methods that buyers can be offered
}

// RefusedError means that the key may not make a call.
type RefusedError struct {
	Permission string // rak_…, as Stripe names it; "" if it names none
	Reason     string // Stripe's sentence without keys, of a creation alone
}

func (e *RefusedError) Error() string {
	switch {
	case e.Permission != "":
		return "Stripe does not allow this call without the permission " + e.Permission
	case e.Reason != "":
		return "Stripe does not allow this call with this key: " + e.Reason
	}
	return "Stripe does not allow this call with this key"
}

// FailedError means that a call got no answer, or another than was asked for.
// Its text is for the operator: it holds no key.
type FailedError struct {
	Text     string
	NoAnswer bool // the other calls would get none either
	Certain  bool // Stripe did nothing
}

func (e *FailedError) Error() string { return "Stripe's answer: " + e.Text }
