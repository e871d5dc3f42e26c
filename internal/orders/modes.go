package orders

import (
	"cmp"

	"checkoutd/internal/fault"
)

// Cart is a request for an order. Zero fields leave the choice to the catalog.
type Cart struct {
	Items    []CartLine `json:"items"`
	Currency string     `json:"currency"`
	Mode     Mode       `json:"mode"`
}

var (
	errItemsMixed = fault.InvalidField("items", "items_mixed",
		"One-time products and subscriptions cannot share an order, nor can subscriptions with different billing periods.")
	errItemsNotHere = fault.InvalidField("items", "items_not_here",
		"An order that only saves a payment method has no items.")
	errSetupClosed = fault.InvalidField("mode", "mode_not_offered",
		"This shop does not save payment methods without a payment.")
)

// modeOf returns the mode of an order of items.
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

// Recurring returns how often the order is paid for, nil for once.
func (o *Order) Recurring() *Recurring {
	if len(o.Items) == 0 {
		return nil
	}
	return o.Items[0].Recurring
}

// forMode returns o without the options that Stripe refuses in mode m or
// applies there by itself: a subscription's payments are captured at once, its
// method is saved and its invoices have receipts of their own; a setup has no
// payment that could be captured, split or sent by transfer.
func (o Options) forMode(m Mode) Options {
	if m == ModePayment {
		return o
	}
	o.CaptureMethod, o.RequireCVCRecollection, o.Installments, o.ReceiptEmail = "", false, false, false
	o.BankTransfer = ""
	if m == ModeSubscription {
		o.SetupFutureUsage = ""
	}
	return o
}

// futureUsage returns the setup_future_usage of an order of items: the
// strongest that one of its products asks for, or fallback if none does.
func (c *Catalog) futureUsage(items []Item, fallback string) string {
	asked := ""
	for _, i := range items {
		switch p := c.bySKU[i.SKU]; {
		case p.SetupFutureUsage == "off_session":
			return p.SetupFutureUsage
		case p.SetupFutureUsage != "":
			asked = p.SetupFutureUsage
		}
	}

	return cmp.Or(asked, fallback)
}
