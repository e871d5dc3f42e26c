// Package orders owns what is sold: the catalog with its promotion codes and
// shipping rates, the order with its items and total, what its buyer may change
// of it, and the table of what an order may become.
//
// The amount is decided here (Total), on the server, and nowhere else. An order
// is visible only to who holds its token; the store keeps a hash of it.
package orders

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"

	"checkoutd/internal/fault"
)

// Status is where an order stands. Only settle (internal/payments) makes one
// paid.
type Status string

// The statuses. Review means that a person must look: money and order disagree.
const (
	Open       Status = "open"
	Authorized Status = "authorized" // the money is held, not yet captured
	Paid       Status = "paid"
	Review     Status = "review"
	Expired    Status = "expired"
	Canceled   Status = "canceled"
)

// transitions says what an order may become. Paid never goes back; money that
// arrives for a closed order puts it in review.
var transitions = map[Status][]Status{
	Open:       {Authorized, Paid, Review, Expired, Canceled},
	Authorized: {Paid, Review, Open, Canceled}, // open again when the hold is canceled
	Paid:       {Review},
	Review:     {},
	Expired:    {Review},
	Canceled:   {Review},
}

// Known reports whether s is one of the statuses.
func (s Status) Known() bool {
	_, ok := transitions[s]
	return ok
}

// CanBecome reports whether an order in status s may become to.
func (s Status) CanBecome(to Status) bool {
	for _, t := range transitions[s] {
		if t == to {
			return true
		}
	}
	return false
}

// PaymentStatus is what the buyer is told about the payment of an order.
type PaymentStatus string

// The payment statuses. Checking means that the outcome is not known yet.
const (
	Unpaid            PaymentStatus = "unpaid"
	Checking          PaymentStatus = "checking"
	RequiresAction    PaymentStatus = "requires_action"
	Processing        PaymentStatus = "processing"
	PaymentAuthorized PaymentStatus = "authorized"
	PaymentPaid       PaymentStatus = "paid"
	PaymentFailed     PaymentStatus = "failed"
	PaymentReview     PaymentStatus = "review"
	PartiallyRefunded PaymentStatus = "partially_refunded"
	Refunded          PaymentStatus = "refunded"
)

// Item is one line of an order, priced when the order was made.
type Item struct {
	SKU        string     `json:"sku"`
	Name       string     `json:"name"`
	Image      string     `json:"image,omitempty"`
	Quantity   int64      `json:"quantity"`
	UnitAmount int64      `json:"unit_amount"` // minor units
	Recurring  *Recurring `json:"recurring,omitempty"`
	Ships      bool       `json:"ships,omitempty"` // it is sent to an address
}

// Amount is the price of the line in minor units.
func (i Item) Amount() int64 { return i.Quantity * i.UnitAmount }

// Order is what a buyer is to pay for. Its amounts are minor units of Currency.
type Order struct {
	ID            string
	TokenHash     []byte // SHA-256 of the token that opens the order
	Status        Status
	PaymentStatus PaymentStatus
	Message       string // what the buyer was last told about the payment; Stripe's own words
	ReviewReason  string // why a person must look, for the shop only
	Version       int64  // counts the changes of what is to be paid
	Currency      string
	Amount        int64 // the total: Subtotal - Discount.Amount + ShippingRate.Amount
	Captured      int64 // what was taken; less than Amount after a partial capture
	Refunded      int64 // succeeded and pending refunds
	Items         []Item
	CustomerID    string // Stripe customer, "" until one is needed
	Livemode      bool
	Mode          Mode
	Options       Options
	Discount      Discount
	ShippingRate  ShippingRate // the one that is chosen, zero for none
	Contact       Contact
	CreatedAt     time.Time
	UpdatedAt     time.Time
	ExpiresAt     time.Time
	PaidAt        time.Time // zero until paid
}

// IsExpired reports whether the order's time is over at now. It may still be
// open in the store: expiring it asks Stripe first.
func (o *Order) IsExpired(now time.Time) bool {
	return o.Status == Expired || o.Status == Open && !now.Before(o.ExpiresAt)
}

// OpenedBy reports in constant time whether token opens the order.
func (o *Order) OpenedBy(token string) bool {
	return subtle.ConstantTimeCompare(HashToken(token), o.TokenHash) == 1
}

// HashToken is the form in which a token is kept.
func HashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// NewID returns an unguessable id with the given prefix: 130 random bits in
// lower-case base32.
func NewID(prefix string) string { return prefix + strings.ToLower(rand.Text()) }

// ErrNotFound is the one answer to a wrong id and to a wrong token, so that
// nobody learns which orders exist.
var ErrNotFound = fault.New(fault.NotFound, "order_not_found", "There is no such order, or it is not yours to see.")

// ErrPromotionUsedUp refuses a promotion code whose last use went to somebody
// else.
var ErrPromotionUsedUp = fault.InvalidField("promotion_code", "promotion_used_up", "This code has been used up.")
