package billing

import (
	"fmt"
	"strconv"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// maxOnce is Stripe's limit for add_invoice_items.
const maxOnce = 20

// readOnce reads add_invoice_items: what the first invoice of a new
// subscription bills once. See
// https://docs.stripe.com/api/subscriptions/create#create_subscription-add_invoice_items.
func (c *call) readOnce(sub *Subscription) ([]*InvoiceItem, error) {
	const name = "add_invoice_items"

	sent := c.Params.Members(name)
	switch {
	case len(sent) > maxOnce:
		return nil, wire.Invalid("", name, "You can only have up to %d items in `%s`.", maxOnce, name)
	case len(sent) > 0 && sub.Status == subTrialing:
		return nil, wire.NotSimulated(name + " with a trial")
	}

	var out []*InvoiceItem
	for i, p := range sent {
		item, err := c.onceItem(sub, p, name+"["+strconv.Itoa(i)+"]")
		if err != nil {
			return nil, err
		}

		out = append(out, item)
	}

	return out, nil
}

// onceItem reads one entry of add_invoice_items, the parameter param.
func (c *call) onceItem(sub *Subscription, p *wire.Params, param string) (*InvoiceItem, error) {
	for _, name := range []string{"discounts", "period", "tax_rates"} {
		if p.Has(name) && !p.Unset(name) {
			return nil, wire.NotSimulated(payments.Pathed(p, name))
		}
	}

	price, err := c.oncePrice(p)
	switch {
	case err != nil:
		return nil, err
	case price == nil:
		return nil, wire.MissingParam(param + "[price]")
	}

	unit, cur, err := unitIn(price, sub.Currency, payments.Pathed(p, "price"))
	if err != nil {
		return nil, err
	}

	item := &InvoiceItem{
		ID:                wire.NewID("ii"),
		Object:            api.KindInvoiceItem,
		Currency:          cur,
		Customer:          sub.Customer,
		Date:              c.Now.Unix(),
		Description:       new(c.productName(price.Text("product"))),
		Discountable:      !p.Has("discountable") || p.Bool("discountable"),
		Discounts:         []string{},
		Metadata:          wire.MergeMetadata(nil, p),
		Period:            LinePeriod{Start: c.Now.Unix(), End: c.Now.Unix()},
		Price:             price,
		Quantity:          1,
		Subscription:      &sub.ID,
		TaxRates:          []any{},
		TestClock:         sub.TestClock,
		UnitAmount:        unit,
		UnitAmountDecimal: fmt.Sprint(unit),
	}

	if p.Has("quantity") {
		item.Quantity = p.Int("quantity")
	}

	billed := packs(price, item.Quantity)
	switch most := api.Maximum(cur); {
	case item.Quantity < 0 || item.Quantity > api.MaxAmount:
		return nil, wire.Malformed("parameter_invalid_integer", param+"[quantity]",
			"This value must be between 0 and %d.", api.MaxAmount)
	case billed > 0 && unit > most/billed:
		return nil, wire.Invalid("amount_too_large", param, "Amount must be no more than %s",
			api.FormatAmount(most, cur))
	}

	item.Amount = unit * billed
	return item, nil
}

// oncePrice returns the one-time price that p names or describes, nil if it
// does neither.
func (c *call) oncePrice(p *wire.Params) (*api.Record, error) {
	if data := p.At("price_data"); data != nil {
		return c.inlinePrice(data)
	}

	name, id := payments.Pathed(p, "price"), p.String("price")
	if id == "" {
		return nil, nil // the caller knows what else there may be
	}

	price, ok := prices.Find(c.API(), id)
	switch {
	case !ok:
		return nil, wire.NoSuch(api.KindPrice, name, id)
	case price.Fields["active"] != true:
		return nil, wire.Invalid("", name, "The price specified is inactive. This field only accepts active prices.")
	case price.Text("type") != "one_time":
		return nil, wire.Invalid("", name,
			"The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.")
	}

	return price, c.checkProduct(price.Text("product"), name, price.ID)
}

// putOnce puts items on an invoice and returns their lines.
func (c *call) putOnce(inv *Invoice, items []*InvoiceItem) (lines []*InvoiceLine) {
	for _, item := range items {
		item.Invoice = &inv.ID
		c.Tx.Put(item)
		c.Emit("invoiceitem.created", item)
		lines = append(lines, itemLine(inv, item))
	}
	return lines
}
