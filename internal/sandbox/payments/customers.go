package payments

import (
	"cmp"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// Customer is https://docs.stripe.com/api/customers/object.
type Customer struct {
	ID                  string            `json:"id"`
	Object              string            `json:"object"`
	Address             *api.Address      `json:"address"`
	Balance             int64             `json:"balance"`
	Created             int64             `json:"created"`
	Currency            *string           `json:"currency"`
	CustomerAccount     *string           `json:"customer_account"`
	DefaultSource       *string           `json:"default_source"`
	Delinquent          bool              `json:"delinquent"`
	Description         *string           `json:"description"`
	Discount            *api.Record       `json:"discount"`
	Email               *string           `json:"email"`
	InvoicePrefix       string            `json:"invoice_prefix"`
	InvoiceSettings     InvoiceSettings   `json:"invoice_settings"`
	Livemode            bool              `json:"livemode"`
	Metadata            map[string]string `json:"metadata"`
	Name                *string           `json:"name"`
	NextInvoiceSequence int64             `json:"next_invoice_sequence"`
	Phone               *string           `json:"phone"`
	PreferredLocales    []string          `json:"preferred_locales"`
	Shipping            *api.Shipping     `json:"shipping"`
	TaxExempt           string            `json:"tax_exempt"`
	TestClock           *string           `json:"test_clock"`
}

// InvoiceSettings holds the customer's default payment method and what the
// invoices show.
type InvoiceSettings struct {
	CustomFields         []InvoiceField    `json:"custom_fields"`
	DefaultPaymentMethod *string           `json:"default_payment_method"`
	Footer               *string           `json:"footer"`
	RenderingOptions     *InvoiceRendering `json:"rendering_options"`
}

// InvoiceField is a line of text that invoices show.
type InvoiceField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// InvoiceRendering is how invoices look as PDF files.
type InvoiceRendering struct {
	AmountTaxDisplay *string `json:"amount_tax_display"`
	Template         *string `json:"template"`
}

func (o *Customer) ObjectID() string   { return o.ID }
func (o *Customer) ObjectKind() string { return api.KindCustomer }
func (o *Customer) Parents() []string  { return nil }

// CreateCustomer is POST /v1/customers.
func CreateCustomer(c *Call) (any, error) {
	if err := checkEmail(c.Params, "email"); err != nil {
		return nil, err
	}

	cus := &Customer{
		ID:                  wire.NewShortID("cus"),
		Object:              api.KindCustomer,
		Created:             c.Now.Unix(),
		InvoicePrefix:       wire.RandomText(8),
		Metadata:            wire.MergeMetadata(nil, c.Params),
		NextInvoiceSequence: 1,
		PreferredLocales:    []string{},
		TaxExempt:           "none",
	}

	c.fillCustomer(cus)
	if err := c.readDiscount(cus); err != nil {
		return nil, err
	}

	// A new customer has no payment methods: the default can only be the one
	// that this call attaches below.
	defaultID := wire.Deref(cus.InvoiceSettings.DefaultPaymentMethod)
	cus.InvoiceSettings.DefaultPaymentMethod = nil
	c.Tx.Put(cus)
	c.Emit("customer.created", cus)

	if name := c.Params.String("payment_method"); name != "" {
		pm, err := c.attach(name, cus.ID)
		if err != nil {
			return nil, err
		}

		if defaultID == name || defaultID == pm.ID {
			next := *cus
			next.InvoiceSettings.DefaultPaymentMethod = &pm.ID
			cus, defaultID = &next, ""
			c.Tx.Put(cus)
		}
	}

	if defaultID != "" {
		return nil, notAttached(defaultID)
	}

	// card is the older name of source.
	if source := cmp.Or(c.Params.String("source"), c.Params.String("card")); source != "" {
		if _, err := c.addSource(cus.ID, source); err != nil {
			return nil, err
		}

		cus, _ = memory.Find[*Customer](c.Tx, cus.ID)
	}

	return cus, nil
}

// notAttached returns Stripe's refusal of a default payment method that is not
// attached to the customer.
func notAttached(id string) error {
	return wire.Invalid(
		"resource_missing", "invoice_settings[default_payment_method]",
		"The customer does not have a payment method with the ID %s. The payment method must be "+
			"attached to the customer.",
		id,
	)
}

// fillCustomer copies the parameters into a customer that is not stored yet.
func (c *Call) fillCustomer(cus *Customer) {
	p := c.Params
	api.SetText(&cus.Description, p, "description")
	api.SetText(&cus.Email, p, "email")
	api.SetText(&cus.Name, p, "name")
	api.SetText(&cus.Phone, p, "phone")
	api.SetText(&cus.DefaultSource, p, "default_source")
	api.SetText(&cus.TestClock, p, "test_clock")
	api.SetText(&cus.InvoiceSettings.DefaultPaymentMethod, p, "invoice_settings", "default_payment_method")

	if p.Has("address") {
		cus.Address = api.ReadAddress(p.At("address"))
	}

	if p.Has("shipping") {
		cus.Shipping = api.ReadShipping(p.At("shipping"))
	}

	if p.Has("balance") {
		cus.Balance = p.Int("balance")
	}

	if locales := p.Strings("preferred_locales"); len(locales) > 0 {
		cus.PreferredLocales = locales
	}

	if v := p.String("tax_exempt"); v != "" {
		cus.TaxExempt = v
	}

	fillInvoiceSettings(cus, p)
}

// fillInvoiceSettings copies what a customer's invoices will show.
func fillInvoiceSettings(cus *Customer, p *wire.Params) {
	cus.InvoicePrefix = cmp.Or(p.String("invoice_prefix"), cus.InvoicePrefix)
	if p.Has("next_invoice_sequence") {
		cus.NextInvoiceSequence = p.Int("next_invoice_sequence")
	}

	settings := p.At("invoice_settings")
	api.SetText(&cus.InvoiceSettings.Footer, settings, "footer")

	if settings.Has("custom_fields") {
		var fields []InvoiceField
		for _, sent := range settings.Members("custom_fields") {
			fields = append(fields, InvoiceField{Name: sent.String("name"), Value: sent.String("value")})
		}

		cus.InvoiceSettings.CustomFields = fields
	}

	if settings.Has("rendering_options") {
		cus.InvoiceSettings.RenderingOptions = nil
		if sent := settings.At("rendering_options"); !settings.Unset("rendering_options") {
			cus.InvoiceSettings.RenderingOptions = &InvoiceRendering{
				AmountTaxDisplay: sent.Text("amount_tax_display"),
				Template:         sent.Text("template"),
			}
		}
	}
}

// customer returns the customer that a parameter names. A deleted one is not
// found.
func (c *Call) customer(id, param string) (*Customer, error) {
	cus, ok := memory.Find[*Customer](c.Tx, id)
	if !ok {
		return nil, wire.NoSuch(api.KindCustomer, param, id)
	}
	return cus, nil
}

// customerLives returns an error if the customer of an intent was deleted. One
// that was merely dropped from the memory still counts.
func (c *Call) customerLives(id *string) error {
	if _, deleted := memory.Find[*api.DeletedObject](c.Tx, wire.Deref(id)); deleted {
		return wire.NoSuch(api.KindCustomer, "customer", *id)
	}
	return nil
}

// SentCustomer returns the customer that the call's parameters must name.
func (c *Call) SentCustomer() (*Customer, error) {
	if c.Params.String("customer") == "" {
		return nil, wire.MissingParam("customer")
	}
	return c.customer(c.Params.String("customer"), "customer")
}

func retrieveCustomer(c *Call) (any, error) {
	deleted, ok := memory.Find[*api.DeletedObject](c.Tx, c.ID)
	if ok && deleted.Object == api.KindCustomer {
		return deleted, nil
	}

	return api.PathObject[*Customer](c.API(), api.KindCustomer)
}

func updateCustomer(c *Call) (any, error) {
	prev, err := api.PathObject[*Customer](c.API(), api.KindCustomer)
	if err != nil {
		return nil, err
	}

	if err := checkEmail(c.Params, "email"); err != nil {
		return nil, err
	}

	next := *prev
	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)

	if pm := c.Params.String("invoice_settings", "default_payment_method"); pm != "" {
		method, ok := memory.Find[*PaymentMethod](c.Tx, pm)
		if !ok || wire.Deref(method.Customer) != prev.ID {
			return nil, notAttached(pm)
		}
	}

	c.fillCustomer(&next)
	if err := c.readDiscount(&next); err != nil {
		return nil, err
	}

	c.Tx.Put(&next)
	c.EmitUpdate("customer.updated", &next, prev)

	return &next, nil
}

func deleteCustomer(c *Call) (any, error) {
	cus, err := api.PathObject[*Customer](c.API(), api.KindCustomer)
	if err != nil {
		return nil, err
	}

	// Subscriptions end while the customer still has the payment methods.
	c.endAll(cus.ID)
	for _, pm := range memory.Children[*PaymentMethod](c.Tx, api.KindMethod, cus.ID) {
		c.detach(pm)
	}

	deleted := &api.DeletedObject{ID: cus.ID, Object: api.KindCustomer, Deleted: true}
	c.Tx.Remove(cus.ID)
	c.Tx.Put(deleted)
	c.Emit("customer.deleted", cus)

	return deleted, nil
}

func listCustomers(c *Call) (any, error) {
	created, email := api.CreatedFilter(c.Params), c.Params.String("email")

	// Without the parameter, the customers of test clocks are left out.
	clock := c.Params.String("test_clock")
	return api.Page(c.API(), api.KindCustomer, "", func(cus *Customer) bool {
		return created(cus.Created) && clock == wire.Deref(cus.TestClock) &&
			(email == "" || wire.Deref(cus.Email) == email)
	})
}

// ListedCustomer returns the ID of the customer whose objects a list is asked
// for, "" for those of all. A deleted customer still has objects.
func (c *Call) ListedCustomer() (string, error) {
	id := c.Params.String("customer")
	deleted, ok := memory.Find[*api.DeletedObject](c.Tx, id)
	if id == "" || ok && deleted.Object == api.KindCustomer {
		return id, nil
	}

	_, err := c.customer(id, "customer")
	return id, err
}
