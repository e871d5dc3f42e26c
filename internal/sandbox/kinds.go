package sandbox

// The kinds of objects, named as Stripe's `object` field names them.
const (
	kindAccount       = "account"
	kindBalanceTxn    = "balance_transaction"
	kindCharge        = "charge"
	kindConfToken     = "confirmation_token"
	kindConfiguration = "payment_method_configuration"
	kindCoupon        = "coupon"
	kindCustomer      = "customer"
	kindCustSession   = "customer_session"
	kindDiscount      = "discount"
	kindDispute       = "dispute"
	kindEndpoint      = "webhook_endpoint"
	kindEvent         = "event"
	kindIntent        = "payment_intent"
	kindInvoice       = "invoice"
	kindInvoiceItem   = "invoiceitem"
	kindMandate       = "mandate"
	kindMethod        = "payment_method"
	kindPrice         = "price"
	kindProduct       = "product"
	kindPromotion     = "promotion_code"
	kindRefund        = "refund"
	kindSetup         = "setup_intent"
	kindSource        = "source"
	kindSubItem       = "subscription_item"
	kindSubscription  = "subscription"
)

// Address is a postal address, null where unknown.
type Address struct {
	City       *string `json:"city"`
	Country    *string `json:"country"`
	Line1      *string `json:"line1"`
	Line2      *string `json:"line2"`
	PostalCode *string `json:"postal_code"`
	State      *string `json:"state"`
}

// Shipping is where goods go.
type Shipping struct {
	Address        *Address `json:"address"`
	Carrier        *string  `json:"carrier"`
	Name           *string  `json:"name"`
	Phone          *string  `json:"phone"`
	TrackingNumber *string  `json:"tracking_number"`
}

// BillingDetails are what the payer said about themselves.
type BillingDetails struct {
	Address Address `json:"address"`
	Email   *string `json:"email"`
	Name    *string `json:"name"`
	Phone   *string `json:"phone"`
	TaxID   *string `json:"tax_id"`
}

func readAddress(p *params) *Address {
	if p == nil || p.leaf && p.value == "" {
		return nil
	}
	return &Address{
		City: p.text("city"), Country: p.text("country"), Line1: p.text("line1"), Line2: p.text("line2"),
		PostalCode: p.text("postal_code"), State: p.text("state"),
	}
}

func readShipping(p *params) *Shipping {
	if p == nil || p.leaf && p.value == "" {
		return nil
	}
	return &Shipping{
		Address: readAddress(p.at("address")), Carrier: p.text("carrier"), Name: p.text("name"),
		Phone: p.text("phone"), TrackingNumber: p.text("tracking_number"),
	}
}

func readBilling(p *params) BillingDetails {
	var out BillingDetails
	if p == nil {
		return out
	}
	if a := readAddress(p.at("address")); a != nil {
		out.Address = *a
	}
	out.Email, out.Name, out.Phone, out.TaxID = p.text("email"), p.text("name"), p.text("phone"), p.text("tax_id")
	return out
}

// mergeBilling lays newer details over older ones.
func mergeBilling(old BillingDetails, p *params) BillingDetails {
	next := readBilling(p)
	pick := func(a, b *string) *string {
		if b != nil {
			return b
		}
		return a
	}
	out := BillingDetails{Email: pick(old.Email, next.Email), Name: pick(old.Name, next.Name), Phone: pick(old.Phone, next.Phone), TaxID: pick(old.TaxID, next.TaxID)}
	a, b := old.Address, next.Address
	out.Address = Address{
		City: pick(a.City, b.City), Country: pick(a.Country, b.Country), Line1: pick(a.Line1, b.Line1),
		Line2: pick(a.Line2, b.Line2), PostalCode: pick(a.PostalCode, b.PostalCode), State: pick(a.State, b.State),
	}
	return out
}

// set copies a sent text into a field; an empty one clears it.
func set(field **string, p *params, names ...string) {
	if p.has(names...) {
		*field = p.text(names...)
	}
}

// application is the platform's Connect application.
const application = "ca_SandboxApplication"
