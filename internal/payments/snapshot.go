package payments

import (
	"strings"
	"time"
)

// Status is a PaymentIntent's status
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

// Final reports whether Stripe never leaves the status again.
func (s Status) Final() bool { return s == StatusSucceeded || s == StatusCanceled }

// Snapshot is a PaymentIntent or a SetupIntent as it was at some moment, from an answer,
// an event or a reading. Amounts are minor units.
type Snapshot struct {
	ID             string
	OrderID        string // from our metadata, "" if it is not ours
	AttemptID      string // from our metadata; the attempt that created the intent
	Livemode       bool
	Status         Status
	Amount         int64
	AmountReceived int64
	Capturable     int64
	CaptureMethod  string    // automatic, automatic_async or manual
	CaptureBefore  time.Time // when a hold lapses, zero for none; an event does not tell
	Currency       string    // "" for a SetupIntent
	CustomerID     string
	ClientSecret   string
	Error          *StripeError // last_payment_error, last_setup_error
	// InvoiceID is the invoice that the intent pays, "" for none. An event tells no more;
	// a reading names the invoice's subscription, too, and whether the invoice is a later
	// one than that with which the subscription began.
	InvoiceID      string
	SubscriptionID string
	Renewal        bool
	Subscription   *Subscription // as it was then, nil if that was not told
	CreatedAt      time.Time
}

// IsSetup reports whether the snapshot is of a SetupIntent, which holds no money.
func (s Snapshot) IsSetup() bool { return IsSetup(s.ID) }

// IsSetup reports whether an intent's id is that of a SetupIntent.
func IsSetup(intentID string) bool { return strings.HasPrefix(intentID, "seti_") }

// StripeError is what Stripe says of a failed try; Message is meant for the buyer
// when Type is card_error.
type StripeError struct {
	Type        string
	Code        string
	DeclineCode string
	Message     string
}

// The metadata keys that we put on every intent.
const (
	MetaOrder   = "checkoutd_order"
	MetaAttempt = "checkoutd_attempt"
)
