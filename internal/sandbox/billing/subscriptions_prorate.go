package billing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// itemChange is one item before and after an update. before is nil for an added
// item, after for a removed one.
type itemChange struct{ before, after *SubscriptionItem }

// changeItems applies an update to the items: quantities, other prices with the
// same interval, added and removed items.
func (c *call) changeItems(sub *Subscription) ([]itemChange, error) {
	items := slices.Clone(sub.Items.Data)
	var out []itemChange
	for i, p := range c.Params.Members("items") {
		change, err := c.changeItem(sub, items, p, "items["+strconv.Itoa(i)+"]")
		if err != nil {
			return nil, err
		}

		at := slices.Index(items, change.before)
		switch {
		case change.after == nil:
			items = slices.Delete(items, at, at+1)
			c.Tx.Remove(change.before.ID)
		case change.before == nil:
			items = append(items, change.after)
		default:
			items[at] = change.after
		}

		out = append(out, change)
	}

	if len(items) == 0 {
		return nil, wire.Invalid("", "items",
			"A subscription must have at least one active plan. To cancel a subscription, please use "+
				"the cancel endpoint.")
	}

	interval, count := sub.interval()
	if plan := items[0].Plan; plan.Interval != interval || plan.IntervalCount != count {
		return nil, wire.NotSimulated("items with another interval")
	}

	sub.Items = itemList(sub.ID, items)
	return out, c.checkItems(items)
}

// changeItem applies one entry of an update's items; name is its parameter.
func (c *call) changeItem(
	sub *Subscription,
	items []*SubscriptionItem,
	p *wire.Params,
	name string,
) (itemChange, error) {
	if p.String("id") == "" {
		added, err := c.newItem(sub.ID, sub.Currency, p)
		return itemChange{nil, added}, err
	}

	at := slices.IndexFunc(items, func(item *SubscriptionItem) bool { return item.ID == p.String("id") })
	if at < 0 {
		return itemChange{}, wire.NoSuch("subscription_item", name+"[id]", p.String("id"))
	}
	if p.Bool("deleted") {
		return itemChange{items[at], nil}, nil
	}

	next := *items[at]
	next.Metadata = wire.MergeMetadata(next.Metadata, p)

	if p.Has("quantity") {
		next.Quantity = p.Int("quantity")
	}

	if p.Has("price_data") || p.Has("price") && p.String("price") != next.Price.ID {
		price, err := c.itemPrice(p)
		if err != nil {
			return itemChange{}, err
		}

		if next.Plan, err = planIn(price, sub.Currency, name+"[price]"); err != nil {
			return itemChange{}, err
		}

		next.Price = price
	}

	return itemChange{items[at], &next}, nil
}

// prorate creates invoice items for the rest of the period: a credit for what
// was paid and will not be used, and a charge for what replaces it. See
// https://docs.stripe.com/billing/subscriptions/prorations.
func (c *call) prorate(sub *Subscription, changes []itemChange) {
	from := c.Now.Unix()
	if c.Params.Has("proration_date") {
		from = min(max(c.Params.Int("proration_date"), sub.CurrentPeriodStart), sub.CurrentPeriodEnd)
	}

	for _, change := range changes {
		if change.before != nil && change.after != nil &&
			change.before.Quantity == change.after.Quantity &&
			change.before.Plan.ID == change.after.Plan.ID {
			continue
		}

		if change.before != nil {
			c.addProration(sub, change.before, from, -1, "Unused")
		}

		if change.after != nil {
			c.addProration(sub, change.after, from, 1, "Remaining")
		}
	}
}

// addProration creates the invoice item of one item for the rest of the period
// after from. sign is -1 for a credit and 1 for a charge.
func (c *call) addProration(sub *Subscription, item *SubscriptionItem, from, sign int64, label string) {
	share := float64(sub.CurrentPeriodEnd-from) / float64(sub.CurrentPeriodEnd-sub.CurrentPeriodStart)
	times := ""
	if item.Quantity > 1 {
		times = fmt.Sprintf("%d × ", item.Quantity)
	}

	text := fmt.Sprintf("%s time on %s%s after %s", label, times, c.productName(item.Plan.Product),
		time.Unix(from, 0).UTC().Format("02 Jan 2006"))
	proration := &InvoiceItem{
		ID:                wire.NewID("ii"),
		Object:            api.KindInvoiceItem,
		Amount:            sign * int64(math.Round(float64(item.cost())*share)),
		Currency:          sub.Currency,
		Customer:          sub.Customer,
		Date:              from,
		Description:       &text,
		Discounts:         []string{},
		Metadata:          map[string]string{},
		Period:            LinePeriod{Start: from, End: sub.CurrentPeriodEnd},
		Plan:              item.Plan,
		Price:             item.Price,
		Proration:         true,
		Quantity:          item.Quantity,
		Subscription:      &sub.ID,
		SubscriptionItem:  item.ID,
		TaxRates:          []any{},
		UnitAmount:        item.Plan.Amount,
		UnitAmountDecimal: item.Plan.AmountDecimal,
	}

	c.Tx.Put(proration)
	c.Emit("invoiceitem.created", proration)
}

// billChange invoices what an update costs at once and collects it.
func (c *call) billChange(sub *Subscription) error {
	cus, ok := memory.Find[*payments.Customer](c.Tx, sub.Customer)
	if !ok {
		return wire.NoSuch(api.KindCustomer, "customer", sub.Customer)
	}

	inv := c.newSubscriptionInvoice(sub, cus, "subscription_update")
	inv.setLines(c.takePendingItems(inv))
	next := *sub
	next.LatestInvoice = &inv.ID
	c.putSubscription(&next)
	c.Tx.Put(inv)
	c.Emit("invoice.created", inv)

	open := c.finalize(inv)
	if open.Status != invoiceOpen {
		return nil
	}

	return c.payChange(open)
}

// payChange collects with the saved method. Without one, the invoice stays
// unpaid and the subscription becomes past due.
func (c *call) payChange(inv *Invoice) error {
	behavior := cmp.Or(c.Params.String("payment_behavior"), "allow_incomplete")
	pm := c.invoiceMethod(inv)
	if pm == nil || behavior == "default_incomplete" {
		c.recordUnpaid(inv, "invoice.payment_failed")
		return nil
	}
	return c.collectWith(inv, pm, behavior)
}
