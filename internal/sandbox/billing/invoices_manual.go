package billing

import (
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// createInvoice is POST /v1/invoices: a draft outside of subscriptions. See
// https://docs.stripe.com/api/invoices/create.
func createInvoice(c *call) (any, error) {
	if err := c.refuseInvoiceParams("subscription", "number", "from_invoice"); err != nil {
		return nil, err
	}

	cus, err := c.SentCustomer()
	if err != nil {
		return nil, err
	}

	cur, err := c.invoiceCurrency(cus)
	if err != nil {
		return nil, err
	}

	inv := c.newInvoice(cus, cur, "manual")
	inv.AutoAdvance, inv.Metadata = false, wire.MergeMetadata(nil, c.Params)

	if err := c.fillInvoice(inv); err != nil {
		return nil, err
	}

	if c.Params.String("pending_invoice_items_behavior") == "include" {
		inv.setLines(c.takePendingItems(inv))
	}

	c.Tx.Put(inv)
	c.Emit("invoice.created", inv)

	if inv.AutomaticallyFinalizesAt != nil {
		scheduleFinalize(c.onSchedule, inv)
	}

	return inv, nil
}

// refuseInvoiceParams answers 501 for parameters that would change what an invoice
// asks for or how.
func (c *call) refuseInvoiceParams(more ...string) error {
	names := append(more, "application_fee_amount", "automatically_finalizes_at", "custom_fields", "default_source",
		"default_tax_rates", "discounts", "effective_at", "issuer", "on_behalf_of", "rendering", "shipping_cost",
		"shipping_details", "transfer_data")
	for _, name := range names {
		if c.Params.Has(name) && !c.Params.Unset(name) {
			return notSimulated(name)
		}
	}

	if c.Params.Bool("automatic_tax", "enabled") {
		return notSimulated("automatic_tax[enabled]")
	}

	return nil
}

// invoiceCurrency is the one that the call names, the one of what waits for the
// customer, or the account's.
func (c *call) invoiceCurrency(cus *payments.Customer) (string, error) {
	if c.Params.String("currency") != "" {
		return c.CurrencyOf()
	}
	for _, item := range memory.Children[*InvoiceItem](c.Tx, api.KindInvoiceItem, cus.ID) {
		if item.Invoice == nil && item.Subscription == nil {
			return item.Currency, nil
		}
	}
	return "usd", nil
}

// fillInvoice copies the parameters that create and update share.
func (c *call) fillInvoice(inv *Invoice) error {
	api.SetText(&inv.Description, c.Params, "description")
	api.SetText(&inv.Footer, c.Params, "footer")
	api.SetText(&inv.StatementDescriptor, c.Params, "statement_descriptor")

	if id := c.Params.String("default_payment_method"); id != "" {
		pm, ok := memory.Find[*payments.PaymentMethod](c.Tx, id)
		if !ok || wire.Deref(pm.Customer) != inv.Customer {
			return wire.Invalid("resource_missing", "default_payment_method",
				"The customer does not have a payment method with the ID %s. The payment method must be "+
					"attached to the customer.",
				id)
		}

		inv.DefaultPaymentMethod = &id
	}

	if types := c.Params.Strings("payment_settings", "payment_method_types"); len(types) > 0 {
		probe := &payments.PaymentIntent{Currency: inv.Currency}
		for _, kind := range types {
			if err := c.Supports(probe, kind); err != nil {
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
	if how := c.Params.String("collection_method"); how != "" {
		inv.CollectionMethod = how
	}

	sends := inv.CollectionMethod == "send_invoice"
	switch dated := c.Params.String("due_date") != "" || c.Params.String("days_until_due") != ""; {
	case dated && !sends:
		return wire.Invalid("", "",
			"You can only specify 'due_date' or 'days_until_due' if invoice collection method is 'send_invoice'.")
	case c.Params.String("due_date") != "":
		inv.DueDate = new(c.Params.Int("due_date"))
	case dated:
		inv.DueDate = new(inv.Created + c.Params.Int("days_until_due")*int64(24*time.Hour/time.Second))
	case sends && inv.DueDate == nil:
		return wire.Invalid("", "",
			"If invoice collection method is 'send_invoice', you must specify 'due_date' or 'days_until_due'.")
	}

	return nil
}

// fillAdvance switches on or off that the draft finalizes itself after its
// hour.
func (c *call) fillAdvance(inv *Invoice) {
	if !c.Params.Has("auto_advance") {
		return
	}

	inv.AutoAdvance = c.Params.Bool("auto_advance")
	inv.AutomaticallyFinalizesAt = nil
	inv.NextPaymentAttempt = nil
	if !inv.AutoAdvance || inv.Status != invoiceDraft {
		return
	}

	due := time.Unix(inv.Created, 0).Add(draftPeriod).Unix()
	inv.AutomaticallyFinalizesAt = &due

	if inv.CollectionMethod == "charge_automatically" {
		inv.NextPaymentAttempt = &due
	}
}

// updateInvoice is POST /v1/invoices/{id}: a finalized invoice takes metadata
// and how it is collected, no more.
func updateInvoice(c *call) (any, error) {
	prev, err := api.PathObject[*Invoice](c.API(), api.KindInvoice)
	if err != nil {
		return nil, err
	}
	if err := c.refuseInvoiceParams("number"); err != nil {
		return nil, err
	}

	for _, name := range c.Params.Keys() {
		if prev.Status != invoiceDraft &&
			!api.ContainsWord("metadata expand auto_advance default_payment_method payment_settings", name) {
			return nil, wire.Invalid("", name, "Finalized invoices can't be updated in this way")
		}
	}

	next := *prev
	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)

	if err := c.fillInvoice(&next); err != nil {
		return nil, err
	}

	c.Tx.Put(&next)
	c.EmitUpdate("invoice.updated", &next, prev)

	if next.AutomaticallyFinalizesAt != nil && prev.AutomaticallyFinalizesAt == nil {
		scheduleFinalize(c.onSchedule, &next)
	}

	return &next, nil
}

// deleteInvoice is DELETE /v1/invoices/{id}; only drafts outside of
// subscriptions go.
func deleteInvoice(c *call) (any, error) {
	inv, err := api.PathObject[*Invoice](c.API(), api.KindInvoice)
	switch {
	case err != nil:
		return nil, err
	case inv.Status != invoiceDraft:
		return nil, wire.Invalid("", "", "You can only delete draft invoices.")
	case inv.Subscription != nil:
		return nil, wire.Invalid("", "", "You can't delete invoices created by subscriptions.")
	}

	c.Tx.Remove(inv.ID)
	c.Emit("invoice.deleted", inv)
	return &api.DeletedObject{ID: inv.ID, Object: api.KindInvoice, Deleted: true}, nil
}

// sendInvoice is POST /v1/invoices/{id}/send. No e-mail leaves; the event is
// what there is of it.
func sendInvoice(c *call) (any, error) {
	inv, err := api.PathObject[*Invoice](c.API(), api.KindInvoice)
	if err != nil {
		return nil, err
	}

	if inv.Status == invoiceDraft {
		inv = c.finalize(inv)
	} else if inv.Status != invoiceOpen {
		return nil, wire.Invalid("", "",
			"This invoice cannot be sent right now. Please contact us via "+
				"https://support.stripe.com/contact with details, so we can help.")
	}

	c.Emit("invoice.sent", inv)
	return inv, nil
}
