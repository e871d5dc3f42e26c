package payments

import (
	"cmp"
	"time"

	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// PayPal and Amazon Pay: the buyer agrees on a page of the wallet and comes
// back. What is authorized can be captured later; a buyer who agreed to more
// can be charged again without a page. See
// https://docs.stripe.com/payments/paypal and
// https://docs.stripe.com/payments/amazon-pay.

func isWallet(kind string) bool { return kind == "paypal" || kind == "amazon_pay" }

// redirects tells whether a payment method sends the buyer to another page.
func redirects(kind string) bool { return kind == "ideal" || kind == "klarna" || isWallet(kind) }

// agreed tells whether the buyer of a payment method that redirects has agreed
// to be charged without being asked again.
func agreed(pm *PaymentMethod) bool {
	return isWallet(pm.Type) && pm.Customer != nil && pm.private.Ready
}

// MethodPaypal is the payer as PayPal names them; unknown until the first
// payment.
type MethodPaypal struct {
	Country    *string `json:"country"`
	PayerEmail *string `json:"payer_email"`
	PayerID    *string `json:"payer_id"`
}

// ChargePaypal is the payer and what PayPal says about the payment.
type ChargePaypal struct {
	Country          *string          `json:"country"`
	PayerEmail       *string          `json:"payer_email"`
	PayerID          *string          `json:"payer_id"`
	PayerName        *string          `json:"payer_name"`
	SellerProtection SellerProtection `json:"seller_protection"`
	TransactionID    *string          `json:"transaction_id"`
}

// SellerProtection tells which disputes PayPal would bear.
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

// FundingCard is a card that another company holds.
type FundingCard struct {
	Brand    string `json:"brand"`
	Country  string `json:"country"`
	ExpMonth int64  `json:"exp_month"`
	ExpYear  int64  `json:"exp_year"`
	Funding  string `json:"funding"`
	Last4    string `json:"last4"`
}

// payer fills in what the wallet tells once its page was passed.
func (c *Call) payer(pm *PaymentMethod) *PaymentMethod {
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

func chargePaypal(pm *PaymentMethod) *ChargePaypal {
	return &ChargePaypal{
		Country:          pm.Paypal.Country,
		PayerEmail:       pm.Paypal.PayerEmail,
		PayerID:          pm.Paypal.PayerID,
		PayerName:        pm.BillingDetails.Name,
		SellerProtection: SellerProtection{DisputeCategories: []string{"fraudulent", "product_not_received"}, Status: "eligible"},
		TransactionID:    new(wire.RandomText(17)),
	}
}

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

// holdOf is how long an uncaptured payment stays authorized.
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

// ownOption is what payment_method_options say for the attempt's own payment
// method type, "" when nothing.
func (a *Attempt) ownOption(name string) string {
	options, _ := a.Intent.PaymentMethodOptions[a.Method.Type].(map[string]any)
	text, _ := options[name].(string)
	return text
}

// holds tells whether a payment method can be authorized now and captured
// later.
func holds(kind string) bool {
	return kind == "card" || kind == "link" || kind == "klarna" || isWallet(kind)
}

// capturesLater tells whether the attempt only authorizes.
func (a *Attempt) capturesLater() bool {
	return cmp.Or(a.ownOption("capture_method"), a.Intent.CaptureMethod) == "manual" && holds(a.Method.Type)
}

// saves tells whether the payment method is to be used again for the intent's
// customer.
func (a *Attempt) saves() bool {
	usage := cmp.Or(a.ownOption("setup_future_usage"), wire.Deref(a.Intent.SetupFutureUsage))
	if usage == "" || usage == "none" || a.Intent.Customer == nil {
		return false
	}
	return !redirects(a.Method.Type) || isWallet(a.Method.Type) && usage == "off_session"
}
