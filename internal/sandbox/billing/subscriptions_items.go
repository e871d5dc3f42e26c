package billing

import (
	"strconv"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// unsupportedParams are parameters of Stripe's that would change what is billed
// and that the sandbox does not simulate. Ignoring them silently would mislead
// the caller.
var unsupportedParams = []string{
	"backdate_start_date",
	"billing_cycle_anchor", "billing_cycle_anchor_config", "billing_thresholds", "cancel_at",
	"days_until_due", "default_source", "default_tax_rates", "invoice_settings",
	"pause_collection", "pending_invoice_item_interval", "trial_from_plan",
}

// refuseUnsupported returns a 501 error if the request uses something that the
// sandbox does not simulate.
func (c *call) refuseUnsupported(names []string) error {
	for _, name := range names {
		if c.Params.Has(name) && !c.Params.Unset(name) {
			return wire.NotSimulated(name)
		}
	}

	for name, value := range map[string]string{
		"collection_method": "send_invoice",
		"payment_behavior":  "pending_if_incomplete",
	} {
		if c.Params.String(name) == value {
			return wire.NotSimulated(name + "=" + value)
		}
	}

	if c.Params.Bool("automatic_tax", "enabled") {
		return wire.NotSimulated("automatic_tax[enabled]")
	}
	if c.Params.String("trial_settings", "end_behavior", "missing_payment_method") == "pause" {
		return wire.NotSimulated("trial_settings[end_behavior][missing_payment_method]=pause")
	}

	return nil
}

// maxItems is Stripe's limit for the items of a subscription.
const maxItems = 20

// readItems reads the items of a new subscription.
func (c *call) readItems(sub string) ([]*SubscriptionItem, error) {
	// One plan outside items is the older form of a single item.
	sent := c.Params.Members("items")
	if c.Params.String("plan") != "" {
		only := map[string]*wire.Params{"plan": c.Params.At("plan")}
		if c.Params.Has("quantity") {
			only["quantity"] = c.Params.At("quantity")
		}

		sent = append(sent, &wire.Params{Fields: only})
	}

	if len(sent) == 0 {
		return nil, wire.MissingParam("items")
	}
	if len(sent) > maxItems {
		return nil, wire.Invalid("", "items", "You can only have up to %d items in a subscription.", maxItems)
	}

	var out []*SubscriptionItem
	for _, p := range sent {
		item, err := c.newItem(sub, strings.ToLower(c.Params.String("currency")), p)
		if err != nil {
			return nil, err
		}

		out = append(out, item)
	}

	return out, c.checkItems(out)
}

// newItem reads one item of a subscription in a currency, or in the price's own
// if cur is empty.
func (c *call) newItem(sub, cur string, p *wire.Params) (*SubscriptionItem, error) {
	for _, name := range []string{"billing_thresholds", "discounts", "tax_rates"} {
		if p.Has(name) && !p.Unset(name) {
			return nil, wire.NotSimulated(payments.Pathed(p, name))
		}
	}

	price, err := c.itemPrice(p)
	if err != nil {
		return nil, err
	}

	plan, err := planIn(price, cur, payments.Pathed(p, "price"))
	if err != nil {
		return nil, err
	}

	item := &SubscriptionItem{
		ID:           wire.NewShortID("si"),
		Object:       api.KindSubItem,
		Created:      c.Now.Unix(),
		Discounts:    []string{},
		Metadata:     wire.MergeMetadata(nil, p),
		Plan:         plan,
		Price:        price,
		Quantity:     1,
		Subscription: sub,
		TaxRates:     []any{},
	}

	if p.Has("quantity") {
		item.Quantity = p.Int("quantity")
	}

	return item, nil
}

// itemPrice returns the price that an item names, or creates the one that
// price_data describes.
func (c *call) itemPrice(p *wire.Params) (*api.Record, error) {
	if data := p.At("price_data"); data != nil {
		return c.inlinePrice(data)
	}

	if p.Has("price") && p.Has("plan") {
		return nil, wire.Malformed("", payments.Pathed(p, "plan"),
			"You may only specify one of these parameters: price, plan.")
	}

	// A plan is a price by its older name.
	name, id, noun := payments.Pathed(p, "price"), p.String("price"), api.KindPrice
	if plan := p.String("plan"); id == "" && plan != "" {
		name, id, noun = payments.Pathed(p, "plan"), plan, "plan"
	}

	if id == "" {
		return nil, wire.MissingParam(name)
	}

	price, ok := prices.Find(c.API(), id)
	switch {
	case !ok:
		return nil, wire.NoSuch(noun, name, id)
	case price.Fields["active"] != true:
		return nil, wire.Invalid("", name, "The price specified is inactive. This field only accepts active prices.")
	case price.Text("type") != "recurring":
		return nil, wire.Invalid("", name,
			"The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.")
	}

	return price, c.checkProduct(price.Text("product"), name, price.ID)
}

// inlinePrice stores the price that price_data describes. As at Stripe, nothing
// else can use it.
func (c *call) inlinePrice(data *wire.Params) (*api.Record, error) {
	product := data.String("product")
	if err := c.checkProduct(product, payments.Pathed(data, "product"), ""); err != nil {
		return nil, err
	}

	if !api.KnownCurrency(strings.ToLower(data.String("currency"))) {
		return nil, wire.Malformed("", payments.Pathed(data, "currency"), "Invalid currency: %s.",
			data.String("currency"))
	}

	if data.String("unit_amount") == "" && data.String("unit_amount_decimal") == "" {
		return nil, wire.MissingParam(payments.Pathed(data, "unit_amount"))
	}
	if err := checkUnitAmount(data); err != nil {
		return nil, err
	}

	if amount, _ := unitAmount(data); amount == nil {
		return nil, wire.NotSimulated(
			payments.Pathed(data, "unit_amount_decimal") + " with fractions of the minor unit")
	}

	if err := checkRecurring(data); err != nil {
		return nil, err
	}

	price, err := newPrice(c.API(), data, product)
	if err != nil {
		return nil, err
	}

	price.Fields["active"], price.Private.Inline = false, true
	c.Tx.Put(price)
	c.Emit("price.created", price)

	return price, nil
}

// maxIntervals is how many intervals make Stripe's longest period, three years.
var maxIntervals = map[string]int64{"day": 3 * 365, "week": 3 * 52, "month": 36, "year": 3}

// checkRecurring refuses amounts outside Stripe's range and periods longer than
// three years.
func checkRecurring(p *wire.Params) error {
	if p.Int("unit_amount") < 0 {
		return wire.Malformed("parameter_invalid_integer", payments.Pathed(p, "unit_amount"),
			"Invalid non-negative integer")
	}

	cur := strings.ToLower(p.String("currency"))
	if maximum := api.Maximum(cur); p.Int("unit_amount") > maximum {
		return wire.Invalid("amount_too_large", payments.Pathed(p, "unit_amount"),
			"Amount must be no more than %s", api.FormatAmount(maximum, cur))
	}

	r := p.At("recurring")
	if !r.Has("interval_count") {
		return nil
	}

	if n := r.Int("interval_count"); n < 1 || n > maxIntervals[r.String("interval")] {
		return wire.Malformed("", payments.Pathed(r, "interval_count"),
			"Invalid interval_count: the period must be between 1 %s and 3 years.",
			r.String("interval"))
	}

	return nil
}

// checkProduct refuses a product that is unknown or inactive; price is the ID
// of the price that sells it, if there is one.
func (c *call) checkProduct(id, param, price string) error {
	product, ok := products.Find(c.API(), id)
	if !ok {
		return wire.NoSuch(api.KindProduct, param, id)
	}

	if product.Fields["active"] != true {
		if price == "" {
			return wire.Invalid("", param,
				"The product `%s` is inactive. Please activate it to use it in a price.", id)
		}
		return wire.Invalid("", param,
			"Price `%s` is not available to be purchased because its product is not active.", price)
	}

	return nil
}

// checkItems refuses items that one subscription cannot bill together.
func (c *call) checkItems(items []*SubscriptionItem) error {
	first := items[0].Plan
	seen := map[string]bool{}
	for i, item := range items {
		param := "items[" + strconv.Itoa(i) + "]"
		switch {
		case item.Plan.Currency != first.Currency:
			return wire.Invalid("", param, "All prices on a subscription must have the same `currency`.")
		case item.Plan.Interval != first.Interval || item.Plan.IntervalCount != first.IntervalCount:
			return wire.Invalid("", param,
				"All prices on a subscription must have the same `recurring.interval` and "+
					"`recurring.interval_count`. If you meant to update an existing subscription item "+
					"instead of creating a new one, make sure to include the subscription item ID in your request.")

		case seen[item.Plan.ID]:
			return wire.Invalid("", param,
				"Cannot add multiple subscription items with the same plan: %s", item.Plan.ID)
		case item.Quantity < 0 || item.Quantity > api.MaxAmount:
			return wire.Malformed("parameter_invalid_integer", param+"[quantity]",
				"This value must be between 0 and %d.", api.MaxAmount)
		case packs(item.Price, item.Quantity) > 0 &&
			item.Plan.Amount > api.Maximum(first.Currency)/packs(item.Price, item.Quantity):
			return wire.Invalid("amount_too_large", param, "Amount must be no more than %s",
				api.FormatAmount(api.Maximum(first.Currency), first.Currency))

		case item.Plan.UsageType == "metered":
			return wire.NotSimulated(param + " with metered usage")
		}

		seen[item.Plan.ID] = true
	}

	return nil
}

func itemList(sub string, items []*SubscriptionItem) ItemList {
	return ItemList{
		Object:     "list",
		Data:       items,
		TotalCount: len(items),
		URL:        "/v1/subscription_items?subscription=" + sub,
	}
}

// putSubscription stores a subscription and its items, because items can also
// be retrieved by their own ID.
func (c *call) putSubscription(sub *Subscription) {
	sub.Plan, sub.Quantity = nil, nil
	if items := sub.Items.Data; len(items) == 1 {
		sub.Plan, sub.Quantity = items[0].Plan, &items[0].Quantity
	}

	// The items may still be those of the stored subscription.
	items := make([]*SubscriptionItem, 0, len(sub.Items.Data))
	for _, item := range sub.Items.Data {
		next := *item
		next.CurrentPeriodStart, next.CurrentPeriodEnd = sub.CurrentPeriodStart, sub.CurrentPeriodEnd
		items = append(items, &next)
		c.Tx.Put(&next)
	}

	sub.Items.Data = items
	c.Tx.Put(sub)
}

func retrieveItem(c *call) (any, error) {
	return api.PathObject[*SubscriptionItem](c.API(), api.KindSubItem)
}

func listItems(c *call) (any, error) {
	sub := c.Params.String("subscription")
	if sub == "" {
		return nil, wire.MissingParam("subscription")
	}
	if _, ok := memory.Find[*Subscription](c.Tx, sub); !ok {
		return nil, wire.NoSuch(api.KindSubscription, "subscription", sub)
	}
	return api.Page[*SubscriptionItem](c.API(), api.KindSubItem, sub, nil)
}
