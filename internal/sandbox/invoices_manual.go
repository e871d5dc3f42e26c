package sandbox

import "time"

// createInvoice is POST /v1/invoices: a draft outside of subscriptions. See https://docs.stripe.com/api/invoices/create.
func createInvoice(c *call) (any, error) {
	if err := c.refuseOnInvoices("subscription", "number", "from_invoice"); err != nil {
		return nil, err
	}
	cus, err := c.sentCustomer()
	if err != nil {
		return nil, err
	}
	cur, err := c.invoiceCurrency(cus)
	if err != nil {
		return nil, err
	}
	inv := c.newInvoice(cus, cur, "manual")
	inv.AutoAdvance, inv.Metadata = false, mergeMetadata(nil, c.p)
	if err := c.fillInvoice(inv); err != nil {
		return nil, err
	}
	if c.p.str("pending_invoice_items_behavior") == "include" {
		inv.setLines(c.sweep(inv))
	}
	c.tx.put(inv)
	c.emit("invoice.created", inv)
	if inv.AutomaticallyFinalizesAt != nil {
		planFinalize(c.onBillingDay, inv)
	}
	return inv, nil
}

// refuseOnInvoices answers 501 for parameters that would change what an invoice asks for or how.
func (c *call) refuseOnInvoices(more ...string) error {
	names := append(more, "application_fee_amount", "automatically_finalizes_at", "custom_fields", "default_source",
		"default_tax_rates", "discounts", "effective_at", "issuer", "on_behalf_of", "rendering", "shipping_cost",
		"shipping_details", "transfer_data")
	for _, name := range names {
		if c.p.has(name) && !c.p.unset(name) {
			return notSimulated(name)
		}
	}
	if c.p.flag("automatic_tax", "enabled") {
		return notSimulated("automatic_tax[enabled]")
	}
	return nil
}

// invoiceCurrency is the one that the call names, the one of what waits for the customer, or the account's.
func (c *call) invoiceCurrency(cus *Customer) (string, error) {
	if c.p.str("currency") != "" {
		return c.currencyOf()
	}
	for _, item := range children[*InvoiceItem](c.tx, kindInvoiceItem, cus.ID) {
		if item.Invoice == nil && item.Subscription == nil {
			return item.Currency, nil
		}
	}
	return "usd", nil
}

// fillInvoice copies the parameters that create and update share.
func (c *call) fillInvoice(inv *Invoice) error {
	set(&inv.Description, c.p, "description")
	set(&inv.Footer, c.p, "footer")
	set(&inv.StatementDescriptor, c.p, "statement_descriptor")
	if id := c.p.str("default_payment_method"); id != "" {
		pm, ok := find[*PaymentMethod](c.tx, id)
		if !ok || deref(pm.Customer) != inv.Customer {
			return invalid("resource_missing", "default_payment_method", "The customer does not have a payment method with the ID %s. The payment method must be attached to the customer.", id)
		}
		inv.DefaultPaymentMethod = &id
	}
	if types := c.p.strs("payment_settings", "payment_method_types"); len(types) > 0 {
		probe := &PaymentIntent{Currency: inv.Currency}
		for i, kind := range types {
			if err := c.supports(probe, kind, i); err != nil {
				return err
			}
		}
		inv.PaymentSettings.PaymentMethodTypes = types
	}
	if err := c.fillDueDate(inv); err != nil {
		return err
	}
	c.fillAdvance(inv)
	return nil
}

func (c *call) fillDueDate(inv *Invoice) error {
	if how := c.p.str("collection_method"); how != "" {
		inv.CollectionMethod = how
	}
	sends := inv.CollectionMethod == "send_invoice"
	switch dated := c.p.str("due_date") != "" || c.p.str("days_until_due") != ""; {
	case dated && !sends:
		return invalid("", "", "You can only specify 'due_date' or 'days_until_due' if invoice collection method is 'send_invoice'.")
	case c.p.str("due_date") != "":
		inv.DueDate = new(c.p.num("due_date"))
	case dated:
		inv.DueDate = new(inv.Created + c.p.num("days_until_due")*int64(24*time.Hour/time.Second))
	case sends && inv.DueDate == nil:
		return invalid("", "", "If invoice collection method is 'send_invoice', you must specify 'due_date' or 'days_until_due'.")
	}
	return nil
}

// fillAdvance switches on or off that the draft finalizes itself after its hour.
func (c *call) fillAdvance(inv *Invoice) {
	if !c.p.has("auto_advance") {
		return
	}
	inv.AutoAdvance, inv.AutomaticallyFinalizesAt, inv.NextPaymentAttempt = c.p.flag("auto_advance"), nil, nil
	if !inv.AutoAdvance || inv.Status != invoiceDraft {
		return
	}
	due := time.Unix(inv.Created, 0).Add(draftTime).Unix()
	inv.AutomaticallyFinalizesAt = &due
	if inv.CollectionMethod == "charge_automatically" {
		inv.NextPaymentAttempt = &due
	}
}

// updateInvoice is POST /v1/invoices/{id}: a finalized invoice takes metadata and how it is collected, no more.
func updateInvoice(c *call) (any, error) {
	old, err := pathObject[*Invoice](c, kindInvoice)
	if err != nil {
		return nil, err
	}
	if err := c.refuseOnInvoices("number"); err != nil {
		return nil, err
	}
	for _, name := range c.p.keys() {
		if old.Status != invoiceDraft && !containsWord("metadata expand auto_advance default_payment_method payment_settings", name) {
			return nil, invalid("", name, "Finalized invoices can't be updated in this way")
		}
	}
	next := *old
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	if err := c.fillInvoice(&next); err != nil {
		return nil, err
	}
	c.tx.put(&next)
	c.emitUpdate("invoice.updated", &next, old)
	if next.AutomaticallyFinalizesAt != nil && old.AutomaticallyFinalizesAt == nil {
		planFinalize(c.onBillingDay, &next)
	}
	return &next, nil
}

// deleteInvoice is DELETE /v1/invoices/{id}; only drafts outside of subscriptions go.
func deleteInvoice(c *call) (any, error) {
	inv, err := pathObject[*Invoice](c, kindInvoice)
	switch {
	case err != nil:
		return nil, err
	case inv.Status != invoiceDraft:
		return nil, invalid("", "", "You can only delete draft invoices.")
	case inv.Subscription != nil:
		return nil, invalid("", "", "You can't delete invoices created by subscriptions.")
	}
	c.tx.remove(inv.ID)
	c.emit("invoice.deleted", inv)
	return &DeletedObject{ID: inv.ID, Object: kindInvoice, Deleted: true}, nil
}

// sendInvoice is POST /v1/invoices/{id}/send. No e-mail leaves; the event is what there is of it.
func sendInvoice(c *call) (any, error) {
	inv, err := pathObject[*Invoice](c, kindInvoice)
	if err != nil {
		return nil, err
	}
	if inv.Status == invoiceDraft {
		inv = c.finalize(inv)
	} else if inv.Status != invoiceOpen {
		return nil, invalid("", "", "This invoice cannot be sent right now. Please contact us via https://support.stripe.com/contact with details, so we can help.")
	}
	c.emit("invoice.sent", inv)
	return inv, nil
}
