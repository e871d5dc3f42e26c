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
	AllowedMethodTypes        []string          `json:"allowed_payment_method_types"`
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
	CustomerAccount           *string           `json:"customer_account"`
	Description               *string           `json:"description"`
	ExcludedMethodTypes       []string          `json:"excluded_payment_method_types"`
	Invoice                   *string           `json:"invoice"`
	LastPaymentError          *wire.Error       `json:"last_payment_error"`
	LatestCharge              *string           `json:"latest_charge"`
	Livemode                  bool              `json:"livemode"`
	ManagedPayments           ManagedPayments   `json:"managed_payments"`
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
	SharedToken               *string           `json:"shared_payment_granted_token"`
	Shipping                  *api.Shipping     `json:"shipping"`
	Source                    *string           `json:"source"`
	StatementDescriptor       *string           `json:"statement_descriptor"`
	StatementDescriptorSuffix *string           `json:"statement_descriptor_suffix"`
	Status                    string            `json:"status"`
	TransferData              *TransferData     `json:"transfer_data"`
	TransferGroup             *string           `json:"transfer_group"`

	private intentPrivate
}

// ManagedPayments reports whether Stripe is the merchant, as it never is here.
type ManagedPayments struct {
	Enabled bool `json:"enabled"`
}

// intentPrivate is what the sandbox remembers about an intent between its
// confirmation and its end.
type intentPrivate struct {
	SDK       bool   `json:"sdk,omitempty"` // confirmed with use_stripe_sdk
	ReturnURL string `json:"return_url,omitempty"`
	Funded    int64  `json:"funded,omitempty"`   // the sum of the bank transfers that have arrived
	DueAt     int64  `json:"due_at,omitempty"`   // when a delayed payment or a voucher is decided
	Secured   bool   `json:"secured,omitempty"`  // 3D Secure passed; the server still has to confirm
	Implicit  bool   `json:"implicit,omitempty"` // automatic payment methods by default, not by request
	MOTO      bool   `json:"moto,omitempty"`     // the order came by mail or telephone

	// Single is the only payment that the mandate of a SetupIntent permits.
	Single *SingleUse `json:"single,omitempty"`
}

// AmountDetails holds the tip of a payment at a terminal; it is always empty
// here.
type AmountDetails struct {
	Tip struct{} `json:"tip"`
}

// AutomaticMethods leaves the choice of payment methods to the account's
// settings.
type AutomaticMethods struct {
	AllowRedirects string `json:"allow_redirects"`
	Enabled        bool   `json:"enabled"`
}

// ConfigDetails holds the ID of the payment method configuration in use.
type ConfigDetails struct {
	ID     string  `json:"id"`
	Parent *string `json:"parent"`
}

// Processing describes a payment that is in flight.
type Processing struct {
	Card *struct{} `json:"card,omitempty"`
	Type string    `json:"type"`
}

// TransferData is the connected account that receives a destination charge.
type TransferData struct {
	Amount      *int64 `json:"amount,omitempty"`
	Destination string `json:"destination"`
}

// NextAction is the step that the buyer has to take. See
// https://docs.stripe.com/api/payment_intents/object#payment_intent_object-next_action.
type NextAction struct {
	Boleto        *VoucherDetails   `json:"boleto_display_details,omitempty"`
	Konbini       *VoucherDetails   `json:"konbini_display_details,omitempty"`
	Multibanco    *VoucherDetails   `json:"multibanco_display_details,omitempty"`
	OXXO          *VoucherDetails   `json:"oxxo_display_details,omitempty"`
	Microdeposits *Microdeposits    `json:"verify_with_microdeposits,omitempty"`
	Bank          *BankInstructions `json:"display_bank_transfer_instructions,omitempty"`
	RedirectToURL *RedirectToURL    `json:"redirect_to_url,omitempty"`
	Type          string            `json:"type"`
	UseStripeSDK  *SDKAction        `json:"use_stripe_sdk,omitempty"`
}

// RedirectToURL sends the buyer to another page, which sends them back.
type RedirectToURL struct {
	ReturnURL *string `json:"return_url"`
	URL       string  `json:"url"`
}

// SDKAction is a step that Stripe.js takes the buyer through.
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

// open reports whether the intent can still be confirmed.
func (o *PaymentIntent) open() bool {
	switch o.Status {
	case StatusRequiresMethod, StatusRequiresConfirmation, StatusRequiresAction:
		return true
	}
	return false
}

// Final reports whether the intent can neither be confirmed nor canceled any
// more.
func (o *PaymentIntent) Final() bool {
	return o.Status == StatusSucceeded || o.Status == StatusCanceled
}

// unexpectedState returns Stripe's refusal of an action that the intent's
// status does not allow. The error carries the intent.
func unexpectedState(pi *PaymentIntent, format string, args ...any) *wire.Error {
	e := wire.Invalid("payment_intent_unexpected_state", "", format, args...)
	e.PaymentIntent = pi
	return e
}
