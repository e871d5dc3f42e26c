package billing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// draftPeriod is how long an automatic invoice stays a draft:
// https://docs.stripe.com/invoicing/integration/workflow-transitions.
const draftPeriod = time.Hour

// newInvoice returns an empty draft for a customer. It does not store the
// draft.
func (c *call) newInvoice(cus *payments.Customer, currency, reason string) *Invoice {
	now := c.Now.Unix()
	inv := &Invoice{
		ID:                       wire.NewID("in"),
		Object:                   api.KindInvoice,
		AccountCountry:           &c.Server.Config.Country,
		AccountName:              &c.Server.Config.BusinessName,
		Application:              c.Application(),
		AutoAdvance:              true,
		BillingReason:            reason,
		CollectionMethod:         "charge_automatically",
		Created:                  now,
		Currency:                 currency,
		Customer:                 cus.ID,
		CustomFields:             cus.InvoiceSettings.CustomFields,
		CustomerAddress:          cus.Address,
		CustomerEmail:            cus.Email,
		CustomerName:             cus.Name,
		CustomerPhone:            cus.Phone,
		CustomerShipping:         cus.Shipping,
		CustomerTaxExempt:        cus.TaxExempt,
		CustomerTaxIDs:           []any{},
		DefaultTaxRates:          []any{},
		Discounts:                []string{},
		Footer:                   cus.InvoiceSettings.Footer,
		Issuer:                   Issuer{"self"},
		Metadata:                 map[string]string{},
		PeriodEnd:                now,
		PeriodStart:              now,
		StartingBalance:          cus.Balance,
		Status:                   invoiceDraft,
		TestClock:                cus.TestClock,
		TotalDiscountAmounts:     []DiscountAmount{},
		TotalPretaxCreditAmounts: []any{},
		TotalTaxAmounts:          []any{},
	}

	inv.setLines(nil)

	return inv
}

// setLines replaces the lines of an invoice and adds them up. Discounts have to
// be applied again afterwards.
func (o *Invoice) setLines(lines []*InvoiceLine) {
	if lines == nil {
		lines = []*InvoiceLine{}
	}

	o.Lines = LineList{
		Object:     "list",
		Data:       lines,
		TotalCount: len(lines),
		URL:        "/v1/invoices/" + o.ID + "/lines",
	}

	var sum int64
	for i, line := range lines {
		// Stored invoices share their lines: change a copy.
		undiscounted := *line
		undiscounted.DiscountAmounts = []DiscountAmount{}
		lines[i] = &undiscounted
		sum += line.Amount
	}

	o.Subtotal = sum
	o.SubtotalExcludingTax = sum
	o.Total = sum
	o.TotalExcludingTax = sum
	o.setAmountDue(o.StartingBalance)
}

// setAmountDue computes what is due after the customer's balance. A credit is
// used up first; an amount below Stripe's minimum charge moves to the next
// invoice. See https://docs.stripe.com/billing/customer/balance.
func (o *Invoice) setAmountDue(balance int64) {
	o.StartingBalance, o.AmountDue = balance, o.Total+balance
	if o.AmountDue < max(1, api.Minimums[o.Currency]) {
		o.AmountDue = 0
	}
	o.AmountRemaining = o.AmountDue
}

// newSubscriptionInvoice returns an empty draft for a subscription.
func (c *call) newSubscriptionInvoice(sub *Subscription, cus *payments.Customer, reason string) *Invoice {
	inv := c.newInvoice(cus, sub.Currency, reason)
	inv.Subscription, inv.SubscriptionDetails = &sub.ID, &InvoiceSub{Metadata: sub.Metadata}
	inv.PaymentSettings.PaymentMethodTypes = sub.PaymentSettings.PaymentMethodTypes
	inv.PaymentSettings.PaymentMethodOptions = sub.PaymentSettings.PaymentMethodOptions
	inv.OnBehalfOf = sub.OnBehalfOf

	if to := sub.TransferData; to != nil {
		inv.TransferData = &InvoiceTransfer{Destination: to.Destination}
	}

	return inv
}

// subInvoice drafts the invoice of a subscription's current period, including
// what is billed once and the pending invoice items.
func (c *call) subInvoice(sub *Subscription, cus *payments.Customer, reason string, once ...*InvoiceItem) *Invoice {
	inv := c.newSubscriptionInvoice(sub, cus, reason)
	if reason == "subscription_cycle" {
		inv.PeriodStart, inv.PeriodEnd = c.previousPeriodStart(sub), sub.CurrentPeriodStart

		due := c.Now.Add(draftPeriod).Unix()
		inv.AutomaticallyFinalizesAt, inv.NextPaymentAttempt = &due, &due
	}

	lines := append(c.putOnce(inv, once), c.takePendingItems(inv)...)
	for _, item := range sub.Items.Data {
		lines = append(lines, c.subscriptionLine(sub, item, inv))
	}

	inv.setLines(lines)
	inv.applyDiscounts(c.discountsOf(sub, cus))

	return inv
}

// previousPeriodStart returns when the period before the current one began.
func (c *call) previousPeriodStart(sub *Subscription) int64 {
	// sub is not stored yet, so the store still has the previous period.
	if prev, ok := memory.Find[*Subscription](c.Tx, sub.ID); ok {
		return prev.CurrentPeriodStart
	}
	return sub.CurrentPeriodStart
}

// subscriptionLine returns the line of one item for the current period. During
// a trial the item costs nothing.
func (c *call) subscriptionLine(sub *Subscription, item *SubscriptionItem, inv *Invoice) *InvoiceLine {
	unit, sum, text := item.Plan.Amount, item.cost(), c.lineText(item)
	if sub.Status == subTrialing {
		unit, sum, text = 0, 0, "Trial period for "+c.productName(item.Plan.Product)
	}

	line := newLine(inv, sum, text)
	line.Plan = item.Plan
	line.Price = item.Price
	line.Quantity = item.Quantity
	line.Subscription = &sub.ID
	line.SubscriptionItem = item.ID
	line.Metadata = sub.Metadata
	line.Type = api.KindSubscription
	line.UnitAmountExcludingTax = fmt.Sprint(unit)
	line.Period = LinePeriod{Start: sub.CurrentPeriodStart, End: sub.CurrentPeriodEnd}

	return line
}

// newLine returns an invoice line for one unit at the given amount.
func newLine(inv *Invoice, amount int64, text string) *InvoiceLine {
	return &InvoiceLine{
		ID:                     wire.NewID("il"),
		Object:                 "line_item",
		Amount:                 amount,
		AmountExcludingTax:     amount,
		Currency:               inv.Currency,
		Description:            &text,
		DiscountAmounts:        []DiscountAmount{},
		Discountable:           true,
		Discounts:              []string{},
		Invoice:                inv.ID,
		Metadata:               map[string]string{},
		Period:                 LinePeriod{Start: inv.Created, End: inv.Created},
		PretaxCreditAmounts:    []any{},
		Quantity:               1,
		TaxAmounts:             []any{},
		TaxRates:               []any{},
		Type:                   "invoiceitem",
		UnitAmountExcludingTax: fmt.Sprint(amount),
	}
}

// productName returns the name of a product, or its ID if the product is
// unknown.
func (c *call) productName(id string) string {
	if rec, ok := products.Find(c.API(), id); ok {
		return rec.Text("name")
	}
	return id
}

// lineText describes an item as Stripe's invoices do: 1 × Mug (at $10.00 /
// month).
func (c *call) lineText(item *SubscriptionItem) string {
	interval := "/ " + item.Plan.Interval
	if item.Plan.IntervalCount > 1 {
		interval = fmt.Sprintf("every %d %ss", item.Plan.IntervalCount, item.Plan.Interval)
	}
	price := strings.TrimSuffix(api.FormatAmount(item.Plan.Amount, item.Plan.Currency), " "+item.Plan.Currency)
	return fmt.Sprintf("%d × %s (at %s %s)", item.Quantity, c.productName(item.Plan.Product), price, interval)
}

// finalize numbers a draft and opens it. It creates a PaymentIntent if
// something is due; otherwise the invoice is paid at once.
func (c *call) finalize(draft *Invoice) *Invoice {
	next := *draft
	now := c.Now.Unix()
	next.Status = invoiceOpen
	next.StatusTransitions.FinalizedAt = &now
	next.EffectiveAt = &now
	next.WebhooksDeliveredAt = &now
	next.AutomaticallyFinalizesAt, next.NextPaymentAttempt = nil, nil
	next.HostedInvoiceURL = new(c.Base() + "/receipts/" + next.ID)
	next.InvoicePDF = next.HostedInvoiceURL
	c.applyBalance(&next)
	c.applyShares(&next)

	if next.AmountDue > 0 {
		pi := c.invoiceIntent(&next)
		c.Tx.Put(pi)
		c.Emit("payment_intent.created", pi)
		next.PaymentIntent = &pi.ID
	}

	c.Tx.Put(&next)
	c.useUpDiscount(&next)
	c.Emit("invoice.finalized", &next)

	if next.AmountDue > 0 {
		return &next
	}

	return c.markPaid(&next, nil)
}

// applyBalance numbers an invoice and applies the customer's balance to it.
func (c *call) applyBalance(inv *Invoice) {
	cus, ok := memory.Find[*payments.Customer](c.Tx, inv.Customer)
	if !ok {
		return
	}

	inv.setAmountDue(cus.Balance)
	next := *cus
	next.Balance = inv.Total + cus.Balance - inv.AmountDue
	inv.EndingBalance = new(next.Balance)
	inv.Number = new(fmt.Sprintf("%s-%04d", strings.ToUpper(cus.InvoicePrefix), cus.NextInvoiceSequence))
	next.NextInvoiceSequence++
	c.Tx.Put(&next)

	if next.Balance != cus.Balance {
		c.EmitUpdate("customer.updated", &next, cus)
	}
}

// invoiceIntent returns the PaymentIntent of an invoice. For a subscription, it
// saves the payment method for later periods.
func (c *call) invoiceIntent(inv *Invoice) *payments.PaymentIntent {
	id := wire.NewID("pi")
	pi := &payments.PaymentIntent{
		ID:                  id,
		Object:              api.KindIntent,
		Amount:              inv.AmountDue,
		Application:         c.Application(),
		CaptureMethod:       "automatic",
		ConfirmationMethod:  "automatic",
		ClientSecret:        id + "_secret_" + wire.RandomText(25),
		Created:             c.Now.Unix(),
		Currency:            inv.Currency,
		Customer:            &inv.Customer,
		Description:         new("Payment for Invoice"),
		Invoice:             &inv.ID,
		Metadata:            map[string]string{},
		ReceiptEmail:        inv.CustomerEmail,
		StatementDescriptor: inv.StatementDescriptor,
		Status:              payments.StatusRequiresMethod,
		PaymentMethodTypes:  inv.PaymentSettings.PaymentMethodTypes,
		OnBehalfOf:          inv.OnBehalfOf,
	}

	if inv.Subscription != nil {
		pi.Description, pi.SetupFutureUsage = new("Subscription update"), new("off_session")
		if inv.BillingReason == "subscription_create" {
			pi.Description = new("Subscription creation")
		}
	}

	// The customer's credit may leave less to pay than the total of which the
	// shares were computed.
	if fee := inv.ApplicationFeeAmount; fee != nil {
		pi.ApplicationFeeAmount = new(min(*fee, inv.AmountDue))
	}
	if to := inv.TransferData; to != nil {
		pi.TransferData = &payments.TransferData{Destination: to.Destination}
		if to.Amount != nil {
			pi.TransferData.Amount = new(min(*to.Amount, inv.AmountDue))
		}
	}

	if len(pi.PaymentMethodTypes) == 0 {
		pi.PaymentMethodTypes = c.reusableTypes(inv.Currency)
	}

	pi.PaymentMethodOptions = payments.DefaultOptions(pi.PaymentMethodTypes)
	if sent, ok := inv.PaymentSettings.PaymentMethodOptions.(map[string]any); ok {
		pi.PaymentMethodOptions = overlayOptions(pi.PaymentMethodOptions, sent)
	}

	if pm := c.invoiceMethod(inv); pm != nil {
		pi.PaymentMethod, pi.Status = &pm.ID, payments.StatusRequiresConfirmation
	}

	return pi
}

// reusableTypes returns the offered payment methods that can be charged again
// without the buyer.
func (c *call) reusableTypes(cur string) []string {
	return slices.DeleteFunc(c.SavableTypes(payments.DefaultConfiguration(c.Account), true),
		func(kind string) bool { return !payments.TakesCurrency(kind, cur) })
}

// overlayOptions overlays one set of payment method options on another, type by
// type. Types that base does not have are ignored.
func overlayOptions(base, over map[string]any) map[string]any {
	out := maps.Clone(base)
	for kind, v := range over {
		fields, ok := v.(map[string]any)
		baseFields, known := out[kind].(map[string]any)
		if !ok || !known {
			continue
		}

		merged := maps.Clone(baseFields)
		maps.Copy(merged, fields)
		out[kind] = merged
	}

	return out
}
