package api

import (
	"checkoutd/internal/sandbox/wire"
)

// The kinds of objects, as in Stripe's `object` field.
const (
	KindAccount       = "account"
	KindBalanceTxn    = "balance_transaction"
	KindCharge        = "charge"
	KindConfToken     = "confirmation_token"
	KindConfiguration = "payment_method_configuration"
	KindCoupon        = "coupon"
	KindCustomer      = "customer"
	KindCustSession   = "customer_session"
	KindDiscount      = "discount"
	KindDispute       = "dispute"
	KindEndpoint      = "webhook_endpoint"
	KindEvent         = "event"
	KindIntent        = "payment_intent"
	KindInvoice       = "invoice"
	KindInvoiceItem   = "invoiceitem"
	KindMandate       = "mandate"
	KindMethod        = "payment_method"
	KindPrice         = "price"
	KindProduct       = "product"
	KindPromotion     = "promotion_code"
	KindRefund        = "refund"
	KindSetup         = "setup_intent"
	KindSource        = "source"
	KindSubItem       = "subscription_item"
	KindSubscription  = "subscription"
)

// Address is a postal address. Unknown parts are null.
type Address struct {
	City       *string `json:"city"`
	Country    *string `json:"country"`
	Line1      *string `json:"line1"`
	Line2      *string `json:"line2"`
	PostalCode *string `json:"postal_code"`
	State      *string `json:"state"`
}

// Shipping says where the goods go.
type Shipping struct {
	Address        *Address `json:"address"`
	Carrier        *string  `json:"carrier"`
	Name           *string  `json:"name"`
	Phone          *string  `json:"phone"`
	TrackingNumber *string  `json:"tracking_number"`
}

// BillingDetails describe the payer.
type BillingDetails struct {
	Address Address `json:"address"`
	Email   *string `json:"email"`
	Name    *string `json:"name"`
	Phone   *string `json:"phone"`
	TaxID   *string `json:"tax_id"`
}

// ReadAddress returns a sent address, nil if there is none.
func ReadAddress(p *wire.Params) *Address {
	if p == nil || p.Leaf && p.Value == "" {
		return nil
	}

	return &Address{
		City:       p.Text("city"),
		Country:    p.Text("country"),
		Line1:      p.Text("line1"),
		Line2:      p.Text("line2"),
		PostalCode: p.Text("postal_code"),
		State:      p.Text("state"),
	}
}

// ReadShipping returns sent shipping details, nil if there are none.
func ReadShipping(p *wire.Params) *Shipping {
	if p == nil || p.Leaf && p.Value == "" {
		return nil
	}
	return &Shipping{
		Address:        ReadAddress(p.At("address")),
		Carrier:        p.Text("carrier"),
		Name:           p.Text("name"),
		Phone:          p.Text("phone"),
		TrackingNumber: p.Text("tracking_number"),
	}
}

// ReadBilling returns sent billing details.
func ReadBilling(p *wire.Params) BillingDetails {
	var out BillingDetails
	if p == nil {
		return out
	}
	if a := ReadAddress(p.At("address")); a != nil {
		out.Address = *a
	}
	out.Email, out.Name, out.Phone, out.TaxID = p.Text("email"), p.Text("name"), p.Text("phone"), p.Text("tax_id")
	return out
}

// MergeBilling returns prev with the details that were sent.
func MergeBilling(prev BillingDetails, p *wire.Params) BillingDetails {
	next := ReadBilling(p)
	pick := func(a, b *string) *string {
		if b != nil {
			return b
		}
		return a
	}

	out := BillingDetails{
		Email: pick(prev.Email, next.Email),
		Name:  pick(prev.Name, next.Name),
		Phone: pick(prev.Phone, next.Phone),
		TaxID: pick(prev.TaxID, next.TaxID),
	}

	a, b := prev.Address, next.Address
	out.Address = Address{
		City:       pick(a.City, b.City),
		Country:    pick(a.Country, b.Country),
		Line1:      pick(a.Line1, b.Line1),
		Line2:      pick(a.Line2, b.Line2),
		PostalCode: pick(a.PostalCode, b.PostalCode),
		State:      pick(a.State, b.State),
	}

	return out
}

// SetText copies a parameter into a field if it was sent. An empty one clears
// the field.
func SetText(field **string, p *wire.Params, names ...string) {
	if p.Has(names...) {
		*field = p.Text(names...)
	}
}

// Application is the platform's Connect application.
const Application = "ca_SandboxApplication"
