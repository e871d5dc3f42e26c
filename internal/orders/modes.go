package orders

import (
	"cmp"
	"slices"

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
		"Subscriptions with different billing periods cannot share an order.")
	errItemsOfMode = fault.InvalidField("items", "items_mixed",
		"These items do not fit the mode of the order: subscription if one of them recurs, payment if none does.")
	errItemsNotHere = fault.InvalidField("items", "items_not_here",
		"An order that only saves a payment method has no items.")
	errSetupClosed = fault.InvalidField("mode", "mode_not_offered",
		"This shop does not save payment methods without a payment.")
)

// modeOf returns the mode of an order of items. One-time items may stand beside
// those of a subscription: the first payment is for both.
func modeOf(items []Item) (Mode, error) {
	every, lines := recurring(items), 0
	for _, i := range items {
		switch {
		case i.Recurring == nil:
		case *i.Recurring != *every:
			return "", errItemsMixed
		default:
			lines++
		}
	}

	switch {
	case every == nil:
		return ModePayment, nil
	case lines > maxSubscriptionLines:
		return "", fault.InvalidField("items", "items_too_many", "A subscription has at most 20 recurring lines.")
	case len(items)-lines > maxOnceLines:
		return "", fault.InvalidField("items", "items_too_many", "A subscription has at most 19 one-time lines.")
	}

	return ModeSubscription, nil
}

// recurring returns how often items are paid for, nil for once.
func recurring(items []Item) *Recurring {
	for _, i := range items {
		if i.Recurring != nil {
			return i.Recurring
		}
	}
	return nil
}

// Recurring returns how often the order is paid for, nil for once.
func (o *Order) Recurring() *Recurring { return recurring(o.Items) }

// RecurringAmount returns what every payment of the order's subscription after
// the first costs, in minor units; 0 for an order that is paid for once.
func (o *Order) RecurringAmount() int64 { return recurringAmount(o.Items) }

func recurringAmount(items []Item) (sum int64) {
	for _, i := range items {
		if i.Recurring != nil {
			sum += i.Amount()
		}
	}
	return sum
}

// mixed reports whether the order has one-time items beside those of its
// subscription.
func (o *Order) mixed() bool {
	return o.Recurring() != nil && slices.ContainsFunc(o.Items, func(i Item) bool { return i.Recurring == nil })
}

// FirstInvoice returns what the first invoice of the order's subscription
// bills: the items, and the shipping as one that does not recur.
func (o *Order) FirstInvoice() []Item {
	list := slices.Clone(o.Items)
	if rate := o.ShippingRate; rate.Amount > 0 {
		list = append(list, Item{Name: rate.Name, Quantity: 1, UnitAmount: rate.Amount, Own: true})
	}
	return list
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
