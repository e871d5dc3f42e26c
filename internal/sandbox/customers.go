package sandbox

// Customer is https://docs.stripe.com/api/customers/object.
type Customer struct {
	ID                  string            `json:"id"`
	Object              string            `json:"object"`
	Address             *Address          `json:"address"`
	Balance             int64             `json:"balance"`
	Created             int64             `json:"created"`
	Currency            *string           `json:"currency"`
	DefaultSource       *string           `json:"default_source"`
	Delinquent          bool              `json:"delinquent"`
	Description         *string           `json:"description"`
	Discount            any               `json:"discount"`
	Email               *string           `json:"email"`
	InvoicePrefix       string            `json:"invoice_prefix"`
	InvoiceSettings     InvoiceSettings   `json:"invoice_settings"`
	Livemode            bool              `json:"livemode"`
	Metadata            map[string]string `json:"metadata"`
	Name                *string           `json:"name"`
	NextInvoiceSequence int64             `json:"next_invoice_sequence"`
	Phone               *string           `json:"phone"`
	PreferredLocales    []string          `json:"preferred_locales"`
	Shipping            *Shipping         `json:"shipping"`
	TaxExempt           string            `json:"tax_exempt"`
	TestClock           *string           `json:"test_clock"`
}

// InvoiceSettings hold the customer's default payment method.
type InvoiceSettings struct {
	CustomFields         any     `json:"custom_fields"`
	DefaultPaymentMethod *string `json:"default_payment_method"`
	Footer               *string `json:"footer"`
	RenderingOptions     any     `json:"rendering_options"`
}

func (o *Customer) objectID() string   { return o.ID }
func (o *Customer) objectKind() string { return kindCustomer }
func (o *Customer) parents() []string  { return nil }

func createCustomer(c *call) (any, error) {
	cus := &Customer{
		ID: newShortID("cus"), Object: kindCustomer, Created: c.now.Unix(), InvoicePrefix: randomText(8),
		Metadata: mergeMetadata(nil, c.p), NextInvoiceSequence: 1, PreferredLocales: []string{}, TaxExempt: "none",
	}
	c.fillCustomer(cus)
	standard := deref(cus.InvoiceSettings.DefaultPaymentMethod)
	cus.InvoiceSettings.DefaultPaymentMethod = nil // it can only be one that is attached below
	c.tx.put(cus)
	c.emit("customer.created", cus)
	if name := c.p.str("payment_method"); name != "" {
		pm, err := c.attach(name, cus.ID, "payment_method")
		if err != nil {
			return nil, err
		}
		if standard == name || standard == pm.ID {
			with := *cus
			with.InvoiceSettings.DefaultPaymentMethod = &pm.ID
			cus, standard = &with, ""
			c.tx.put(cus)
		}
	}
	if standard != "" {
		return nil, noMethodOf(standard)
	}
	if source := c.p.str("source"); source != "" {
		if _, err := c.addSource(cus.ID, source); err != nil {
			return nil, err
		}
		cus, _ = find[*Customer](c.tx, cus.ID)
	}
	return cus, nil
}

func noMethodOf(id string) error {
	return invalid("resource_missing", "invoice_settings[default_payment_method]", "The customer does not have a payment method with the ID %s. The payment method must be attached to the customer.", id)
}

// fillCustomer copies what was sent into a fresh copy of a customer.
func (c *call) fillCustomer(cus *Customer) {
	p := c.p
	set(&cus.Description, p, "description")
	set(&cus.Email, p, "email")
	set(&cus.Name, p, "name")
	set(&cus.Phone, p, "phone")
	set(&cus.DefaultSource, p, "default_source")
	set(&cus.TestClock, p, "test_clock")
	set(&cus.InvoiceSettings.DefaultPaymentMethod, p, "invoice_settings", "default_payment_method")
	if p.has("address") {
		cus.Address = readAddress(p.at("address"))
	}
	if p.has("shipping") {
		cus.Shipping = readShipping(p.at("shipping"))
	}
	if p.has("balance") {
		cus.Balance = p.num("balance")
	}
	if locales := p.strs("preferred_locales"); len(locales) > 0 {
		cus.PreferredLocales = locales
	}
	if v := p.str("tax_exempt"); v != "" {
		cus.TaxExempt = v
	}
}

// customer finds a living customer named by a parameter.
func (c *call) customer(id, param string) (*Customer, error) {
	cus, ok := find[*Customer](c.tx, id)
	if !ok {
		return nil, noSuch(kindCustomer, param, id)
	}
	return cus, nil
}

// sentCustomer finds the customer that a call has to name.
func (c *call) sentCustomer() (*Customer, error) {
	if c.p.str("customer") == "" {
		return nil, missingParam("customer")
	}
	return c.customer(c.p.str("customer"), "customer")
}

func retrieveCustomer(c *call) (any, error) {
	if gone, ok := find[*DeletedObject](c.tx, c.id); ok && gone.Object == kindCustomer {
		return gone, nil
	}
	return pathObject[*Customer](c, kindCustomer)
}

func updateCustomer(c *call) (any, error) {
	old, err := pathObject[*Customer](c, kindCustomer)
	if err != nil {
		return nil, err
	}
	next := *old
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	if pm := c.p.str("invoice_settings", "default_payment_method"); pm != "" {
		method, ok := find[*PaymentMethod](c.tx, pm)
		if !ok || deref(method.Customer) != old.ID {
			return nil, noMethodOf(pm)
		}
	}
	c.fillCustomer(&next)
	c.tx.put(&next)
	c.emitUpdate("customer.updated", &next, old)
	return &next, nil
}

func deleteCustomer(c *call) (any, error) {
	cus, err := pathObject[*Customer](c, kindCustomer)
	if err != nil {
		return nil, err
	}
	c.endAll(cus.ID)
	for _, pm := range children[*PaymentMethod](c.tx, kindMethod, cus.ID) {
		c.detach(pm)
	}
	gone := &DeletedObject{ID: cus.ID, Object: kindCustomer, Deleted: true}
	c.tx.remove(cus.ID)
	c.tx.put(gone)
	c.emit("customer.deleted", cus)
	return gone, nil
}

func listCustomers(c *call) (any, error) {
	created, email := createdFilter(c.p), c.p.str("email")
	return page(c, kindCustomer, "", func(cus *Customer) bool {
		return created(cus.Created) && (email == "" || deref(cus.Email) == email)
	})
}
