package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// SetupIntent is https://docs.stripe.com/api/setup_intents/object.
type SetupIntent struct {
	ID                      string            `json:"id"`
	Object                  string            `json:"object"`
	AllowedMethodTypes      []string          `json:"allowed_payment_method_types"`
	Application             *string           `json:"application"`
	AutomaticPaymentMethods *AutomaticMethods `json:"automatic_payment_methods"`
	CancellationReason      *string           `json:"cancellation_reason"`
	ClientSecret            string            `json:"client_secret"`
	Created                 int64             `json:"created"`
	Customer                *string           `json:"customer"`
	CustomerAccount         *string           `json:"customer_account"`
	Description             *string           `json:"description"`
	ExcludedMethodTypes     []string          `json:"excluded_payment_method_types"`
	FlowDirections          []string          `json:"flow_directions"`
	LastSetupError          *wire.Error       `json:"last_setup_error"`
	LatestAttempt           *string           `json:"latest_attempt"`
	Livemode                bool              `json:"livemode"`
	ManagedPayments         ManagedPayments   `json:"managed_payments"`
	Mandate                 *string           `json:"mandate"`
	Metadata                map[string]string `json:"metadata"`
	NextAction              *NextAction       `json:"next_action"`
	OnBehalfOf              *string           `json:"on_behalf_of"`
	PaymentMethod           *string           `json:"payment_method"`
	PaymentMethodConfig     *ConfigDetails    `json:"payment_method_configuration_details"`
	PaymentMethodOptions    map[string]any    `json:"payment_method_options"`
	PaymentMethodTypes      []string          `json:"payment_method_types"`
	SingleUseMandate        *string           `json:"single_use_mandate"`
	Status                  string            `json:"status"`
	Usage                   string            `json:"usage"`

	private intentPrivate
}

func (o *SetupIntent) ObjectID() string   { return o.ID }
func (o *SetupIntent) ObjectKind() string { return api.KindSetup }
func (o *SetupIntent) Parents() []string  { return ParentsOf(o.Customer) }
func (o *SetupIntent) Secrets() any       { return &o.private }

// nounSetup is what Stripe's messages call a SetupIntent.
const nounSetup = "setupintent"

// unexpectedSetup returns Stripe's refusal of an action that the intent's
// status does not allow. The error carries the intent.
func unexpectedSetup(si *SetupIntent, format string, args ...any) *wire.Error {
	e := wire.Invalid("setup_intent_unexpected_state", "", format, args...)
	e.SetupIntent = si
	return e
}
