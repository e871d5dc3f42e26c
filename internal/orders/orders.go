// Package orders owns what is sold: the catalog with its promotion codes and
// shipping rates, the order with its items and total, the changes that its
// buyer may make, and the table of status transitions.
//
// The amount is computed here (Total), on the server, and nowhere else. An
// order is visible only to the holder of its token, of which the store keeps a
// hash.
package orders

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/tracing"
)

// Status is the state of an order. Only settle (internal/payments) makes it
// Paid.
type Status string

// The statuses. Review means that a person must decide: the payment and the
// order disagree.
const (
	Open       Status = "open"
	Authorized Status = "authorized" // the money is held, not yet captured
	Paid       Status = "paid"
	Review     Status = "review"
	Expired    Status = "expired"
	Canceled   Status = "canceled"
)

// transitions lists the statuses that may follow a status. A paid order is
// never open again; money that arrives for a closed order puts it in review.
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

// paymentStatuses are all of them.
var paymentStatuses = []PaymentStatus{
	Unpaid, Checking, RequiresAction, Processing, PaymentAuthorized, PaymentPaid, PaymentFailed, PaymentReview,
	PartiallyRefunded, Refunded,
}

// Known reports whether s is one of the payment statuses.
func (s PaymentStatus) Known() bool { return slices.Contains(paymentStatuses, s) }

// CanBecome reports whether an order in status s may become to.
func (s Status) CanBecome(to Status) bool {
	for _, t := range transitions[s] {
		if t == to {
			return true
		}
	}
	return false
}

// Closed reports whether the order ended without a payment.
func (o *Order) Closed() bool { return o.Status == Expired || o.Status == Canceled }

// PaymentStatus is the state of an order's payment as its buyer sees it.
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

// Item is one line of an order, with the price of the time when it was ordered.
type Item struct {
	SKU        string     `json:"sku"`
	Name       string     `json:"name"`             // in the language of the buyer
	Listed     string     `json:"listed,omitempty"` // the catalog's own name, if it differs: Stripe is told this one
	Image      string     `json:"image,omitempty"`
	Quantity   int64      `json:"quantity"`
	UnitAmount int64      `json:"unit_amount"` // minor units
	Recurring  *Recurring `json:"recurring,omitempty"`
	Ships      bool       `json:"ships,omitempty"` // it is shipped to an address
	// TaxIncluded is what the catalog says that its price includes.
	TaxIncluded string `json:"tax_included,omitempty"`
	// Only items of an order of the shop's backend have the following.
	Description string `json:"description,omitempty"`
	TaxAmount   int64  `json:"tax_amount,omitempty"` // of the line, in minor units, added to its price
	Own         bool   `json:"own,omitempty"`        // not a product of the catalog
}

// NameAtStripe returns the name of the line's product at Stripe, the same for
// buyers of all languages.
func (i Item) NameAtStripe() string { return cmp.Or(i.Listed, i.Name) }

// Amount returns the price of the line in minor units.
func (i Item) Amount() int64 { return i.Quantity * i.UnitAmount }

// Order is a buyer's purchase. Its amounts are minor units of Currency.
type Order struct {
	ID            string
	TokenHash     []byte // SHA-256 of the token that opens the order
	Status        Status
	PaymentStatus PaymentStatus
	Message       string // the last message about the payment to the buyer, in Stripe's words
	ReviewReason  string // why a person must decide, for the shop only
	Version       int64  // grows whenever the bill changes
	Currency      string
	Amount        int64 // the total: Subtotal - Deducted + ShippingRate.Amount + AddedTax
	Captured      int64 // what was charged: less than Amount after a partial capture
	Refunded      int64 // succeeded and pending refunds
	Items         []Item
	CustomerID    string // Stripe customer, "" until one is needed
	Reference     string // the shop's own order number, unique; "" for none
	// CustomerReference is the shop's own name for the customer, "" for none.
	CustomerReference string
	// Account is the connected account that is charged, and that has every
	// object of this order at Stripe; "" is the platform's own. It never
	// changes.
	Account      string
	Connect      ConnectTerms
	Livemode     bool
	Mode         Mode
	Options      Options
	Discount     Discount
	ShippingRate ShippingRate // the chosen one, zero for none
	Shop         ShopTerms    // what the shop's backend decided
	Contact      Contact
	PaidWith     PaymentMethod // zero until a payment is on its way, or holds or took the money
	Consent      Consent       // to the shop's terms
	CreatedAt    time.Time
	UpdatedAt    time.Time
	ExpiresAt    time.Time
	PaidAt       time.Time // zero until paid
	ErasedAt     time.Time // when the buyer's personal data was removed, zero for never
	// Trace is the span that made the order, a W3C traceparent; "" if it was
	// not traced.
	Trace string
	// SubscriptionEndsAt is when the order's subscription ends or ended, zero
	// while it continues.
	SubscriptionEndsAt time.Time
}

// Traced returns what work on the order continues until there is an attempt.
func (o *Order) Traced() tracing.Parent { return tracing.Parent{Trace: o.Trace, Since: o.CreatedAt} }

// IsExpired reports whether the order has expired at now. The store may still
// have it open: expiring it there asks Stripe first.
func (o *Order) IsExpired(now time.Time) bool {
	return o.Status == Expired || o.Status == Open && !now.Before(o.ExpiresAt)
}

// OpenedBy reports in constant time whether token opens the order.
func (o *Order) OpenedBy(token string) bool {
	return subtle.ConstantTimeCompare(HashToken(token), o.TokenHash) == 1
}

// HashToken returns what the store keeps of a token.
func HashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// NewID returns an unguessable id with the given prefix: 130 random bits in
// lower-case base32.
func NewID(prefix string) string { return prefix + strings.ToLower(rand.Text()) }

// ShortIDLength is how many characters ShortID returns.
const ShortIDLength = 8

// ShortID returns the part of an order's ID that people read to each other: the
// first eight characters of its random part, in capitals.
func ShortID(id string) string {
	_, random, found := strings.Cut(id, "_")
	if !found {
		random = id
	}
	return strings.ToUpper(random[:min(ShortIDLength, len(random))])
}

// ErrNotFound is the one answer to a wrong id and to a wrong token, so that
// nobody learns which orders exist.
var ErrNotFound = fault.New(fault.NotFound, "order_not_found", "There is no such order, or it is not yours to see.")

// errAmbiguous refuses to guess which of a browser's open orders to pay.
var errAmbiguous = fault.InvalidField("orderId", "order_ambiguous",
	"Several orders are open in this browser. Name the one to pay in orderId.")

// ErrPromotionUsedUp rejects a promotion code whose last use went to another
// order.
var ErrPromotionUsedUp = fault.InvalidField("promotion_code", "promotion_used_up", "This code has been used up.")
