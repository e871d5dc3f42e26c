package sandbox

import (
	"cmp"
	"slices"
)

func retrieveInvoice(c *call) (any, error) { return pathObject[*Invoice](c, kindInvoice) }

func listInvoices(c *call) (any, error) {
	created, status, method := createdFilter(c.p), c.p.str("status"), c.p.str("collection_method")
	customer, sub, due := c.p.str("customer"), c.p.str("subscription"), timeFilter(c.p, "due_date")
	return page(c, kindInvoice, cmp.Or(sub, customer), func(inv *Invoice) bool {
		return created(inv.Created) && (status == "" || status == inv.Status) && (method == "" || method == inv.CollectionMethod) &&
			(customer == "" || customer == inv.Customer) && (!c.p.has("due_date") || inv.DueDate != nil && due(*inv.DueDate))
	})
}

// listLines pages through the lines of one invoice.
func listLines(c *call) (any, error) {
	inv, err := pathObject[*Invoice](c, kindInvoice)
	if err != nil {
		return nil, err
	}
	limit, err := pageLimit(c.p)
	if err != nil {
		return nil, err
	}
	lines := inv.Lines.Data
	if after := c.p.str("starting_after"); after != "" {
		at := slices.IndexFunc(lines, func(line *InvoiceLine) bool { return line.ID == after })
		if at < 0 {
			return nil, noSuch("line_item", "starting_after", after)
		}
		lines = lines[at+1:]
	}
	out := listOf(lines[:min(limit, len(lines))], c.req.URL.Path)
	out.HasMore = len(lines) > limit
	return out, nil
}

// finalizeInvoice is POST /v1/invoices/{id}/finalize: https://docs.stripe.com/api/invoices/finalize.
func finalizeInvoice(c *call) (any, error) {
	inv, err := pathObject[*Invoice](c, kindInvoice)
	if err != nil {
		return nil, err
	}
	if inv.Status != invoiceDraft {
		return nil, invalid("", "", "This invoice is already finalized, you can't re-finalize a non-draft invoice.")
	}
	return c.finalize(inv), nil
}

// voidInvoice is POST /v1/invoices/{id}/void. Without its first invoice an incomplete subscription is over.
func voidInvoice(c *call) (any, error) {
	inv, err := openInvoice(c, "void")
	if err != nil {
		return nil, err
	}
	if inv.Status == invoiceOpen && c.inProcess(inv) {
		return nil, invalid("", "", "You cannot void an invoice whose payment is being processed.")
	}
	c.void(inv)
	if sub, ok := find[*Subscription](c.tx, deref(inv.Subscription)); ok && sub.Status == subIncomplete {
		c.endIncomplete(sub, Cancellation{})
	}
	return pathObject[*Invoice](c, kindInvoice)
}

// openInvoice finds the invoice of the path while it is open, or also uncollectible for voiding.
func openInvoice(c *call, what string) (*Invoice, error) {
	inv, err := pathObject[*Invoice](c, kindInvoice)
	switch {
	case err != nil:
		return nil, err
	case inv.Status == invoiceOpen || inv.Status == invoiceUncollectible && what == "void":
		return inv, nil
	case inv.Status == invoicePaid && what == "void":
		return nil, invalid("", "", "Invoices with `paid` payments cannot be voided.")
	}
	return nil, invalid("", "", "You can only pass in open invoices. This invoice isn't open.")
}

// void takes back what an invoice asks for and cancels its payment.
func (c *call) void(inv *Invoice) {
	if pi, ok := find[*PaymentIntent](c.tx, deref(inv.PaymentIntent)); ok && !pi.final() {
		gone := *pi
		gone.Status, gone.CanceledAt, gone.CancellationReason, gone.NextAction = canceled, new(c.now.Unix()), new("void_invoice"), nil
		c.tx.put(&gone)
		c.emit("payment_intent.canceled", &gone)
	}
	next := *inv
	next.Status, next.AutoAdvance, next.NextPaymentAttempt = invoiceVoid, false, nil
	next.StatusTransitions.VoidedAt = new(c.now.Unix())
	c.tx.put(&next)
	c.emitUpdate("invoice.updated", &next, inv)
	c.emit("invoice.voided", &next)
}

// writeOffInvoice is POST /v1/invoices/{id}/mark_uncollectible.
func writeOffInvoice(c *call) (any, error) {
	inv, err := openInvoice(c, "write off")
	if err != nil {
		return nil, err
	}
	next := *inv
	next.Status, next.AutoAdvance, next.NextPaymentAttempt = invoiceUncollectible, false, nil
	next.StatusTransitions.MarkedUncollectibleAt = new(c.now.Unix())
	c.tx.put(&next)
	c.emitUpdate("invoice.updated", &next, inv)
	c.emit("invoice.marked_uncollectible", &next)
	return &next, nil
}

// payInvoice is POST /v1/invoices/{id}/pay: an attempt with a saved payment method, or a note that it was paid elsewhere.
func payInvoice(c *call) (any, error) {
	inv, err := pathObject[*Invoice](c, kindInvoice)
	if err != nil {
		return nil, err
	}
	if inv.Status == invoicePaid {
		return nil, invalid("", "", "Invoice is already paid")
	}
	for _, name := range []string{"source", "mandate", "forgive"} {
		if c.p.has(name) {
			return nil, notSimulated(name)
		}
	}
	if inv.Status == invoiceDraft {
		inv = c.finalize(inv)
	}
	if inv.Status == invoicePaid {
		return inv, nil
	}
	if inv.Status == invoiceVoid {
		return nil, invalid("", "", "You can only pass in open invoices. This invoice isn't open.")
	}
	if c.p.flag("paid_out_of_band") {
		return c.payElsewhere(inv), nil
	}
	if err := c.payNow(inv); err != nil {
		return nil, err
	}
	return pathObject[*Invoice](c, kindInvoice)
}

// payNow charges the method that the call names or the default one.
func (c *call) payNow(inv *Invoice) error {
	if c.inProcess(inv) {
		return invalid("", "", "The payment of this invoice is being processed.")
	}
	pm := c.invoiceMethod(inv)
	if id := c.p.str("payment_method"); id != "" {
		var err error
		if pm, err = c.usable(id, inv.Customer, "payment_method"); err != nil {
			return err
		}
	}
	if pm == nil {
		return invalid("", "", "There is no default_payment_method set on this Customer or Invoice. Please set a default_payment_method.")
	}
	offSession := !c.p.has("off_session") || c.p.flag("off_session")
	pi, err := c.collect(inv, pm, offSession)
	if err == nil && pi != nil && pi.Status == needsAction {
		e := cardError("invoice_payment_intent_requires_action", "", "This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice.")
		e.PaymentIntent = pi
		return e
	}
	return err
}

// payElsewhere marks an invoice as paid without Stripe.
func (c *call) payElsewhere(inv *Invoice) *Invoice {
	if pi, ok := find[*PaymentIntent](c.tx, deref(inv.PaymentIntent)); ok && !pi.final() && pi.Status != processing {
		gone := *pi
		gone.Status, gone.CanceledAt, gone.NextAction = canceled, new(c.now.Unix()), nil
		c.tx.put(&gone)
		c.emit("payment_intent.canceled", &gone)
	}
	next := *inv
	next.PaidOutOfBand = true
	return c.markPaid(&next, nil)
}
