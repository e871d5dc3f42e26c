package billing

import (
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// createInvoice handles POST /v1/invoices: it creates a draft outside
// subscriptions. See https://docs.stripe.com/api/invoices/create.
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
	inv.Rendering = c.renderingOf(cus)

	if err := c.fillInvoice(inv); err != nil {
		return nil, err
	}

	if c.Params.String("pending_invoice_items_behavior") == "include" {
		inv.setLines(c.takePendingItems(inv))
	}

	// Empty discounts keep the customer's from being inherited.
	if !c.Params.Unset("discounts") {
		inv.applyDiscounts(c.customerDiscount(cus, c.Now.Unix()))
	}

	c.Tx.Put(inv)
	c.Emit("invoice.created", inv)

	if inv.AutomaticallyFinalizesAt != nil {
		scheduleFinalize(c.onSchedule, inv)
	}

	return inv, nil
}

// InvoiceRendering is how the PDF of an invoice looks.
type InvoiceRendering struct {
	AmountTaxDisplay *string `json:"amount_tax_display"`
	PDF              struct {
		PageSize string `json:"page_size"`
	} `json:"pdf"`
	Template        *string `json:"template"`
	TemplateVersion *int64  `json:"template_version"`
}

// renderingOf returns the look of a customer's invoices outside subscriptions.
func (c *call) renderingOf(cus *payments.Customer) *InvoiceRendering {
	out := &InvoiceRendering{}
	out.PDF.PageSize = "auto"
	if c.Server.Config.Country == "US" {
		out.PDF.PageSize = "letter"
	}

	if options := cus.InvoiceSettings.RenderingOptions; options != nil {
		out.AmountTaxDisplay, out.Template = options.AmountTaxDisplay, options.Template
	}

	return out
}

// refuseInvoiceParams returns a 501 error for parameters that the sandbox does
// not simulate, because ignoring them would change what an invoice charges.
func (c *call) refuseInvoiceParams(more ...string) error {
	names := append(more, "application_fee_amount", "automatically_finalizes_at", "custom_fields", "default_source",
		"default_tax_rates", "discounts", "effective_at", "issuer", "on_behalf_of", "rendering", "shipping_cost",
		"shipping_details", "transfer_data")
	for _, name := range names {
		if c.Params.Has(name) && !c.Params.Unset(name) {
			return wire.NotSimulated(name)
		}
	}

	if c.Params.Bool("automatic_tax", "enabled") {
		return wire.NotSimulated("automatic_tax[enabled]")
	}

	return nil
}

// invoiceCurrency returns the currency in the request, or that of the
// customer's pending items, or the account's default.
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

	if c.Params.Unset("account_tax_ids") {
		inv.AccountTaxIDs = nil
	} else if ids := c.Params.Strings("account_tax_ids"); len(ids) > 0 {
		inv.AccountTaxIDs = ids
	}

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

// fillDueDate reads the collection method and the due date, which only sent
// invoices have.
func (c *call) fillDueDate(inv *Invoice) error {
	if method := c.Params.String("collection_method"); method != "" {
		inv.CollectionMethod = method
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

// fillAdvance turns auto_advance on or off. With it, a draft finalizes itself
// after draftPeriod.
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

// updateInvoice handles POST /v1/invoices/{id}. A finalized invoice accepts
// only metadata and how it is collected.
func updateInvoice(c *call) (any, error) {
	prev, err := api.PathObject[*Invoice](c.API(), api.KindInvoice)
	if err != nil {
		return nil, err
	}
	if err := c.refuseInvoiceParams("number"); err != nil {
		return nil, err
	}

	for _, name := range c.Params.Names() {
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

// deleteInvoice handles DELETE /v1/invoices/{id}. Only drafts outside
// subscriptions can be deleted.
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

// sendInvoice handles POST /v1/invoices/{id}/send. The sandbox sends no e-mail;
// it only emits the event.
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
