package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// The statuses of a PaymentIntent:
// https://docs.stripe.com/payments/paymentintents/lifecycle.
const (
	StatusRequiresMethod       = "requires_payment_method"
	StatusRequiresConfirmation = "requires_confirmation"
	StatusRequiresAction       = "requires_action"
	needsCapture               = "requires_capture"
	StatusProcessing           = "processing"
	StatusSucceeded            = "succeeded"
	StatusCanceled             = "canceled"
)

// PaymentIntent is https://docs.stripe.com/api/payment_intents/object.
type PaymentIntent struct {
	ID                        string            `json:"id"`
	Object                    string            `json:"object"`
	Amount                    int64             `json:"amount"`
	AmountCapturable          int64             `json:"amount_capturable"`
	AmountDetails             AmountDetails     `json:"amount_details"`
	AmountReceived            int64             `json:"amount_received"`
	Application               *string           `json:"application"`
	ApplicationFeeAmount      *int64            `json:"application_fee_amount"`
	AutomaticPaymentMethods   *AutomaticMethods `json:"automatic_payment_methods"`
	CanceledAt                *int64            `json:"canceled_at"`
	CancellationReason        *string           `json:"cancellation_reason"`
	CaptureMethod             string            `json:"capture_method"`
	ClientSecret              string            `json:"client_secret"`
	ConfirmationMethod        string            `json:"confirmation_method"`
	Created                   int64             `json:"created"`
	Currency                  string            `json:"currency"`
	Customer                  *string           `json:"customer"`
	Description               *string           `json:"description"`
	Invoice                   *string           `json:"invoice"`
	LastPaymentError          *wire.Error       `json:"last_payment_error"`
	LatestCharge              *string           `json:"latest_charge"`
	Livemode                  bool              `json:"livemode"`
	Metadata                  map[string]string `json:"metadata"`
	NextAction                *NextAction       `json:"next_action"`
	OnBehalfOf                *string           `json:"on_behalf_of"`
	PaymentMethod             *string           `json:"payment_method"`
	PaymentMethodConfig       *ConfigDetails    `json:"payment_method_configuration_details"`
	PaymentMethodOptions      map[string]any    `json:"payment_method_options"`
	PaymentMethodTypes        []string          `json:"payment_method_types"`
	Processing                *Processing       `json:"processing"`
	ReceiptEmail              *string           `json:"receipt_email"`
	Review                    *string           `json:"review"`
	SetupFutureUsage          *string           `json:"setup_future_usage"`
	Shipping                  *api.Shipping     `json:"shipping"`
	Source                    *string           `json:"source"`
	StatementDescriptor       *string           `json:"statement_descriptor"`
	StatementDescriptorSuffix *string           `json:"statement_descriptor_suffix"`
	Status                    string            `json:"status"`
	TransferData              *TransferData     `json:"transfer_data"`
	TransferGroup             *string           `json:"transfer_group"`

	private intentPrivate
}

// intentPrivate is what the sandbox remembers between confirming and finishing.
type intentPrivate struct {
	SDK       bool   `json:"sdk,omitempty"` // confirmed with use_stripe_sdk
	ReturnURL string `json:"return_url,omitempty"`
	Funded    int64  `json:"funded,omitempty"`   // bank transfers that arrived
	DueAt     int64  `json:"due_at,omitempty"`   // when a delayed payment is decided
	Secured   bool   `json:"secured,omitempty"`  // 3D Secure was passed, the server still has to confirm
	Implicit  bool   `json:"implicit,omitempty"` // nobody asked for automatic payment methods, they are the default
}

// AmountDetails hold a tip on terminals; always empty here.
type AmountDetails struct {
	Tip struct{} `json:"tip"`
}

// AutomaticMethods says that the account's settings choose the payment methods.
type AutomaticMethods struct {
	AllowRedirects string `json:"allow_redirects"`
	Enabled        bool   `json:"enabled"`
}

// ConfigDetails name the payment method configuration in use.
type ConfigDetails struct {
	ID     string  `json:"id"`
	Parent *string `json:"parent"`
}

// Processing describes a payment on its way.
type Processing struct {
	Card *struct{} `json:"card,omitempty"`
	Type string    `json:"type"`
}

// TransferData says where a destination charge goes.
type TransferData struct {
	Amount      *int64 `json:"amount,omitempty"`
	Destination string `json:"destination"`
}

// NextAction is what the buyer has to do. See
// https://docs.stripe.com/api/payment_intents/object#payment_intent_object-next_action.
type NextAction struct {
	Bank          *BankInstructions `json:"display_bank_transfer_instructions,omitempty"`
	RedirectToURL *RedirectToURL    `json:"redirect_to_url,omitempty"`
	Type          string            `json:"type"`
	UseStripeSDK  *SDKAction        `json:"use_stripe_sdk,omitempty"`
}

// RedirectToURL sends the buyer away and back.
type RedirectToURL struct {
	ReturnURL *string `json:"return_url"`
	URL       string  `json:"url"`
}

// SDKAction is for Stripe.js only.
type SDKAction struct {
	Type     string `json:"type"`
	StripeJS string `json:"stripe_js"`
	Source   string `json:"source"`
}

// BankInstructions tell a buyer where to send money.
type BankInstructions struct {
	AmountRemaining       int64  `json:"amount_remaining"`
	Currency              string `json:"currency"`
	FinancialAddresses    []any  `json:"financial_addresses"`
	HostedInstructionsURL string `json:"hosted_instructions_url"`
	Reference             string `json:"reference"`
	Type                  string `json:"type"`
}

func (o *PaymentIntent) ObjectID() string   { return o.ID }
func (o *PaymentIntent) ObjectKind() string { return api.KindIntent }
func (o *PaymentIntent) Parents() []string  { return ParentsOf(o.Customer, o.Invoice) }
func (o *PaymentIntent) Secrets() any       { return &o.private }

// Final tells whether nothing more can happen to the intent by confirming or
// canceling it.
func (o *PaymentIntent) Final() bool {
	return o.Status == StatusSucceeded || o.Status == StatusCanceled
}

// unexpectedState is Stripe's refusal of an action that the status does not
// allow; it carries the intent.
func unexpectedState(pi *PaymentIntent, format string, args ...any) *wire.Error {
	e := wire.Invalid("payment_intent_unexpected_state", "", format, args...)
	e.PaymentIntent = pi
	return e
}
