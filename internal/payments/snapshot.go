package payments

import (
	"strings"
	"time"

	"checkoutd/internal/orders"
)

// Status is the status of a PaymentIntent or a SetupIntent
// (https://docs.stripe.com/payments/paymentintents/lifecycle).
type Status string

// Stripe's statuses.
const (
	StatusRequiresPaymentMethod Status = "requires_payment_method"
	StatusRequiresConfirmation  Status = "requires_confirmation"
	StatusRequiresAction        Status = "requires_action"
	StatusProcessing            Status = "processing"
	StatusRequiresCapture       Status = "requires_capture"
	StatusSucceeded             Status = "succeeded"
	StatusCanceled              Status = "canceled"
)

// Final reports whether an intent never leaves the status again.
func (s Status) Final() bool { return s == StatusSucceeded || s == StatusCanceled }

// Snapshot is a PaymentIntent or a SetupIntent as it was at some moment, from
// an answer, an event or a reading. Amounts are in minor units.
type Snapshot struct {
	ID             string
	Account        string // the connected account that it was read in, "" for the platform's own
	OrderID        string // from our metadata, "" if the intent is not ours
	AttemptID      string // from our metadata; the attempt that created the intent
	Proof          string // from our metadata; see Mark
	Livemode       bool
	Status         Status
	Amount         int64
	AmountReceived int64
	Capturable     int64
	CaptureMethod  string    // automatic, automatic_async or manual
	CaptureBefore  time.Time // when a hold lapses, zero for none; missing in events
	Currency       string    // "" for a SetupIntent
	CustomerID     string
	OnBehalfOf     string // the connected account that the payment is on behalf of
	TransferTo     string // the connected account that gets the money
	ClientSecret   string
	Error          *StripeError         // last_payment_error or last_setup_error
	Instructions   Instructions         // what the buyer has to do away from the page
	Method         orders.PaymentMethod // of the latest charge; missing in events
	// InvoiceID is the invoice that the intent pays, "" for none. An event
	// carries no more than that. A reading adds the invoice's subscription;
	// Renewal: whether the invoice is a later one than the subscription's
	// first; and PaidOutOfBand: whether it was marked as paid outside of
	// Stripe, which cancels the intent.
	InvoiceID      string
	SubscriptionID string
	Renewal        bool
	PaidOutOfBand  bool
	Subscription   *Subscription // as of the same moment, nil if it was not read
	CreatedAt      time.Time
}

// Mark returns our metadata on the intent, or what copies it.
func (s Snapshot) Mark() Mark { return Mark{s.OrderID, s.AttemptID, s.Proof} }

// IsSetup reports whether the snapshot is of a SetupIntent, which holds no
// money.
func (s Snapshot) IsSetup() bool { return IsSetup(s.ID) }

// IsSetup reports whether an intent's ID is that of a SetupIntent.
func IsSetup(intentID string) bool { return strings.HasPrefix(intentID, "seti_") }

// received returns the money that has arrived, even if it is not all of it.
func (s Snapshot) received() int64 { return max(s.AmountReceived, s.Instructions.Funded) }

// StripeError is an error that Stripe returned. Message is meant for the buyer
// if Type is card_error.
type StripeError struct {
	Type        string
	Code        string
	DeclineCode string
	Message     string
	MethodType  string // of the payment method that was tried, such as ideal; "" if it is not known
}
