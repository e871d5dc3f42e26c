package billing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// InvoiceItem is https://docs.stripe.com/api/invoiceitems/object: a charge or
// credit for a coming invoice.
type InvoiceItem struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	Amount            int64             `json:"amount"`
	Currency          string            `json:"currency"`
	Customer          string            `json:"customer"`
	Date              int64             `json:"date"`
	Description       *string           `json:"description"`
	Discountable      bool              `json:"discountable"`
	Discounts         []string          `json:"discounts"`
	Invoice           *string           `json:"invoice"`
	Livemode          bool              `json:"livemode"`
	Metadata          map[string]string `json:"metadata"`
	Period            LinePeriod        `json:"period"`
	Plan              *Plan             `json:"plan"`
	Price             *api.Record       `json:"price"`
	Proration         bool              `json:"proration"`
	Quantity          int64             `json:"quantity"`
	Subscription      *string           `json:"subscription"`
	TaxRates          []any             `json:"tax_rates"`
	TestClock         *string           `json:"test_clock"`
	UnitAmount        int64             `json:"unit_amount"`
	UnitAmountDecimal string            `json:"unit_amount_decimal"`
	SubscriptionItem  string            `json:"subscription_item,omitempty"`
}

func (o *InvoiceItem) ObjectID() string   { return o.ID }
func (o *InvoiceItem) ObjectKind() string { return api.KindInvoiceItem }
func (o *InvoiceItem) Parents() []string  { return payments.ParentsOf(&o.Customer, o.Invoice) }

// createInvoiceItem handles POST /v1/invoiceitems.
func createInvoiceItem(c *call) (any, error) {
	for _, name := range []string{"discounts", "subscription", "tax_rates", "quantity_decimal", "unit_amount_decimal"} {
		if c.Params.Has(name) && !c.Params.Unset(name) {
			return nil, wire.NotSimulated(name)
		}
	}

	cus, err := c.SentCustomer()
	if err != nil {
		return nil, err
	}

	item := &InvoiceItem{
		ID:           wire.NewID("ii"),
		Object:       api.KindInvoiceItem,
		Customer:     cus.ID,
		Date:         c.Now.Unix(),
		Description:  c.Params.Text("description"),
		Discountable: !c.Params.Has("discountable") || c.Params.Bool("discountable"),
		Discounts:    []string{},
		Metadata:     wire.MergeMetadata(nil, c.Params),
		Period:       LinePeriod{Start: c.Now.Unix(), End: c.Now.Unix()},
		Quantity:     1,
		TaxRates:     []any{},
		TestClock:    cus.TestClock,
	}
	if err := c.priceItem(item); err != nil {
		return nil, err
	}

	if id := c.Params.String("invoice"); id != "" {
		if err := c.addToDraft(item, id); err != nil {
			return nil, err
		}
	}

	c.Tx.Put(item)
	c.Emit("invoiceitem.created", item)
	return item, nil
}

// priceItem reads the cost of an item: either an amount, or a price and a
// quantity.
func (c *call) priceItem(item *InvoiceItem) error {
	if c.Params.Has("quantity") {
		item.Quantity = c.Params.Int("quantity")
	}

	price, err := c.oncePrice(c.Params)
	switch {
	case err != nil:
		return err
	case price == nil:
		return c.priceByAmount(item)
	}

	item.Price = price

	unit, cur, err := unitIn(item.Price, strings.ToLower(c.Params.String("currency")), "price")
	if err != nil {
		return err
	}

	item.Currency, item.UnitAmount, item.UnitAmountDecimal = cur, unit, fmt.Sprint(unit)
	item.Amount = unit * packs(item.Price, item.Quantity)
	return nil
}

// priceByAmount creates the one-off price behind an amount, as Stripe does. The
// amount may be negative.
func (c *call) priceByAmount(item *InvoiceItem) error {
	cur, err := c.CurrencyOf()
	if err != nil {
		return err
	}

	unit := c.Params.Int("unit_amount")
	if !c.Params.Has("unit_amount") {
		if c.Params.String("amount") == "" {
			return wire.MissingParam("amount")
		}
		if c.Params.Has("quantity") {
			return wire.Malformed("", "amount", "You may only specify one of these parameters: amount, quantity.")
		}

		unit = c.Params.Int("amount")
	}

	product := api.NewRecord(api.KindProduct, wire.NewShortID("prod"),
		plainProduct(c.Now.Unix(), cmp.Or(wire.Deref(item.Description), "Invoice item")))
	product.Fields["active"], product.Private.Inline = false, true

	// Neither the product nor the price can be used again or listed.
	form := &wire.Params{
		Fields: map[string]*wire.Params{
			"currency":    {Leaf: true, Value: cur},
			"unit_amount": {Leaf: true, Value: fmt.Sprint(unit)},
		},
	}
	if item.Price, err = newPrice(c.API(), form, product.ID); err != nil {
		return err
	}

	item.Price.Fields["active"], item.Price.Private.Inline = false, true
	c.Tx.Put(product)
	c.Tx.Put(item.Price)

	item.Currency = cur
	item.UnitAmount = unit
	item.Amount = unit * item.Quantity
	item.UnitAmountDecimal = fmt.Sprint(unit)

	return nil
}

// addToDraft puts an item on a draft at once instead of leaving it pending.
func (c *call) addToDraft(item *InvoiceItem, invoice string) error {
	inv, ok := memory.Find[*Invoice](c.Tx, invoice)
	switch {
	case !ok || inv.Customer != item.Customer:
		return wire.NoSuch(api.KindInvoice, "invoice", invoice)
	case inv.Status != invoiceDraft:
		return wire.Invalid("invoice_not_editable", "invoice", "Invalid invoice: This invoice is no longer editable")
	case inv.Currency != item.Currency:
		return wire.Invalid("", "currency",
			"The currency of the invoice item (%s) must match the currency of the invoice (%s).",
			item.Currency, inv.Currency)
	}

	next := *inv
	next.setLines(append([]*InvoiceLine{itemLine(&next, item)}, inv.Lines.Data...))
	next.applyDiscounts(c.discountsOn(inv))
	item.Invoice = &inv.ID
	c.Tx.Put(&next)
	c.EmitUpdate("invoice.updated", &next, inv)

	return nil
}

// itemLine returns the invoice line of an invoice item.
func itemLine(inv *Invoice, item *InvoiceItem) *InvoiceLine {
	line := newLine(inv, item.Amount, wire.Deref(item.Description))
	line.Description = item.Description
	line.Discountable = item.Discountable
	line.InvoiceItem = item.ID
	line.Metadata = item.Metadata
	line.Period = item.Period
	line.Price = item.Price
	line.Quantity = item.Quantity
	line.UnitAmountExcludingTax = item.UnitAmountDecimal
	line.Plan = item.Plan
	line.Proration = item.Proration
	line.Subscription = item.Subscription
	line.SubscriptionItem = item.SubscriptionItem
	return line
}

// takePendingItems assigns the customer's pending items to the invoice and
// returns their lines, newest first. It skips items of other subscriptions and
// currencies.
func (c *call) takePendingItems(inv *Invoice) []*InvoiceLine {
	var lines []*InvoiceLine
	for _, item := range memory.Children[*InvoiceItem](c.Tx, api.KindInvoiceItem, inv.Customer) {
		otherSub := item.Subscription != nil && *item.Subscription != wire.Deref(inv.Subscription)
		if item.Invoice != nil || item.Currency != inv.Currency || otherSub {
			continue
		}

		taken := *item
		taken.Invoice = &inv.ID
		c.Tx.Put(&taken)
		c.EmitUpdate("invoiceitem.updated", &taken, item)
		lines = append(lines, itemLine(inv, item))
	}

	slices.Reverse(lines)
	return lines
}

func retrieveInvoiceItem(c *call) (any, error) {
	return api.PathObject[*InvoiceItem](c.API(), "Invoice Item")
}

func listInvoiceItems(c *call) (any, error) {
	created, pending := api.CreatedFilter(c.Params), c.Params.String("pending")
	invoice := c.Params.String("invoice")

	customer, err := c.ListedCustomer()
	if err != nil {
		return nil, err
	}

	return api.Page(c.API(), api.KindInvoiceItem, cmp.Or(invoice, customer), func(item *InvoiceItem) bool {
		return created(item.Date) && (customer == "" || item.Customer == customer) &&
			(pending == "" || wire.IsTrue(pending) == (item.Invoice == nil))
	})
}

// updateInvoiceItem handles POST /v1/invoiceitems/{id}. It changes only what
// does not affect the amount.
func updateInvoiceItem(c *call) (any, error) {
	prev, err := api.PathObject[*InvoiceItem](c.API(), "Invoice Item")
	if err != nil {
		return nil, err
	}

	for _, name := range []string{
		"amount", "discounts", "period", "price", "price_data", "quantity", "tax_rates", "unit_amount",
	} {
		if c.Params.Has(name) {
			return nil, wire.NotSimulated(name)
		}
	}

	next := *prev
	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)
	api.SetText(&next.Description, c.Params, "description")
	c.Tx.Put(&next)
	c.EmitUpdate("invoiceitem.updated", &next, prev)

	return &next, nil
}

// deleteInvoiceItem handles DELETE /v1/invoiceitems/{id}. Only pending items
// can be deleted.
func deleteInvoiceItem(c *call) (any, error) {
	item, err := api.PathObject[*InvoiceItem](c.API(), "Invoice Item")
	if err != nil {
		return nil, err
	}
	if item.Invoice != nil {
		return nil, wire.Invalid("", "",
			"You can only delete invoice items that are not attached to an invoice. "+
				"(The offline sandbox does not remove lines from drafts.)")
	}

	c.Tx.Remove(item.ID)
	c.Emit("invoiceitem.deleted", item)
	return &api.DeletedObject{ID: item.ID, Object: api.KindInvoiceItem, Deleted: true}, nil
}
