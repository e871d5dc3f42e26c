package payments

import (
	"crypto/sha256"
	"encoding/hex"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/testcards"
)

// PaymentMethod is https://docs.stripe.com/api/payment_methods/object. Of the
// fields that belong to one type, only its own is set.
type PaymentMethod struct {
	ID             string             `json:"id"`
	Object         string             `json:"object"`
	AllowRedisplay string             `json:"allow_redisplay"`
	AmazonPay      *struct{}          `json:"amazon_pay,omitempty"`
	BillingDetails api.BillingDetails `json:"billing_details"`
	Boleto         *MethodBoleto      `json:"boleto,omitempty"`
	Card           *MethodCard        `json:"card,omitempty"`
	Created        int64              `json:"created"`
	Customer       *string            `json:"customer"`
	CustomerAcct   *string            `json:"customer_account"`
	Ideal          *MethodIdeal       `json:"ideal,omitempty"`
	Klarna         *MethodKlarna      `json:"klarna,omitempty"`
	Konbini        *struct{}          `json:"konbini,omitempty"`
	Link           *MethodLink        `json:"link,omitempty"`
	Livemode       bool               `json:"livemode"`
	Metadata       map[string]string  `json:"metadata"`
	Multibanco     *struct{}          `json:"multibanco,omitempty"`
	OXXO           *struct{}          `json:"oxxo,omitempty"`
	Paypal         *MethodPaypal      `json:"paypal,omitempty"`
	RadarOptions   struct{}           `json:"radar_options"`
	SEPADebit      *MethodSEPA        `json:"sepa_debit,omitempty"`
	Type           string             `json:"type"`
	USBankAccount  *MethodUSBank      `json:"us_bank_account,omitempty"`
	CustomerBal    *struct{}          `json:"customer_balance,omitempty"`

	private methodPrivate
}

// methodPrivate is what the sandbox knows about a payment method and never
// sends.
type methodPrivate struct {
	Card     string `json:"card,omitempty"`     // its key in the table of test cards
	Detached bool   `json:"detached,omitempty"` // from its customer: it cannot be used again
	Consumed bool   `json:"consumed,omitempty"` // by a payment or a decline, without being attached
	Ready    bool   `json:"ready,omitempty"`    // set up for off-session use
	Outcome  string `json:"outcome,omitempty"`  // of a bank debit, such as succeed, fail_delayed or dispute
	CVCCheck string `json:"cvc_check,omitempty"`

	DeclinedBy string `json:"declined_by,omitempty"` // the ID of the intent whose charge was declined
}

// MethodCard is the card of a payment method.
type MethodCard struct {
	Brand             string      `json:"brand"`
	Checks            CardChecks  `json:"checks"`
	Country           string      `json:"country"`
	DisplayBrand      string      `json:"display_brand"`
	ExpMonth          int64       `json:"exp_month"`
	ExpYear           int64       `json:"exp_year"`
	Fingerprint       string      `json:"fingerprint"`
	Funding           string      `json:"funding"`
	GeneratedFrom     any         `json:"generated_from"`
	Last4             string      `json:"last4"`
	Networks          Networks    `json:"networks"`
	RegulatedStatus   string      `json:"regulated_status"`
	ThreeDSecureUsage SecureUsage `json:"three_d_secure_usage"`
	Wallet            any         `json:"wallet"`
}

// CardChecks holds the results of the issuer's checks, which are null until the
// card is used.
type CardChecks struct {
	AddressLine1Check      *string `json:"address_line1_check"`
	AddressPostalCodeCheck *string `json:"address_postal_code_check"`
	CvcCheck               *string `json:"cvc_check"`
}

// Networks are the networks that can process a card.
type Networks struct {
	Available []string `json:"available"`
	Preferred *string  `json:"preferred"`
}

// SecureUsage reports whether a card supports 3D Secure.
type SecureUsage struct {
	Supported bool `json:"supported"`
}

// MethodIdeal is the bank of an iDEAL payment method.
type MethodIdeal struct {
	Bank *string `json:"bank"`
	BIC  *string `json:"bic"`
}

// MethodBoleto is the payer of a boleto.
type MethodBoleto struct {
	TaxID string `json:"tax_id"`
}

// MethodKlarna is a Klarna payment method.
type MethodKlarna struct{}

// MethodLink is a Link payment method.
type MethodLink struct {
	Email           *string `json:"email"`
	PersistentToken *string `json:"persistent_token,omitempty"`
}

// MethodSEPA is a SEPA debit account.
type MethodSEPA struct {
	BankCode      string        `json:"bank_code"`
	BranchCode    string        `json:"branch_code"`
	Country       string        `json:"country"`
	Fingerprint   string        `json:"fingerprint"`
	GeneratedFrom generatedFrom `json:"generated_from"`
	Last4         string        `json:"last4"`
}

type generatedFrom struct {
	Charge       *string `json:"charge"`
	SetupAttempt *string `json:"setup_attempt"`
}

// MethodUSBank is a US bank account.
type MethodUSBank struct {
	AccountHolderType           string         `json:"account_holder_type"`
	AccountType                 string         `json:"account_type"`
	BankName                    string         `json:"bank_name"`
	FinancialConnectionsAccount *string        `json:"financial_connections_account"`
	Fingerprint                 string         `json:"fingerprint"`
	Last4                       string         `json:"last4"`
	Networks                    usBankNetworks `json:"networks"`
	RoutingNumber               string         `json:"routing_number"`
	StatusDetails               struct{}       `json:"status_details"`
}

type usBankNetworks struct {
	Preferred string   `json:"preferred"`
	Supported []string `json:"supported"`
}

func (o *PaymentMethod) ObjectID() string   { return o.ID }
func (o *PaymentMethod) ObjectKind() string { return api.KindMethod }
func (o *PaymentMethod) Parents() []string  { return ParentsOf(o.Customer) }
func (o *PaymentMethod) Secrets() any       { return &o.private }

// ParentsOf returns the IDs that are set.
func ParentsOf(ids ...*string) []string {
	var out []string
	for _, id := range ids {
		if id != nil && *id != "" {
			out = append(out, *id)
		}
	}
	return out
}

// fingerprint returns a text that is the same for the same number and does not
// reveal it.
func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte("sandbox fingerprint " + secret))
	return hex.EncodeToString(sum[:8])
}

// newMethodCard returns a test card as a payment method shows it.
func newMethodCard(cd *testcards.Card, month, year int64) *MethodCard {
	return &MethodCard{
		Brand:             cd.Brand,
		Country:           cd.Country,
		DisplayBrand:      cd.Networks[0],
		ExpMonth:          month,
		ExpYear:           year,
		Fingerprint:       fingerprint(cd.Number),
		Funding:           cd.Funding,
		Last4:             cd.Number[len(cd.Number)-4:],
		Networks:          Networks{Available: cd.Networks},
		RegulatedStatus:   "unregulated",
		ThreeDSecureUsage: SecureUsage{Supported: cd.Auth != "unsupported"},
	}
}

// testCard returns the test card behind a payment method, nil if it is not a
// card.
func (o *PaymentMethod) testCard() *testcards.Card {
	if o.private.Card == "" {
		return nil
	}
	return testcards.Cards()[o.private.Card]
}
