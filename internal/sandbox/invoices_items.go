package sandbox

import (
	"cmp"
	"fmt"
	"slices"
)

// InvoiceItem is https://docs.stripe.com/api/invoiceitems/object: something that waits to be put on an invoice.
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
	Price             *Record           `json:"price"`
	Proration         bool              `json:"proration"`
	Quantity          int64             `json:"quantity"`
	Subscription      *string           `json:"subscription"`
	TaxRates          []any             `json:"tax_rates"`
	TestClock         *string           `json:"test_clock"`
	UnitAmount        int64             `json:"unit_amount"`
	UnitAmountDecimal string            `json:"unit_amount_decimal"`
	SubscriptionItem  string            `json:"subscription_item,omitempty"`
}

func (o *InvoiceItem) objectID() string   { return o.ID }
func (o *InvoiceItem) objectKind() string { return kindInvoiceItem }
func (o *InvoiceItem) parents() []string  { return parentsOf(&o.Customer, o.Invoice) }

func createInvoiceItem(c *call) (any, error) {
	for _, name := range []string{"discounts", "subscription", "tax_rates", "quantity_decimal", "unit_amount_decimal"} {
		if c.p.has(name) && !c.p.unset(name) {
			return nil, notSimulated(name)
		}
	}
	cus, err := c.sentCustomer()
	if err != nil {
		return nil, err
	}
	item := &InvoiceItem{
		ID: newID("ii"), Object: kindInvoiceItem, Customer: cus.ID, Date: c.now.Unix(), Description: c.p.text("description"),
		Discountable: !c.p.has("discountable") || c.p.flag("discountable"), Discounts: []string{}, Metadata: mergeMetadata(nil, c.p),
		Period: LinePeriod{Start: c.now.Unix(), End: c.now.Unix()}, Quantity: 1, TaxRates: []any{},
	}
	if err := c.priceItem(item); err != nil {
		return nil, err
	}
	if id := c.p.str("invoice"); id != "" {
		if err := c.addToDraft(item, id); err != nil {
			return nil, err
		}
	}
	c.tx.put(item)
	c.emit("invoiceitem.created", item)
	return item, nil
}

// priceItem reads what the item costs: an amount, or a price times a quantity.
func (c *call) priceItem(item *InvoiceItem) error {
	if c.p.has("quantity") {
		item.Quantity = c.p.num("quantity")
	}
	switch {
	case c.p.str("price") != "":
		price, ok := prices.find(c, c.p.str("price"))
		if !ok {
			return noSuch(kindPrice, "price", c.p.str("price"))
		}
		if price.text("type") != "one_time" {
			return invalid("", "price", "The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.")
		}
		item.Price = price
	case c.p.at("price_data") != nil:
		price, err := c.inlinePrice(c.p.at("price_data"))
		if err != nil {
			return err
		}
		item.Price = price
	default:
		return c.priceByAmount(item)
	}
	item.Currency, item.UnitAmount = item.Price.text("currency"), wholeNumber(item.Price.fields["unit_amount"])
	item.Amount, item.UnitAmountDecimal = item.UnitAmount*item.Quantity, fmt.Sprint(item.UnitAmount)
	return nil
}

// priceByAmount makes the one-off price behind an amount, as Stripe does; an amount may be negative.
func (c *call) priceByAmount(item *InvoiceItem) error {
	cur, err := c.currencyOf()
	if err != nil {
		return err
	}
	unit := c.p.num("unit_amount")
	if !c.p.has("unit_amount") {
		if c.p.str("amount") == "" {
			return missingParam("amount")
		}
		if c.p.has("quantity") {
			return malformed("", "amount", "You may only specify one of these parameters: amount, quantity.")
		}
		unit = c.p.num("amount")
	}
	product := newRecord(kindProduct, newShortID("prod"), plainProduct(c.now.Unix(), cmp.Or(deref(item.Description), "Invoice item")))
	product.fields["active"], product.private.Inline = false, true
	form := &params{kids: map[string]*params{"currency": {leaf: true, value: cur}, "unit_amount": {leaf: true, value: fmt.Sprint(unit)}}}
	item.Price = c.newPrice(form, product.id)
	item.Price.fields["active"], item.Price.private.Inline = false, true
	c.tx.put(product)
	c.tx.put(item.Price)
	item.Currency, item.UnitAmount, item.Amount, item.UnitAmountDecimal = cur, unit, unit*item.Quantity, fmt.Sprint(unit)
	return nil
}

// addToDraft puts an item on a draft at once instead of leaving it pending.
func (c *call) addToDraft(item *InvoiceItem, invoice string) error {
	inv, ok := find[*Invoice](c.tx, invoice)
	switch {
	case !ok || inv.Customer != item.Customer:
		return noSuch(kindInvoice, "invoice", invoice)
	case inv.Status != invoiceDraft:
		return invalid("invoice_not_editable", "invoice", "Invalid invoice: This invoice is no longer editable")
	case inv.Currency != item.Currency:
		return invalid("", "currency", "The currency of the invoice item (%s) must be the one of the invoice (%s).", item.Currency, inv.Currency)
	}
	next := *inv
	next.setLines(append([]*InvoiceLine{itemLine(&next, item)}, inv.Lines.Data...))
	item.Invoice = &inv.ID
	c.tx.put(&next)
	c.emitUpdate("invoice.updated", &next, inv)
	return nil
}

func itemLine(inv *Invoice, item *InvoiceItem) *InvoiceLine {
	line := newLine(inv, item.Amount, deref(item.Description))
	line.Description, line.Discountable, line.InvoiceItem, line.Metadata = item.Description, item.Discountable, item.ID, item.Metadata
	line.Period, line.Price, line.Quantity, line.UnitAmountExcludingTax = item.Period, item.Price, item.Quantity, item.UnitAmountDecimal
	line.Plan, line.Proration, line.Subscription, line.SubscriptionItem = item.Plan, item.Proration, item.Subscription, item.SubscriptionItem
	return line
}

// sweep takes all that waits for the customer, or for the subscription of the invoice, newest first.
func (c *call) sweep(inv *Invoice) []*InvoiceLine {
	var lines []*InvoiceLine
	for _, item := range children[*InvoiceItem](c.tx, kindInvoiceItem, inv.Customer) {
		elsewhere := item.Subscription != nil && *item.Subscription != deref(inv.Subscription)
		if item.Invoice != nil || item.Currency != inv.Currency || elsewhere {
			continue
		}
		taken := *item
		taken.Invoice = &inv.ID
		c.tx.put(&taken)
		c.emitUpdate("invoiceitem.updated", &taken, item)
		lines = append(lines, itemLine(inv, item))
	}
	slices.Reverse(lines)
	return lines
}

func retrieveInvoiceItem(c *call) (any, error) {
	return pathObject[*InvoiceItem](c, "Invoice Item")
}

func listInvoiceItems(c *call) (any, error) {
	created, pending := createdFilter(c.p), c.p.str("pending")
	parent := cmp.Or(c.p.str("invoice"), c.p.str("customer"))
	return page(c, kindInvoiceItem, parent, func(item *InvoiceItem) bool {
		return created(item.Date) && (pending == "" || isTrue(pending) == (item.Invoice == nil))
	})
}

// updateInvoiceItem changes what does not change the sum.
func updateInvoiceItem(c *call) (any, error) {
	old, err := pathObject[*InvoiceItem](c, "Invoice Item")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"amount", "discounts", "period", "price", "price_data", "quantity", "tax_rates", "unit_amount"} {
		if c.p.has(name) {
			return nil, notSimulated(name)
		}
	}
	next := *old
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	set(&next.Description, c.p, "description")
	c.tx.put(&next)
	c.emitUpdate("invoiceitem.updated", &next, old)
	return &next, nil
}

func deleteInvoiceItem(c *call) (any, error) {
	item, err := pathObject[*InvoiceItem](c, "Invoice Item")
	if err != nil {
		return nil, err
	}
	if item.Invoice != nil {
		return nil, invalid("", "", "You can only delete invoice items that are not attached to an invoice. (The offline sandbox does not take lines off drafts.)")
	}
	c.tx.remove(item.ID)
	c.emit("invoiceitem.deleted", item)
	return &DeletedObject{ID: item.ID, Object: kindInvoiceItem, Deleted: true}, nil
}
