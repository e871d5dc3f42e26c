package payments

import (
	"cmp"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// Charge is https://docs.stripe.com/api/charges/object.
type Charge struct {
	ID                            string             `json:"id"`
	Object                        string             `json:"object"`
	Amount                        int64              `json:"amount"`
	AmountCaptured                int64              `json:"amount_captured"`
	AmountRefunded                int64              `json:"amount_refunded"`
	Application                   *string            `json:"application"`
	ApplicationFee                *string            `json:"application_fee"`
	ApplicationFeeAmount          *int64             `json:"application_fee_amount"`
	BalanceTransaction            *string            `json:"balance_transaction"`
	BillingDetails                api.BillingDetails `json:"billing_details"`
	CalculatedStatementDescriptor *string            `json:"calculated_statement_descriptor"`
	Captured                      bool               `json:"captured"`
	Created                       int64              `json:"created"`
	Currency                      string             `json:"currency"`
	Customer                      *string            `json:"customer"`
	Description                   *string            `json:"description"`
	Destination                   *string            `json:"destination"`
	Dispute                       *string            `json:"dispute"`
	Disputed                      bool               `json:"disputed"`
	FailureBalanceTransaction     *string            `json:"failure_balance_transaction"`
	FailureCode                   *string            `json:"failure_code"`
	FailureMessage                *string            `json:"failure_message"`
	FraudDetails                  map[string]string  `json:"fraud_details"`
	Invoice                       *string            `json:"invoice"`
	Livemode                      bool               `json:"livemode"`
	Metadata                      map[string]string  `json:"metadata"`
	OnBehalfOf                    *string            `json:"on_behalf_of"`
	Order                         *string            `json:"order"`
	Outcome                       *Outcome           `json:"outcome"`
	Paid                          bool               `json:"paid"`
	PaymentIntent                 *string            `json:"payment_intent"`
	PaymentMethod                 *string            `json:"payment_method"`
	PaymentMethodDetails          *ChargeDetails     `json:"payment_method_details"`
	RadarOptions                  struct{}           `json:"radar_options"`
	ReceiptEmail                  *string            `json:"receipt_email"`
	ReceiptNumber                 *string            `json:"receipt_number"`
	ReceiptURL                    *string            `json:"receipt_url"`
	Refunded                      bool               `json:"refunded"`
	Review                        *string            `json:"review"`
	Shipping                      *api.Shipping      `json:"shipping"`
	Source                        *string            `json:"source"`
	SourceTransfer                *string            `json:"source_transfer"`
	StatementDescriptor           *string            `json:"statement_descriptor"`
	StatementDescriptorSuffix     *string            `json:"statement_descriptor_suffix"`
	Status                        string             `json:"status"`
	Transfer                      *string            `json:"transfer,omitempty"`
	TransferData                  *ChargeTransfer    `json:"transfer_data"`
	TransferGroup                 *string            `json:"transfer_group"`

	private chargePrivate
}

// chargePrivate is what the sandbox knows about a charge and never sends.
type chargePrivate struct {
	BookedAt int64 `json:"booked_at,omitempty"` // when its balance transaction will be announced
}

// ChargeTransfer is the connected account that receives a destination charge.
type ChargeTransfer struct {
	Amount      *int64 `json:"amount"`
	Destination string `json:"destination"`
}

// ofCharge returns how a charge shows where its money goes.
func (t *TransferData) ofCharge() *ChargeTransfer {
	if t == nil {
		return nil
	}
	return &ChargeTransfer{Amount: t.Amount, Destination: t.Destination}
}

// Outcome explains why a charge was approved, declined or blocked.
type Outcome struct {
	AdviceCode         *string `json:"advice_code"`
	NetworkAdviceCode  *string `json:"network_advice_code"`
	NetworkDeclineCode *string `json:"network_decline_code"`
	NetworkStatus      string  `json:"network_status"`
	Reason             *string `json:"reason"`
	RiskLevel          string  `json:"risk_level"`
	RiskScore          int64   `json:"risk_score"`
	SellerMessage      string  `json:"seller_message"`
	Type               string  `json:"type"`
}

// ChargeDetails describes the payment method as it was when it was charged.
type ChargeDetails struct {
	AmazonPay       *ChargeAmazonPay `json:"amazon_pay,omitempty"`
	Card            *ChargeCard      `json:"card,omitempty"`
	CustomerBalance *struct{}        `json:"customer_balance,omitempty"`
	Ideal           *ChargeIdeal     `json:"ideal,omitempty"`
	Klarna          *chargeLoan      `json:"klarna,omitempty"`
	Link            *chargeLink      `json:"link,omitempty"`
	Paypal          *ChargePaypal    `json:"paypal,omitempty"`
	SEPADebit       *ChargeSEPA      `json:"sepa_debit,omitempty"`
	Type            string           `json:"type"`
	USBankAccount   *ChargeACH       `json:"us_bank_account,omitempty"`
}

// ChargeCard is the card that was charged.
type ChargeCard struct {
	AmountAuthorized         int64       `json:"amount_authorized"`
	AuthorizationCode        *string     `json:"authorization_code"`
	Brand                    string      `json:"brand"`
	CaptureBefore            *int64      `json:"capture_before,omitempty"`
	Checks                   CardChecks  `json:"checks"`
	Country                  string      `json:"country"`
	ExpMonth                 int64       `json:"exp_month"`
	ExpYear                  int64       `json:"exp_year"`
	ExtendedAuthorization    Feature     `json:"extended_authorization"`
	Fingerprint              string      `json:"fingerprint"`
	Funding                  string      `json:"funding"`
	IncrementalAuthorization Feature     `json:"incremental_authorization"`
	Installments             any         `json:"installments"`
	Last4                    string      `json:"last4"`
	Mandate                  *string     `json:"mandate"`
	Multicapture             Feature     `json:"multicapture"`
	Network                  string      `json:"network"`
	NetworkToken             tokenUse    `json:"network_token"`
	NetworkTransactionID     *string     `json:"network_transaction_id"`
	Overcapture              Overcapture `json:"overcapture"`
	RegulatedStatus          string      `json:"regulated_status"`
	ThreeDSecure             *Secure     `json:"three_d_secure"`
	Wallet                   any         `json:"wallet"`
}

// Feature reports whether a special kind of authorization was available.
type Feature struct {
	Status string `json:"status"`
}

type tokenUse struct {
	Used bool `json:"used"`
}

// Overcapture is the largest amount that may be captured.
type Overcapture struct {
	MaximumAmountCapturable int64  `json:"maximum_amount_capturable"`
	Status                  string `json:"status"`
}

// Secure is the result of 3D Secure.
type Secure struct {
	AuthenticationFlow          *string `json:"authentication_flow"`
	ElectronicCommerceIndicator *string `json:"electronic_commerce_indicator"`
	ExemptionIndicator          *string `json:"exemption_indicator"`
	Result                      string  `json:"result"`
	ResultReason                *string `json:"result_reason"`
	TransactionID               *string `json:"transaction_id"`
	Version                     *string `json:"version"`
}

// ChargeIdeal is the bank that paid an iDEAL payment.
type ChargeIdeal struct {
	Bank                      *string `json:"bank"`
	BIC                       *string `json:"bic"`
	GeneratedSEPADebit        *string `json:"generated_sepa_debit"`
	GeneratedSEPADebitMandate *string `json:"generated_sepa_debit_mandate"`
	IBANLast4                 *string `json:"iban_last4"`
	VerifiedName              *string `json:"verified_name"`
}

type chargeLoan struct {
	PayerDetails          any     `json:"payer_details"`
	PaymentMethodCategory *string `json:"payment_method_category"`
	PreferredLocale       *string `json:"preferred_locale"`
}

type chargeLink struct {
	Country *string `json:"country"`
}

// ChargeSEPA is the SEPA account that was debited.
type ChargeSEPA struct {
	BankCode    string  `json:"bank_code"`
	BranchCode  string  `json:"branch_code"`
	Country     string  `json:"country"`
	Fingerprint string  `json:"fingerprint"`
	Last4       string  `json:"last4"`
	Mandate     *string `json:"mandate"`
}

// ChargeACH is the US bank account that was debited.
type ChargeACH struct {
	AccountHolderType string  `json:"account_holder_type"`
	AccountType       string  `json:"account_type"`
	BankName          string  `json:"bank_name"`
	Fingerprint       string  `json:"fingerprint"`
	Last4             string  `json:"last4"`
	Mandate           *string `json:"mandate,omitempty"`
	PaymentReference  *string `json:"payment_reference"`
	RoutingNumber     string  `json:"routing_number"`
}

func (o *Charge) ObjectID() string   { return o.ID }
func (o *Charge) ObjectKind() string { return api.KindCharge }
func (o *Charge) Parents() []string  { return ParentsOf(o.PaymentIntent, o.Customer) }
func (o *Charge) Secrets() any       { return &o.private }

// unchecked returns the result of a check that waits for its card's use, nil if
// there is nothing to check.
func unchecked(entered bool) *string {
	if entered {
		return new("unchecked")
	}
	return nil
}

// given notes whether the buyer entered the code of a card. What was entered is
// unchecked until the card is attached or charged.
func (o *PaymentMethod) given(cvc bool) {
	if cvc {
		o.private.CVCCheck = "pass"
	}

	address := o.BillingDetails.Address
	o.Card.Checks = CardChecks{
		AddressLine1Check:      unchecked(address.Line1 != nil),
		AddressPostalCodeCheck: unchecked(address.PostalCode != nil),
		CvcCheck:               unchecked(cvc),
	}
}

// check returns a copy whose card the issuer has checked.
func (o *PaymentMethod) check() *PaymentMethod {
	next := *o
	if next.Card != nil {
		cd := *next.Card
		cd.Checks = checksOf(next.testCard(), &next)
		next.Card = &cd
	}

	return &next
}

// checksOf returns the issuer's checks of the code and the address. What the
// buyer did not enter is not checked.
func checksOf(cd *testcards.Card, pm *PaymentMethod) CardChecks {
	var out CardChecks
	if cd == nil {
		return out
	}

	result := func(fixed string) *string { return new(cmp.Or(fixed, "pass")) }
	if pm.private.CVCCheck != "" || cd.CVC != "" {
		out.CvcCheck = result(cd.CVC)
	}

	if pm.BillingDetails.Address.PostalCode != nil {
		out.AddressPostalCodeCheck = result(cd.Zip)
	}

	if pm.BillingDetails.Address.Line1 != nil {
		out.AddressLine1Check = result(cd.Line1)
	}

	return out
}

// chargeDetails returns the description of an attempt's payment method for its
// charge.
func chargeDetails(a *Attempt, amount int64) *ChargeDetails {
	out := &ChargeDetails{Type: a.Method.Type}
	switch a.Method.Type {
	case "card":
		out.Card = chargeCard(a, amount)
	case "sepa_debit":
		sd := a.Method.SEPADebit
		out.SEPADebit = &ChargeSEPA{
			BankCode:    sd.BankCode,
			BranchCode:  sd.BranchCode,
			Country:     sd.Country,
			Fingerprint: sd.Fingerprint,
			Last4:       sd.Last4,
			Mandate:     wire.OrNil(a.mandate),
		}

	case "us_bank_account":
		ba := a.Method.USBankAccount
		out.USBankAccount = &ChargeACH{
			AccountHolderType: ba.AccountHolderType,
			AccountType:       ba.AccountType,
			BankName:          ba.BankName,
			Fingerprint:       ba.Fingerprint,
			Last4:             ba.Last4,
			Mandate:           wire.OrNil(a.mandate),
			RoutingNumber:     ba.RoutingNumber,
		}

	case "ideal":
		out.Ideal = &ChargeIdeal{
			Bank:         a.Method.Ideal.Bank,
			BIC:          a.Method.Ideal.BIC,
			IBANLast4:    new("5264"),
			VerifiedName: a.Method.BillingDetails.Name,
		}

	case "klarna":
		out.Klarna = &chargeLoan{
			PaymentMethodCategory: new("pay_later"),
			PreferredLocale:       new("en-US"),
		}

	case "link":
		out.Link = &chargeLink{Country: new("US")}
	case "paypal":
		out.Paypal = chargePaypal(a.Method)
	case "amazon_pay":
		out.AmazonPay = chargeAmazonPay()
	case "customer_balance":
		out.CustomerBalance = &struct{}{}
	}

	return out
}

// chargeCard returns the card of an attempt as its charge shows it.
func chargeCard(a *Attempt, amount int64) *ChargeCard {
	mc := a.Method.Card
	return &ChargeCard{
		AmountAuthorized:         amount,
		AuthorizationCode:        new(wire.RandomDigits(6)),
		Brand:                    mc.Brand,
		Checks:                   checksOf(a.Method.testCard(), a.Method),
		Country:                  mc.Country,
		ExpMonth:                 mc.ExpMonth,
		ExpYear:                  mc.ExpYear,
		ExtendedAuthorization:    Feature{"disabled"},
		Fingerprint:              mc.Fingerprint,
		Funding:                  mc.Funding,
		IncrementalAuthorization: Feature{"unavailable"},
		Last4:                    mc.Last4,
		Multicapture:             Feature{"unavailable"},
		Network:                  mc.Brand,
		NetworkTransactionID:     new(wire.RandomText(15)),
		RegulatedStatus:          mc.RegulatedStatus,
		Overcapture:              Overcapture{MaximumAmountCapturable: amount, Status: "unavailable"},
		ThreeDSecure:             a.secureResult(),
	}
}
