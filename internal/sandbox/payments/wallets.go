package payments

import (
	"cmp"
	"time"

	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// This file simulates PayPal and Amazon Pay. The buyer agrees on a page of the
// wallet and comes back. A payment can be authorized and captured later; a
// buyer who has agreed to future payments can be charged again without that
// page. See https://docs.stripe.com/payments/paypal and
// https://docs.stripe.com/payments/amazon-pay.

// isWallet reports whether a payment method is the wallet of another company.
func isWallet(kind string) bool { return kind == "paypal" || kind == "amazon_pay" }

// redirects reports whether a payment method sends the buyer to another page.
func redirects(kind string) bool { return kind == "ideal" || kind == "klarna" || isWallet(kind) }

// agreed reports whether the buyer has agreed to be charged again without a
// visit to the wallet's page.
func agreed(pm *PaymentMethod) bool {
	return isWallet(pm.Type) && pm.Customer != nil && pm.private.Ready
}

// MethodPaypal is the payer's PayPal account, which is unknown until the buyer
// has been to PayPal's page.
type MethodPaypal struct {
	Country    *string `json:"country"`
	PayerEmail *string `json:"payer_email"`
	PayerID    *string `json:"payer_id"`
}

// ChargePaypal is the payer's account and the PayPal transaction.
type ChargePaypal struct {
	Country          *string          `json:"country"`
	PayerEmail       *string          `json:"payer_email"`
	PayerID          *string          `json:"payer_id"`
	PayerName        *string          `json:"payer_name"`
	SellerProtection SellerProtection `json:"seller_protection"`
	TransactionID    *string          `json:"transaction_id"`
}

// SellerProtection lists the disputes whose cost PayPal would bear.
type SellerProtection struct {
	DisputeCategories []string `json:"dispute_categories"`
	Status            string   `json:"status"`
}

// ChargeAmazonPay is the card behind an Amazon account.
type ChargeAmazonPay struct {
	Funding AmazonFunding `json:"funding"`
}

// AmazonFunding is how the Amazon account is funded.
type AmazonFunding struct {
	Card *FundingCard `json:"card,omitempty"`
	Type string       `json:"type"`
}

// FundingCard is a card that is stored in a wallet.
type FundingCard struct {
	Brand    string `json:"brand"`
	Country  string `json:"country"`
	ExpMonth int64  `json:"exp_month"`
	ExpYear  int64  `json:"exp_year"`
	Funding  string `json:"funding"`
	Last4    string `json:"last4"`
}

// withPayer stores and returns the payment method with the payer's account,
// which the wallet discloses once the buyer has agreed on its page.
func (c *Call) withPayer(pm *PaymentMethod) *PaymentMethod {
	if pm.Type != "paypal" || pm.Paypal.PayerID != nil {
		return pm
	}

	next := *pm
	next.Paypal = &MethodPaypal{
		Country:    new(cmp.Or(wire.Deref(pm.BillingDetails.Address.Country), c.Server.Config.Country)),
		PayerID:    new("SBX" + pm.ID[len(pm.ID)-10:]),
		PayerEmail: new(cmp.Or(wire.Deref(pm.BillingDetails.Email), "buyer@example.com")),
	}

	c.Tx.Put(&next)

	return &next
}

// chargePaypal returns the payer of a payment method as its charge shows them.
func chargePaypal(pm *PaymentMethod) *ChargePaypal {
	return &ChargePaypal{
		Country:    pm.Paypal.Country,
		PayerEmail: pm.Paypal.PayerEmail,
		PayerID:    pm.Paypal.PayerID,
		PayerName:  pm.BillingDetails.Name,
		SellerProtection: SellerProtection{
			DisputeCategories: []string{"fraudulent", "product_not_received"},
			Status:            "eligible",
		},
		TransactionID: new(wire.RandomText(17)),
	}
}

// chargeAmazonPay returns the card behind every buyer's Amazon account.
func chargeAmazonPay() *ChargeAmazonPay {
	cd := testcards.Cards()["4242424242424242"]
	return &ChargeAmazonPay{Funding: AmazonFunding{Type: "card", Card: &FundingCard{
		Brand:    cd.Brand,
		Country:  cd.Country,
		ExpMonth: 12,
		ExpYear:  2040,
		Funding:  cd.Funding,
		Last4:    cd.Number[len(cd.Number)-4:],
	}}}
}

// holdOf returns how long a payment stays authorized without being captured.
// See https://docs.stripe.com/payments/place-a-hold-on-a-payment-method.
func holdOf(kind string) time.Duration {
	const day = 24 * time.Hour
	switch kind {
	case "klarna":
		return 28 * day
	case "paypal":
		return 10 * day
	}
	return 7 * day
}

// methodOption returns an option of the intent for the attempt's payment method
// type, "" if it is not set.
func (a *Attempt) methodOption(name string) string {
	options, _ := a.Intent.PaymentMethodOptions[a.Method.Type].(map[string]any)
	text, _ := options[name].(string)
	return text
}

// canHold reports whether a payment method can be authorized now and captured
// later.
func canHold(kind string) bool {
	return kind == "card" || kind == "link" || kind == "klarna" || isWallet(kind)
}

// capturesLater reports whether the attempt only authorizes the payment. An
// option of the payment method takes precedence over the intent.
func (a *Attempt) capturesLater() bool {
	method := cmp.Or(a.methodOption("capture_method"), a.Intent.CaptureMethod)
	return method == "manual" && canHold(a.Method.Type)
}

// saves reports whether the attempt saves its payment method for the customer's
// later payments. The redirect of a bank or lender permits a single payment.
func (a *Attempt) saves() bool {
	usage := cmp.Or(a.methodOption("setup_future_usage"), wire.Deref(a.Intent.SetupFutureUsage))
	if usage == "" || usage == "none" || a.Intent.Customer == nil {
		return false
	}

	return !redirects(a.Method.Type) || isWallet(a.Method.Type) && usage == "off_session"
}
