package billing

import (
	"cmp"
	"slices"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

func retrieveInvoice(c *call) (any, error) { return api.PathObject[*Invoice](c.API(), api.KindInvoice) }

func listInvoices(c *call) (any, error) {
	created, due := api.CreatedFilter(c.Params), api.TimeFilter(c.Params, "due_date")
	status, method := c.Params.String("status"), c.Params.String("collection_method")
	sub := c.Params.String("subscription")

	customer, err := c.ListedCustomer()
	if err != nil {
		return nil, err
	}

	return api.Page(c.API(), api.KindInvoice, cmp.Or(sub, customer), func(inv *Invoice) bool {
		return created(inv.Created) &&
			(status == "" || status == inv.Status) &&
			(method == "" || method == inv.CollectionMethod) &&
			(customer == "" || customer == inv.Customer) &&
			(!c.Params.Has("due_date") || inv.DueDate != nil && due(*inv.DueDate))
	})
}

// listLines handles GET /v1/invoices/{id}/lines: it pages through the lines of
// one invoice.
func listLines(c *call) (any, error) {
	inv, err := api.PathObject[*Invoice](c.API(), api.KindInvoice)
	if err != nil {
		return nil, err
	}

	limit, err := api.PageLimit(c.Params)
	if err != nil {
		return nil, err
	}

	lines := inv.Lines.Data
	if after := c.Params.String("starting_after"); after != "" {
		last := slices.IndexFunc(lines, func(line *InvoiceLine) bool { return line.ID == after })
		if last < 0 {
			return nil, wire.NoSuch("line_item", "starting_after", after)
		}

		lines = lines[last+1:]
	}

	out := wire.ListOf(lines[:min(limit, len(lines))], c.Request.URL.Path)
	out.HasMore = len(lines) > limit
	return out, nil
}

// finalizeInvoice handles POST /v1/invoices/{id}/finalize:
// https://docs.stripe.com/api/invoices/finalize.
func finalizeInvoice(c *call) (any, error) {
	inv, err := api.PathObject[*Invoice](c.API(), api.KindInvoice)
	if err != nil {
		return nil, err
	}
	if inv.Status != invoiceDraft {
		return nil, wire.Invalid("", "",
			"This invoice is already finalized, you can't re-finalize a non-draft invoice.")
	}
	return c.finalize(inv), nil
}

// voidInvoice handles POST /v1/invoices/{id}/void. An incomplete subscription
// ends with its first invoice.
func voidInvoice(c *call) (any, error) {
	inv, err := openInvoice(c, "void")
	if err != nil {
		return nil, err
	}
	if inv.Status == invoiceOpen && c.isProcessing(inv) {
		return nil, wire.Invalid("", "", "You cannot void an invoice whose payment is being processed.")
	}

	c.void(inv)
	if sub, ok := memory.Find[*Subscription](c.Tx, wire.Deref(inv.Subscription)); ok && sub.Status == subIncomplete {
		c.endIncomplete(sub, Cancellation{})
	}

	return api.PathObject[*Invoice](c.API(), api.KindInvoice)
}

// openInvoice returns the invoice in the path if it is open. It also returns an
// uncollectible one if action is "void".
func openInvoice(c *call, action string) (*Invoice, error) {
	inv, err := api.PathObject[*Invoice](c.API(), api.KindInvoice)
	switch {
	case err != nil:
		return nil, err
	case inv.Status == invoiceOpen || inv.Status == invoiceUncollectible && action == "void":
		return inv, nil
	case inv.Status == invoicePaid && action == "void":
		return nil, wire.Invalid("", "", "Invoices with `paid` payments cannot be voided.")
	}
	return nil, wire.Invalid("", "", "You can only pass in open invoices. This invoice isn't open.")
}

// void voids an invoice and cancels its payment.
func (c *call) void(inv *Invoice) {
	if pi, ok := memory.Find[*payments.PaymentIntent](c.Tx, wire.Deref(inv.PaymentIntent)); ok && !pi.Final() {
		canceled := *pi
		canceled.Status = payments.StatusCanceled
		canceled.CanceledAt = new(c.Now.Unix())
		canceled.CancellationReason = new("void_invoice")
		canceled.NextAction = nil
		c.Tx.Put(&canceled)
		c.Emit("payment_intent.canceled", &canceled)
	}

	next := *inv
	next.Status = invoiceVoid
	next.AutoAdvance = false
	next.NextPaymentAttempt = nil
	next.StatusTransitions.VoidedAt = new(c.Now.Unix())
	c.Tx.Put(&next)
	c.EmitUpdate("invoice.updated", &next, inv)
	c.Emit("invoice.voided", &next)
}

// writeOffInvoice handles POST /v1/invoices/{id}/mark_uncollectible.
func writeOffInvoice(c *call) (any, error) {
	inv, err := openInvoice(c, "write off")
	if err != nil {
		return nil, err
	}

	next := *inv
	next.Status = invoiceUncollectible
	next.AutoAdvance = false
	next.NextPaymentAttempt = nil
	next.StatusTransitions.MarkedUncollectibleAt = new(c.Now.Unix())
	c.Tx.Put(&next)
	c.EmitUpdate("invoice.updated", &next, inv)
	c.Emit("invoice.marked_uncollectible", &next)

	return &next, nil
}

// payInvoice handles POST /v1/invoices/{id}/pay: it charges a saved payment
// method, or records that the invoice was paid outside Stripe.
func payInvoice(c *call) (any, error) {
	inv, err := api.PathObject[*Invoice](c.API(), api.KindInvoice)
	if err != nil {
		return nil, err
	}
	if inv.Status == invoicePaid {
		return nil, wire.Invalid("", "", "Invoice is already paid")
	}

	for _, name := range []string{"mandate", "forgive"} {
		if c.Params.Has(name) {
			return nil, wire.NotSimulated(name)
		}
	}

	if inv.Status == invoiceDraft {
		inv = c.finalize(inv)
	}

	if inv.Status == invoicePaid {
		return inv, nil
	}
	if inv.Status == invoiceVoid {
		return nil, wire.Invalid("", "", "You can only pass in open invoices. This invoice isn't open.")
	}
	if c.Params.Bool("paid_out_of_band") {
		return c.markPaidOutOfBand(inv), nil
	}
	if err := c.payNow(inv); err != nil {
		return nil, err
	}

	return api.PathObject[*Invoice](c.API(), api.KindInvoice)
}

// payNow charges the payment method that the request names, or else the default
// one.
func (c *call) payNow(inv *Invoice) error {
	if c.isProcessing(inv) {
		return wire.Invalid("", "", "The payment of this invoice is being processed.")
	}

	pm := c.invoiceMethod(inv)
	for _, name := range []string{"payment_method", "source"} { // a source is a payment method, too
		if id := c.Params.String(name); id != "" {
			var err error
			if pm, err = c.Usable(id, inv.Customer, name); err != nil {
				return err
			}
		}
	}

	if pm == nil {
		return wire.Invalid("", "",
			"There is no default_payment_method set on this Customer or Invoice. Please set a default_payment_method.")
	}

	offSession := !c.Params.Has("off_session") || c.Params.Bool("off_session")
	pi, err := c.collect(inv, pm, offSession)
	if err == nil && pi != nil && pi.Status == payments.StatusRequiresAction {
		e := wire.CardError("invoice_payment_intent_requires_action", "",
			"This payment requires additional user action before it can be completed successfully. "+
				"Payment can be completed using the PaymentIntent associated with the invoice.")
		e.PaymentIntent = pi
		return e
	}

	return err
}

// markPaidOutOfBand marks an invoice as paid outside Stripe.
func (c *call) markPaidOutOfBand(inv *Invoice) *Invoice {
	if pi, ok := memory.Find[*payments.PaymentIntent](c.Tx, wire.Deref(inv.PaymentIntent)); ok &&
		!pi.Final() && pi.Status != payments.StatusProcessing {
		canceled := *pi
		canceled.Status = payments.StatusCanceled
		canceled.CanceledAt = new(c.Now.Unix())
		canceled.NextAction = nil
		c.Tx.Put(&canceled)
		c.Emit("payment_intent.canceled", &canceled)
	}

	next := *inv
	next.PaidOutOfBand = true
	return c.markPaid(&next, nil)
}
