package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Payment is how orders are paid. It has the fields of orders.Options, in the
// same order, so that one converts to the other.
type Payment struct {
	CaptureMethod              string   // automatic or manual
	SetupFutureUsage           string   // on_session, off_session or ""
	PaymentMethodTypes         []string // nil for those enabled in the Dashboard
	PaymentMethodConfiguration string   // pmc_…, "" for the account's default
	OnBehalfOf                 string   // acct_…, "" for the account of the keys
	RequireCVCRecollection     bool     // ask for the CVC of a saved card
	Installments               bool     // of cards
	BankVerification           string   // of us_bank_account: automatic, instant, microdeposits or ""
	ReceiptEmail               bool     // Stripe mails a receipt
	BankTransfer               string   // of customer_balance: us_bank_transfer, eu_bank_transfer:DE, … or ""
}

func paymentSection() section {
	return section{
		title:  "Payments",
		finish: (*loading).finishPayment,
		options: []option{
			{
				name: "CAPTURE_METHOD",
				def:  "automatic",
				help: "automatic: the buyer is charged at once; manual: the amount is held, and captured later " +
					"with \"server orders capture\".",
				modes: checkoutModes,
				read:  oneOf(func(c *Config) *string { return &c.CaptureMethod }, "automatic", "manual"),
			},
			{
				name: "SETUP_FUTURE_USAGE",
				help: "Saves the payment method for later payments: on_session or off_session. Empty: it " +
					"is not saved. A product of the catalog can override this for its orders.",
				modes: checkoutModes,
				read:  oneOf(func(c *Config) *string { return &c.SetupFutureUsage }, "", "on_session", "off_session"),
			},
			{
				name: "PAYMENT_METHOD_TYPES",
				help: "Payment methods to offer, separated by commas (card,ideal). Empty: those enabled " +
					"in the Stripe Dashboard. blik and acss_debit are not supported.",
				modes: checkoutModes,
				read:  readMethodTypes,
			},
			{
				name: "PAYMENT_METHOD_CONFIGURATION",
				help: "The payment method configuration (pmc_…) of the Dashboard to use. Empty: the " +
					"account's default. It cannot be combined with PAYMENT_METHOD_TYPES.",
				modes: checkoutModes,
				read: stripeID(func(c *Config) *string { return &c.PaymentMethodConfiguration },
					"pmc_", "a payment method configuration"),
			},
			{
				name:  "ON_BEHALF_OF",
				help:  "Connect only: the account (acct_…) that is the business of record for the payments.",
				modes: checkoutModes,
				read:  stripeID(func(c *Config) *string { return &c.OnBehalfOf }, "acct_", "an account"),
			},
			{
				name:  "REQUIRE_CVC_RECOLLECTION",
				def:   "false",
				help:  "true asks for the CVC again when a saved card is used.",
				modes: checkoutModes,
				read:  boolean(func(c *Config) *bool { return &c.RequireCVCRecollection }),
			},
			{
				name: "CARD_INSTALLMENTS",
				def:  "false",
				help: "true offers payment in installments if the card supports it. PAYMENT_METHOD_TYPES must " +
					"include card.",
				modes: checkoutModes,
				read:  boolean(func(c *Config) *bool { return &c.Installments }),
			},
			{
				name: "US_BANK_VERIFICATION",
				help: "How us_bank_account accounts are verified: automatic, instant or microdeposits. " +
					"Empty: Stripe's choice. PAYMENT_METHOD_TYPES must include us_bank_account.",
				modes: checkoutModes,
				read: oneOf(func(c *Config) *string { return &c.BankVerification },
					"", "automatic", "instant", "microdeposits"),
			},
			{
				name: "RECEIPT_EMAIL",
				def:  "false",
				help: "true has Stripe mail a receipt to the address that COLLECT_EMAIL asks for. With test keys " +
					"Stripe sends none.",
				modes: checkoutModes,
				read:  boolean(func(c *Config) *bool { return &c.ReceiptEmail }),
			},
			{
				name: "BANK_TRANSFER",
				help: "Where a buyer who pays by bank transfer sends the money: us_bank_transfer, gb_bank_transfer, " +
					"jp_bank_transfer, mx_bank_transfer, or eu_bank_transfer: with the country of the account " +
					"(eu_bank_transfer:DE). PAYMENT_METHOD_TYPES must include customer_balance, which needs it.",
				modes: checkoutModes,
				read:  readBankTransfer,
			},
		},
	}
}

// What single payment methods do not support in the API version that
// checkoutd uses. Stripe refuses such an intent, so nobody could pay
// (https://docs.stripe.com/payments/payment-methods/payment-method-support).
var (
	// noManualCapture lists the methods without capture_method=manual: the
	// money moves at once, or in a batch
	// (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
	noManualCapture = strings.Fields(`
		alipay au_becs_debit bacs_debit bancontact boleto customer_balance eps
		fpx giropay grabpay ideal konbini multibanco oxxo p24 pay_by_bank paynow
		pix promptpay sepa_debit sofort swish twint us_bank_account wechat_pay
		zip`)

	// singleUse lists the methods without setup_future_usage: the buyer has
	// to authorize each payment
	// (https://docs.stripe.com/payments/save-during-payment).
	singleUse = strings.Fields(`
		affirm afterpay_clearpay alma customer_balance eps fpx giropay grabpay
		klarna konbini mobilepay multibanco oxxo p24 pay_by_bank payco paynow
		pix promptpay samsung_pay swish twint wechat_pay zip`)

	// knownTypes lists the methods that work in a browser
	// (https://docs.stripe.com/api/payment_methods/object#payment_method_object-type).
	knownTypes = strings.Fields(`
		affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit
		bancontact boleto card cashapp customer_balance eps fpx giropay grabpay
		ideal kakao_pay klarna konbini kr_card link mobilepay multibanco
		naver_pay oxxo p24 pay_by_bank payco paynow paypal pix promptpay
		revolut_pay samsung_pay sepa_debit sofort swish twint us_bank_account
		wechat_pay zip`)
)

var methodType = regexp.MustCompile(`^[a-z][a-z0-9_]{1,40}$`)

func readMethodTypes(c *Config, s string) error {
	for _, item := range splitList(s) {
		switch {
		case item == "blik" || item == "acss_debit":
			// https://docs.stripe.com/payments/finalize-payments-on-the-server
			return fmt.Errorf("contains %s, which does not support payments that are finalized on the "+
				"server, as checkoutd's are (Stripe's guide excludes BLIK and ACSS pre-authorized "+
				"debits). Leave it out", item)

		case !methodType.MatchString(item):
			return fmt.Errorf("contains %q. Use Stripe's names of payment methods, like card,ideal", item)
		case slices.Contains(c.PaymentMethodTypes, item):
			return fmt.Errorf("contains %s twice. List each payment method once", item)
		}

		c.PaymentMethodTypes = append(c.PaymentMethodTypes, item)
	}

	return nil
}

// SingleUseTypes lists, in words, the explicit payment methods that cannot be
// saved for later payments, "" for none.
func (p Payment) SingleUseTypes() string { return intersection(p.PaymentMethodTypes, singleUse) }

// transferCurrencies are the currencies of bank transfers
// (https://docs.stripe.com/payments/bank-transfers).
var transferCurrencies = map[string]string{
	"us_bank_transfer": "usd",
	"gb_bank_transfer": "gbp",
	"jp_bank_transfer": "jpy",
	"mx_bank_transfer": "mxn",
	"eu_bank_transfer": "eur",
}

// transferCountries are where an eu_bank_transfer can be received
// (https://docs.stripe.com/payments/bank-transfers/accept-a-payment).
var transferCountries = strings.Fields("BE DE ES FR IE NL")

func readBankTransfer(c *Config, s string) error {
	kind, country, _ := strings.Cut(s, ":")
	european := kind == "eu_bank_transfer"

	switch {
	case s == "":
		return nil
	case transferCurrencies[kind] == "":
		return fmt.Errorf("is %q. Use us_bank_transfer, gb_bank_transfer, jp_bank_transfer, mx_bank_transfer or "+
			"eu_bank_transfer:DE", s)
	case european && !slices.Contains(transferCountries, country):
		return fmt.Errorf("is %q. Add the country of the account: %s, as in eu_bank_transfer:DE", s,
			strings.Join(transferCountries, ", "))
	case !european && country != "":
		return fmt.Errorf("is %q. Only eu_bank_transfer has a country", s)
	}

	c.BankTransfer = s
	return nil
}

// typeCurrencies are the currencies of slow payment methods that take only one
// (https://docs.stripe.com/payments/vouchers).
var typeCurrencies = map[string]string{
	"boleto":          "brl",
	"konbini":         "jpy",
	"multibanco":      "eur",
	"oxxo":            "mxn",
	"us_bank_account": "usd",
}

// OtherCurrency returns an explicit payment method that does not take a
// currency, with the currency that it takes; "" if all take it.
func (p Payment) OtherCurrency(currency string) (method, takes string) {
	for _, t := range p.PaymentMethodTypes {
		if only := typeCurrencies[t]; only != "" && only != currency {
			return t, only
		}
	}

	kind, _, _ := strings.Cut(p.BankTransfer, ":")
	if only := transferCurrencies[kind]; only != "" && only != currency {
		return kind, only
	}

	return "", ""
}

// intersection lists, in words, the types that are also in set.
func intersection(types, set []string) string {
	var both []string
	for _, t := range types {
		if slices.Contains(set, t) {
			both = append(both, t)
		}
	}
	return strings.Join(both, ", ")
}

func (l *loading) finishPayment() {
	if l.valid("PAYMENT_METHOD_TYPES") {
		l.checkMethodTypes()
		l.checkInstallments()
	}

	c := l.config
	if l.valid("RECEIPT_EMAIL", "COLLECT_EMAIL") && c.ReceiptEmail && !c.CollectEmail {
		l.problem("RECEIPT_EMAIL", "is true, but COLLECT_EMAIL is not, so there is no address to send a receipt to. "+
			"Set COLLECT_EMAIL=true")
	}
}

// checkMethodTypes checks the explicit payment methods against the options
// that depend on them.
func (l *loading) checkMethodTypes() {
	c := l.config
	types := c.PaymentMethodTypes

	if len(types) > 0 && l.given("PAYMENT_METHOD_CONFIGURATION") {
		l.problem("PAYMENT_METHOD_CONFIGURATION", "and PAYMENT_METHOD_TYPES are both set. "+
			"A configuration chooses among the Dashboard's payment methods, and explicit types "+
			"bypass the Dashboard. Keep one of them")
	}

	if bad := intersection(types, noManualCapture); c.CaptureMethod == "manual" && bad != "" {
		l.problem("CAPTURE_METHOD", "is manual, but PAYMENT_METHOD_TYPES contains %s, for which Stripe cannot hold an "+
			"amount and capture it later. Use automatic, or leave it out", bad)
	}

	if bad := c.SingleUseTypes(); c.SetupFutureUsage != "" && bad != "" {
		l.problem("SETUP_FUTURE_USAGE", "saves the payment method, but PAYMENT_METHOD_TYPES contains %s, which Stripe "+
			"cannot charge again. Remove one of them", bad)
	}

	if c.RequireCVCRecollection && len(types) > 0 && !slices.Contains(types, "card") {
		l.problem("REQUIRE_CVC_RECOLLECTION", "is true, but PAYMENT_METHOD_TYPES does not include card, "+
			"and nothing else has a CVC. Add card, or remove this option")
	}

	if c.BankVerification != "" && !slices.Contains(types, "us_bank_account") {
		l.problem("US_BANK_VERIFICATION", "is set, but PAYMENT_METHOD_TYPES does not include us_bank_account. "+
			"Add it there, or remove this option")
	}

	transfers := slices.Contains(types, "customer_balance")
	if l.valid("BANK_TRANSFER") && transfers != (c.BankTransfer != "") {
		l.problem("BANK_TRANSFER", "and customer_balance in PAYMENT_METHOD_TYPES belong together: without the one, Stripe "+
			"does not know where the money goes; without the other, nobody can choose it. Set both, or neither")
	}

	for _, t := range types {
		if !slices.Contains(knownTypes, t) {
			l.warn("PAYMENT_METHOD_TYPES contains %s, which checkoutd does not know. "+
				"If Stripe does not know it either, nobody can pay.", t)
		}
	}
}

// checkInstallments checks what Stripe.js requires of installments
// (https://docs.stripe.com/js/elements_object/create_without_intent).
func (l *loading) checkInstallments() {
	c := l.config
	if !c.Installments || !l.valid("PAYMENT_METHOD_CREATION") {
		return
	}

	if !slices.Contains(c.PaymentMethodTypes, "card") {
		l.problem("CARD_INSTALLMENTS", "is true, but PAYMENT_METHOD_TYPES does not include card. Stripe.js supports "+
			"installments with explicit payment methods only; for the Dashboard's methods, enable them there")
	}

	if c.PaymentMethodCreation == "manual" {
		l.problem("CARD_INSTALLMENTS", "is true, but PAYMENT_METHOD_CREATION is manual, and Stripe.js refuses the "+
			"combination. Remove one of them")
	}
}
