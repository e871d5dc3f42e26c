package orders

import "checkoutd/internal/fault"

// Cart is what a browser wants to order. Zero fields leave the choice to the
// catalog.
type Cart struct {
	Items    []Wanted `json:"items"`
	Currency string   `json:"currency"`
	Mode     Mode     `json:"mode"`
}

var (
	errItemsMixed = fault.InvalidField("items", "items_mixed",
		"Products that are paid for once, and those with another rhythm of payment, need an order of their own.")
	errItemsNotHere = fault.InvalidField("items", "items_not_here", "An order that only saves a payment method has no items.")
)

// modeOf is what an order of items is for.
func modeOf(items []Item) (Mode, error) {
	first := items[0].Recurring
	for _, i := range items[1:] {
		if r := i.Recurring; (r == nil) != (first == nil) || r != nil && *r != *first {
			return "", errItemsMixed
		}
	}

	if first == nil {
		return ModePayment, nil
	}
	if len(items) > maxSubscriptionLines {
		return "", fault.InvalidField("items", "items_too_many", "A subscription has at most 20 lines.")
	}

	return ModeSubscription, nil
}

// Recurring is how often the order is paid for again, nil for once.
func (o *Order) Recurring() *Recurring {
	if len(o.Items) == 0 {
		return nil
	}
	return o.Items[0].Recurring
}

// forMode leaves out what Stripe refuses in a mode, or does there by itself: a
// subscription's payments are captured at once, its method is saved and its
// invoices have receipts of their own; where nothing is paid, nothing is
// captured or split.
func (o Options) forMode(m Mode) Options {
	if m == ModePayment {
		return o
	}
	o.CaptureMethod, o.RequireCVCRecollection, o.Installments, o.ReceiptEmail = "", false, false, false
	if m == ModeSubscription {
		o.SetupFutureUsage = ""
	}
	return o
}

// futureUsage is what the products of an order ask to be done with its method:
// the most that one of them asks, or else the shop's usual.
func (c *Catalog) futureUsage(items []Item, usual string) string {
	asked := ""
	for _, i := range items {
		switch p := c.bySKU[i.SKU]; {
		case p.SetupFutureUsage == "off_session":
			return p.SetupFutureUsage
		case p.SetupFutureUsage != "":
			asked = p.SetupFutureUsage
		}
	}

	if asked == "" {
		return usual
	}

	return asked
}
