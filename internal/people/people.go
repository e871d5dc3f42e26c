package people

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/queue"
)

// Whom names a customer: by the shop's reference, by an e-mail address, or by a
// text that may be either. An e-mail address is that of an order, or of an
// attempt to pay it; upper and lower case are the same.
type Whom struct {
	Reference string // "" for none
	Email     string // "" for none
}

// WhomText returns the customer whom a person named: a text with an @ is an
// e-mail address, and may be a reference, too.
func WhomText(text string) Whom {
	w := Whom{Reference: text}
	if strings.Contains(text, "@") {
		w.Email = text
	}
	return w
}

// By returns what the customer was named by.
func (w Whom) By() (names []string) {
	if w.Reference != "" {
		names = append(names, "reference")
	}
	if w.Email != "" {
		names = append(names, "email")
	}
	return names
}

// Subject is a customer as the store looks for them.
type Subject struct {
	Whom

	BuyerID string // whom the reference names
	Hash    string // keyed; it stands for the customer once they are erased
}

// Customer is what is stored of a customer of the shop.
type Customer struct {
	Reference  string
	CustomerID string   // at Stripe, "" for none
	Orders     int      // all of them
	Blocking   []string // the orders that keep the customer from being erased, at most 10
	Erasing    bool     // an erasure is not done yet
}

// Erasure is the removal of a customer's personal data.
type Erasure struct {
	ID        string
	Subject   string           // the hash of whom it is about
	Reference string           // the shop's, if a former release began it; "" once Stripe has deleted the customers
	Customers []StripeCustomer // those to delete that Stripe still has
	Proof     Proof
	State     State
	Tries     int64
	NextAt    time.Time // when it is due, or due again if its worker dies
	CreatedAt time.Time
	DoneAt    time.Time
}

// Proof is what an erasure removed. It holds no personal data.
type Proof struct {
	By     []string `json:"by,omitempty"` // reference, email
	Orders int      `json:"orders"`
	// Removed is how many rows lost something, by table. Only the first
	// removal counts, not what was in flight then.
	Removed map[string]int64 `json:"removed,omitempty"`
	// Deleted are the customers that Stripe is asked to delete, and Kept those
	// that stay there: nobody asked for it, or orders of somebody else have
	// the same customer. Refused are those that could not be deleted.
	Deleted []StripeCustomer `json:"deleted,omitempty"`
	Kept    []StripeCustomer `json:"kept,omitempty"`
	Refused []Refusal        `json:"refused,omitempty"`
}

// Refusal is a customer that cannot be deleted at Stripe.
type Refusal struct {
	StripeCustomer

	Reason Reason `json:"reason"`
}

// Reason says why a customer cannot be deleted at Stripe.
type Reason string

// The reasons: the owner of the connected account does not allow it.
const (
	AccountGone     Reason = "account_disconnected"
	AccountReadOnly Reason = "account_read_only"
)

// Text returns the reason in words.
func (r Reason) Text() string {
	switch r {
	case AccountGone:
		return "the account is disconnected"
	case AccountReadOnly:
		return "the account's owner allows reading only"
	default:
		return string(r)
	}
}

// StripeCustomer is a customer at Stripe.
type StripeCustomer struct {
	Account string `json:"account,omitempty"` // the connected account, "" for the platform's own
	ID      string `json:"id"`
}

// State is the state of an erasure.
type State string

// The states; doc.go describes them.
const (
	Deleting State = "deleting"
	Closing  State = "closing"
	Done     State = "done"
)

// Job is an erasure that a worker holds.
type Job struct {
	Erasure

	Claim queue.Claim
}

// Store keeps the erasures. Every method is one transaction and safe for
// concurrent use from several processes.
type Store interface {
	// ReadCustomer returns what is stored of a customer; ok is false if there
	// is nothing.
	ReadCustomer(ctx context.Context, who Subject) (c Customer, ok bool, err error)
	// ExportCustomer returns everything that is stored of a customer; ok is
	// false if there is nothing.
	ExportCustomer(ctx context.Context, who Subject) (e Export, ok bool, err error)
	// BeginErasure removes what is stored of a customer, and stores e with its
	// proof and, if atStripe, the customers to delete there, held by the claim.
	// A claim without a token leaves e to whoever claims it. begun is
	// false if there was nothing to remove; pending then tells whether an
	// earlier erasure of the customer is not done. The error is ErrInUse or
	// ErrSubscribed if the orders do not allow it; nothing is changed then.
	BeginErasure(ctx context.Context, e Erasure, who Subject, atStripe bool, claim queue.Claim) (
		j Job, begun, pending bool, err error)
	// Erasures returns the newest erasures, at most n: those of a subject, or
	// all of them if it is "".
	Erasures(ctx context.Context, subject string, n int) ([]Erasure, error)
	// ClaimErasures claims up to n due erasures until leaseUntil.
	ClaimErasures(ctx context.Context, now, leaseUntil time.Time, n int) ([]Job, error)
	// SaveErasure ends a claim, stores e with its proof, and removes once more
	// what is stored of its orders. A lost claim returns queue.ErrClaimLost and
	// changes nothing.
	SaveErasure(ctx context.Context, claim queue.Claim, e Erasure) error
}

// Stripe is the call to Stripe that an erasure needs, for one account.
type Stripe interface {
	// DeleteCustomer deletes a customer with the saved payment methods. One
	// that Stripe does not have is no error. The error is ErrAccountGone or
	// ErrAccountReadOnly if the account's owner does not allow it.
	DeleteCustomer(ctx context.Context, customerID string) error
}

// The reasons why a customer cannot be erased now, or not at Stripe.
var (
	ErrInUse = fault.New(fault.Conflict, "customer_in_use",
		"An order of this customer is open, authorized or being paid, and needs the customer's data. "+
			"Cancel or capture it, or wait until it has ended, and repeat the request.")
	ErrSubscribed = fault.New(fault.Conflict, "customer_subscribed",
		"A subscription of this customer is running, and Stripe would end it. "+
			"Cancel the subscription, and repeat the request once it has ended.")
	// ErrAccountGone means that a connected account gives no access any more,
	// ErrAccountReadOnly that it may only be read.
	ErrAccountGone     = errors.New("people: the account is disconnected")
	ErrAccountReadOnly = errors.New("people: the account may only be read")
	// ErrNotFound means that nothing is stored under a reference.
	ErrNotFound = fault.New(fault.NotFound, "customer_not_found", "Nothing is stored of this customer.")
)

// Config is what a Service needs.
type Config struct {
	Store     Store
	Retention RetentionStore
	Policy    Policy
	// Stripe returns the calls to Stripe for a connected account, or for the
	// platform's own.
	Stripe func(account string) Stripe
	// Buyer returns the ID of the buyer whom a reference of the shop names.
	Buyer func(reference string) string
	// HashKey makes the hashes that stand for customers who were erased.
	HashKey []byte
	NewID   func(prefix string) string
	Now     func() time.Time
	Log     zerolog.Logger
}

// Service exports and erases customers. It is safe for concurrent use.
type Service struct {
	cfg     Config
	runner  *queue.Runner[Job]
	sweeper *queue.Runner[Sweep]
}

const (
	lease = 2 * time.Minute // longer than the calls to Stripe for a few customers
	poll  = 5 * time.Second // finds what other processes left
	// settles is how long what was in flight when an erasure began may still be
	// written: longer than a request of the shop's backend, a webhook's try or
	// the work on an event takes.
	settles = 2 * time.Minute

	firstDelay = 5 * time.Second // between two tries of a deletion, growing to
	longDelay  = time.Hour
)

// New returns a Service whose background work starts with Run.
func New(c Config) *Service {
	s := &Service{cfg: c}
	s.sweeper = s.newSweeper()
	s.runner = queue.New(queue.Config[Job]{
		Name:    "erasures",
		Workers: 1,
		Lease:   lease,
		Poll:    poll,
		Now:     c.Now,
		Log:     c.Log,
		Claim:   c.Store.ClaimErasures,
		Work: func(ctx context.Context, j Job) error {
			_, err := s.work(ctx, &j)
			return err
		},
	})

	return s
}

// RunOnce works one batch of due erasures, and returns how many there were. It
// must not run beside Run.
func (s *Service) RunOnce(ctx context.Context) (int, error) { return s.runner.RunOnce(ctx) }

// Customer returns what is stored of a customer, or ErrNotFound.
func (s *Service) Customer(ctx context.Context, who Whom) (Customer, error) {
	c, ok, err := s.cfg.Store.ReadCustomer(ctx, s.subject(who))
	if err == nil && !ok {
		err = ErrNotFound
	}
	c.Reference = who.Reference
	return c, err
}

// Export returns everything that is stored of a customer, or ErrNotFound.
func (s *Service) Export(ctx context.Context, who Whom) (Export, error) {
	e, ok, err := s.cfg.Store.ExportCustomer(ctx, s.subject(who))
	if err == nil && !ok {
		err = ErrNotFound
	}
	e.Whom, e.CreatedAt = who, s.cfg.Now()
	return e, err
}

// Proofs returns the newest erasures of a customer, or of all if who is zero.
func (s *Service) Proofs(ctx context.Context, who Whom, n int) ([]Erasure, error) {
	if who == (Whom{}) {
		return s.cfg.Store.Erasures(ctx, "", n)
	}
	return s.cfg.Store.Erasures(ctx, s.subject(who).Hash, n)
}

// subject returns whom the store looks for. The same person may be named with
// other capitals in an e-mail address, but not in a reference.
func (s *Service) subject(who Whom) Subject {
	mac := hmac.New(sha256.New, s.cfg.HashKey)
	_, _ = fmt.Fprintf(mac, "%s", cmp.Or(strings.ToLower(who.Email), who.Reference)) // a hash returns no errors

	sub := Subject{Whom: who, Hash: hex.EncodeToString(mac.Sum(nil))}
	if who.Reference != "" {
		sub.BuyerID = s.cfg.Buyer(who.Reference)
	}
	return sub
}
