package config

import (
	"errors"
	"slices"
	"strings"

	"checkoutd/internal/appearance"
)

// What single payment methods cannot do, in the API version that checkoutd speaks: Stripe
// refuses the intent, so that nobody could pay
// (https://docs.stripe.com/payments/payment-methods/payment-method-support).
var (
	// No capture_method=manual: the money moves at once, or in a batch
	// (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
	notCapturedLater = []string{
		"alipay", "au_becs_debit", "bacs_debit", "bancontact", "boleto", "customer_balance", "eps", "fpx", "giropay",
		"grabpay", "ideal", "konbini", "multibanco", "oxxo", "p24", "pay_by_bank", "paynow", "pix", "promptpay",
		"sepa_debit", "sofort", "swish", "twint", "us_bank_account", "wechat_pay", "zip",
	}
	// No setup_future_usage but none: each payment needs the buyer again
	// (https://docs.stripe.com/payments/save-during-payment).
	notReused = []string{
		"affirm", "afterpay_clearpay", "alma", "customer_balance", "eps", "fpx", "giropay", "grabpay", "klarna", "konbini",
		"mobilepay", "multibanco", "oxxo", "p24", "pay_by_bank", "payco", "paynow", "pix", "promptpay", "samsung_pay",
		"swish", "twint", "wechat_pay", "zip",
	}
)

// knownTypes are the payment methods of the API version that checkoutd speaks and that can be
// paid with in a browser (https://docs.stripe.com/api/payment_methods/object#payment_method_object-type).
var knownTypes = strings.Fields(`
	affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit bancontact boleto card cashapp
	customer_balance eps fpx giropay grabpay ideal kakao_pay klarna konbini kr_card link mobilepay multibanco
	naver_pay oxxo p24 pay_by_bank payco paynow paypal pix promptpay revolut_pay samsung_pay sepa_debit sofort
	swish twint us_bank_account wechat_pay zip`)

// checkout judges the options of the checkout against each other.
func (l *loading) checkout() {
	l.appearance()
	l.savedMethods()
	l.methodTypes()
	l.installments()
	c := l.config
	if l.ok("RECEIPT_EMAIL", "COLLECT_EMAIL") && c.ReceiptEmail && !c.CollectEmail {
		l.problem("RECEIPT_EMAIL", "is true, but COLLECT_EMAIL is not, so there is no address to send a receipt to. Set COLLECT_EMAIL=true")
	}
	if c.Layout.Type == "tabs" {
		for _, name := range []string{"LAYOUT_RADIOS", "LAYOUT_SPACED_ITEMS", "LAYOUT_VISIBLE_ITEMS"} {
			if l.given(name) {
				// https://docs.stripe.com/js/elements_object/create_payment_element
				l.problem(name, "is only for the accordion, but PAYMENT_ELEMENT_LAYOUT is tabs. Set PAYMENT_ELEMENT_LAYOUT=accordion, or remove this")
			}
		}
	}
}

// methodTypes judges what goes with the explicit payment methods, and what needs them.
func (l *loading) methodTypes() {
	c := l.config
	if !l.ok("PAYMENT_METHOD_TYPES") {
		return
	}
	types := c.PaymentMethodTypes
	if len(types) > 0 && l.given("PAYMENT_METHOD_CONFIGURATION") {
		l.problem("PAYMENT_METHOD_CONFIGURATION", "and PAYMENT_METHOD_TYPES are both set. A configuration chooses among the Dashboard's "+
			"payment methods, and explicit types leave the Dashboard out. Keep one of them")
	}
	if bad := common(types, notCapturedLater); c.CaptureMethod == "manual" && bad != "" {
		l.problem("CAPTURE_METHOD", "is manual, but PAYMENT_METHOD_TYPES has %s, which Stripe cannot reserve and capture later. "+
			"Use automatic, or leave it out", bad)
	}
	if bad := c.NotReused(); c.SetupFutureUsage != "" && bad != "" {
		l.problem("SETUP_FUTURE_USAGE", "saves the payment method, but PAYMENT_METHOD_TYPES has %s, which Stripe cannot use again. "+
			"Leave out one of them", bad)
	}
	if c.RequireCVCRecollection && len(types) > 0 && !slices.Contains(types, "card") {
		l.problem("REQUIRE_CVC_RECOLLECTION", "is true, but PAYMENT_METHOD_TYPES has no card, and nothing else has a CVC. Add card, or remove this")
	}
	if c.BankVerification != "" && !slices.Contains(types, "us_bank_account") {
		l.problem("US_BANK_VERIFICATION", "is set, but PAYMENT_METHOD_TYPES does not name us_bank_account. Add it there, or remove this")
	}
}

// NotReused names, in words, the explicit payment methods that cannot be saved for later
// payments, "" for none.
func (p Payment) NotReused() string { return common(p.PaymentMethodTypes, notReused) }

// installments: https://docs.stripe.com/js/elements_object/create_without_intent
func (l *loading) installments() {
	c := l.config
	if !c.Installments || !l.ok("PAYMENT_METHOD_TYPES", "PAYMENT_METHOD_CREATION") {
		return
	}
	if !slices.Contains(c.PaymentMethodTypes, "card") {
		l.problem("CARD_INSTALLMENTS", "is true, but PAYMENT_METHOD_TYPES does not name card. Stripe.js takes installments with explicit "+
			"payment methods only; with the Dashboard's, switch them on there")
	}
	if c.PaymentMethodCreation == "manual" {
		l.problem("CARD_INSTALLMENTS", "is true, but PAYMENT_METHOD_CREATION is manual, and Stripe.js refuses the two together. Remove one of them")
	}
}

// savedMethods judges the features of the CustomerSession, and settles SAVED_METHODS_SAVE
// where it was not given.
func (l *loading) savedMethods() {
	c := l.config
	if !l.ok("SAVED_METHODS_SAVE", "SETUP_FUTURE_USAGE", "SAVED_METHODS_REDISPLAY") {
		return
	}
	switch s := &c.SavedMethods; {
	case !l.given("SAVED_METHODS_SAVE"):
		s.Save = c.SetupFutureUsage == ""
	case s.Save && c.SetupFutureUsage != "":
		l.problem("SAVED_METHODS_SAVE", "is true, but SETUP_FUTURE_USAGE saves every payment method without asking, and Stripe "+
			"calls both a conflict (https://docs.stripe.com/changelog/dahlia/2026-03-25/elements-pmo-sfu-customer-session-conflict). Remove one of them")
		return
	}
	if l.given("SAVED_METHODS_SAVE_USAGE") && !c.SavedMethods.Save {
		l.problem("SAVED_METHODS_SAVE_USAGE", "is set, but buyers are not asked whether to save a payment method. Set SAVED_METHODS_SAVE=true, or remove this")
	}
	if c.SavedMethods.Redisplay {
		return
	}
	for _, of := range []struct {
		name string
		set  bool
	}{
		{"SAVED_METHODS_REMOVE", c.SavedMethods.Remove},
		{"SAVED_METHODS_LIMIT", c.SavedMethods.Limit > 0},
		{"SAVED_METHODS_FILTERS", c.SavedMethods.Filters != nil},
	} {
		if of.set {
			l.problem(of.name, "is about the saved payment methods that are shown, but SAVED_METHODS_REDISPLAY is false. Set it to true, or remove this")
		}
	}
}

// appearance reads APPEARANCE_FILE.
func (l *loading) appearance() {
	c := l.config
	if c.AppearanceFile == "" {
		return
	}
	data, err := l.sources.readFile(c.AppearanceFile)
	if err != nil {
		l.problem("APPEARANCE_FILE", "cannot be read: %s. Give the path of a file that this user may read", err)
		return
	}
	var bad *appearance.Error
	if c.Appearance, err = appearance.Parse(data); errors.As(err, &bad) {
		for _, p := range bad.Problems {
			if !strings.HasSuffix(p, "?") {
				p += "."
			}
			l.problem("APPEARANCE_FILE", "(%s): %s", c.AppearanceFile, p)
		}
		return
	}
	if c.BrandColor != "" && c.Appearance.Light.Variable("colorPrimary") != "" {
		l.problem("BRAND_COLOR", "and colorPrimary in APPEARANCE_FILE both say the brand's colour. Keep one of them")
	}
}

// common lists what is in both, in words.
func common(types, bad []string) string {
	var both []string
	for _, t := range types {
		if slices.Contains(bad, t) {
			both = append(both, t)
		}
	}
	return strings.Join(both, ", ")
}
