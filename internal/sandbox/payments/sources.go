package payments

import (
	"cmp"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// Source is a card of the older Sources API
// (https://docs.stripe.com/api/cards/object), kept on a customer.
type Source struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	AddressCity       *string           `json:"address_city"`
	AddressCountry    *string           `json:"address_country"`
	AddressLine1      *string           `json:"address_line1"`
	AddressLine1Check *string           `json:"address_line1_check"`
	AddressLine2      *string           `json:"address_line2"`
	AddressState      *string           `json:"address_state"`
	AddressZip        *string           `json:"address_zip"`
	AddressZipCheck   *string           `json:"address_zip_check"`
	AllowRedisplay    string            `json:"allow_redisplay"`
	Brand             string            `json:"brand"`
	Country           string            `json:"country"`
	Customer          *string           `json:"customer"`
	CvcCheck          *string           `json:"cvc_check"`
	DynamicLast4      *string           `json:"dynamic_last4"`
	ExpMonth          int64             `json:"exp_month"`
	ExpYear           int64             `json:"exp_year"`
	Fingerprint       string            `json:"fingerprint"`
	Funding           string            `json:"funding"`
	Last4             string            `json:"last4"`
	Metadata          map[string]string `json:"metadata"`
	Name              *string           `json:"name"`
	RegulatedStatus   string            `json:"regulated_status"`
	Tokenization      *string           `json:"tokenization_method"`
	Wallet            any               `json:"wallet"`

	private sourcePrivate
}

// sourcePrivate is what the sandbox knows about a source and never sends.
type sourcePrivate struct {
	Card string `json:"card,omitempty"` // its key in the table of test cards
}

func (o *Source) ObjectID() string   { return o.ID }
func (o *Source) ObjectKind() string { return api.KindSource }
func (o *Source) Parents() []string  { return ParentsOf(o.Customer) }
func (o *Source) Secrets() any       { return &o.private }

// asMethod returns the source as the payment method that it is, too, with the
// same ID: https://docs.stripe.com/payments/payment-methods/transitioning.
func (o *Source) asMethod() *PaymentMethod {
	pm := &PaymentMethod{
		ID:             o.ID,
		Object:         api.KindMethod,
		AllowRedisplay: o.AllowRedisplay,
		BillingDetails: api.BillingDetails{Name: o.Name, Address: api.Address{
			City:       o.AddressCity,
			Country:    o.AddressCountry,
			Line1:      o.AddressLine1,
			Line2:      o.AddressLine2,
			PostalCode: o.AddressZip,
			State:      o.AddressState,
		}},
		Customer: o.Customer,
		Metadata: o.Metadata,
		Type:     "card",
	}

	cd, ok := testcards.Cards()[o.private.Card]
	if !ok { // an older state file has no key
		cd = &testcards.Card{
			Number:   o.Last4,
			Brand:    strings.ToLower(o.Brand),
			Funding:  o.Funding,
			Country:  o.Country,
			Networks: []string{strings.ToLower(o.Brand)},
		}
	}

	pm.Card = newMethodCard(cd, o.ExpMonth, o.ExpYear)
	pm.Card.Fingerprint = o.Fingerprint
	pm.Card.Checks.CvcCheck = o.CvcCheck
	pm.private.Card, pm.private.Ready = o.private.Card, true
	if o.CvcCheck != nil {
		pm.private.CVCCheck = *o.CvcCheck
	}

	return pm
}

// Method returns a payment method: one of the PaymentMethods API, or a card
// that was saved as a source.
func (c *Call) Method(id string) (*PaymentMethod, bool) {
	if pm, ok := memory.Find[*PaymentMethod](c.Tx, id); ok {
		return pm, true
	}

	src, ok := memory.Find[*Source](c.Tx, id)
	if !ok {
		return nil, false
	}

	return src.asMethod(), true
}

// describe sets what a card's number says of it.
func (o *Source) describe(cd *testcards.Card) {
	o.Brand, o.Country, o.Funding = brandNames[cd.Brand], cd.Country, cd.Funding
	o.Fingerprint, o.Last4 = fingerprint(cd.Number), cd.Number[len(cd.Number)-4:]
	o.RegulatedStatus = "unregulated"
	o.private.Card = cd.Key
}

// brandNames are the brands of cards as the Tokens and Sources APIs spell them.
var brandNames = map[string]string{
	"visa":       "Visa",
	"mastercard": "MasterCard",
	"amex":       "American Express",
	"discover":   "Discover",
	"diners":     "Diners Club",
	"jcb":        "JCB",
	"unionpay":   "UnionPay",
}

// addSource stores the card of a token as a customer's source. A customer's
// first source becomes the default.
func (c *Call) addSource(customer, token string) (*Source, error) {
	cus, err := c.customer(customer, "customer")
	if err != nil {
		return nil, err
	}

	src, cd, err := c.cardOfToken(token, "source")
	if err != nil {
		return nil, err
	}

	if cd.Code != "" && !cd.Attaches {
		return nil, declineOnFile(cd.Declines())
	}

	src.Object, src.AllowRedisplay, src.Customer = "card", "unspecified", &cus.ID
	src.CvcCheck = new(cmp.Or(cd.CVC, "pass"))
	src.Metadata = wire.MergeMetadata(nil, c.Params)

	c.Tx.Put(src)
	c.Emit("customer.source.created", src)

	if cus.DefaultSource == nil {
		next := *cus
		next.DefaultSource = &src.ID
		c.Tx.Put(&next)
		c.EmitUpdate("customer.updated", &next, cus)
	}

	return src, nil
}

func createSource(c *Call) (any, error) {
	if c.Params.String("source") == "" {
		return nil, wire.MissingParam("source")
	}
	return c.addSource(c.ID, c.Params.String("source"))
}

// pathSource returns the customer's source in the path.
func (c *Call) pathSource() (*Source, error) {
	src, ok := memory.Find[*Source](c.Tx, c.Sub)
	if !ok || wire.Deref(src.Customer) != c.ID {
		return nil, wire.NotFound("source", c.Sub)
	}
	return src, nil
}

func retrieveSource(c *Call) (any, error) { return c.pathSource() }

func updateSource(c *Call) (any, error) {
	prev, err := c.pathSource()
	if err != nil {
		return nil, err
	}

	next := *prev
	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)
	api.SetText(&next.Name, c.Params, "name")
	api.SetText(&next.AddressLine1, c.Params, "address_line1")
	api.SetText(&next.AddressLine2, c.Params, "address_line2")
	api.SetText(&next.AddressCity, c.Params, "address_city")
	api.SetText(&next.AddressState, c.Params, "address_state")
	api.SetText(&next.AddressZip, c.Params, "address_zip")
	api.SetText(&next.AddressCountry, c.Params, "address_country")

	if c.Params.Has("exp_month") {
		next.ExpMonth = c.Params.Int("exp_month")
	}

	if c.Params.Has("exp_year") {
		next.ExpYear = c.Params.Int("exp_year")
	}

	c.Tx.Put(&next)
	c.EmitUpdate("customer.source.updated", &next, prev)
	return &next, nil
}

func deleteSource(c *Call) (any, error) {
	src, err := c.pathSource()
	if err != nil {
		return nil, err
	}

	c.Tx.Remove(src.ID)
	c.Emit("customer.source.deleted", src)

	if cus, ok := memory.Find[*Customer](c.Tx, c.ID); ok && wire.Deref(cus.DefaultSource) == src.ID {
		next := *cus
		next.DefaultSource = nil
		c.Tx.Put(&next)
	}

	return &api.DeletedObject{ID: src.ID, Object: "card", Deleted: true}, nil
}

func listSources(c *Call) (any, error) {
	if _, err := api.PathObject[*Customer](c.API(), api.KindCustomer); err != nil {
		return nil, err
	}

	kind := api.Equals(c.Params, "object")
	return api.Page(c.API(), api.KindSource, c.ID, func(src *Source) bool { return kind(src.Object) })
}
