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
	kindDispute       = "dispute"
	kindEndpoint      = "webhook_endpoint"
	kindEvent         = "event"
	kindIntent        = "payment_intent"
	kindMandate       = "mandate"
	kindMethod        = "payment_method"
	kindPrice         = "price"
	kindProduct       = "product"
	kindPromotion     = "promotion_code"
	kindRefund        = "refund"
	kindSetup         = "setup_intent"
	kindSource        = "source"
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

// mergeMetadata applies Stripe's rule: sent keys replace, empty values remove a key, an empty metadata removes all.
// The result is a new map. See https://docs.stripe.com/api/metadata.
func mergeMetadata(old map[string]string, p *params) map[string]string {
	out := make(map[string]string, len(old))
	if !p.unset("metadata") {
		for k, v := range old {
			out[k] = v
		}
	}
	for _, m := range p.members("metadata") {
		key := m.path[len("metadata[") : len(m.path)-1]
		if m.value == "" {
			delete(out, key)
			continue
		}
		out[key] = m.value
	}
	return out
}

const (
	maxMetadataKeys  = 50
	maxMetadataKey   = 40
	maxMetadataValue = 500
)

// checkMetadata enforces Stripe's limits on metadata.
func checkMetadata(p *params) error {
	sent := p.members("metadata")
	if len(sent) > maxMetadataKeys {
		return malformed("", "metadata", "You may only set up to %d metadata keys on an object.", maxMetadataKeys)
	}
	for _, m := range sent {
		key := m.path[len("metadata[") : len(m.path)-1]
		if len(key) > maxMetadataKey {
			return malformed("", "metadata", "Metadata keys must be at most %d characters long: '%s'", maxMetadataKey, key)
		}
		if len([]rune(m.value)) > maxMetadataValue {
			return malformed("", m.path, "Metadata values can have up to %d characters, but you passed in a value that is %d characters. Invalid value: %s", maxMetadataValue, len([]rune(m.value)), m.value)
		}
	}
	return nil
}

// set copies a sent text into a field; an empty one clears it.
func set(field **string, p *params, names ...string) {
	if p.has(names...) {
		*field = p.text(names...)
	}
}
