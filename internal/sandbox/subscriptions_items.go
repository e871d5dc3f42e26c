package sandbox

import (
	"net/http"
	"strconv"
	"strings"
)

// leftOutOfBilling are parameters of Stripe's that would change what is billed and that the sandbox does not simulate:
// taking them and doing nothing would be a lie.
var leftOutOfBilling = []string{
	"add_invoice_items", "application_fee_percent", "backdate_start_date", "billing_cycle_anchor", "billing_cycle_anchor_config",
	"billing_thresholds", "cancel_at", "days_until_due", "default_source", "default_tax_rates", "invoice_settings",
	"on_behalf_of", "pause_collection", "pending_invoice_item_interval", "transfer_data", "trial_from_plan",
}

// refuseLeftOut answers 501 for what is not simulated.
func (c *call) refuseLeftOut(names []string) error {
	for _, name := range names {
		if c.p.has(name) && !c.p.unset(name) {
			return notSimulated(name)
		}
	}
	for name, value := range map[string]string{"collection_method": "send_invoice", "payment_behavior": "pending_if_incomplete"} {
		if c.p.str(name) == value {
			return notSimulated(name + "=" + value)
		}
	}
	if c.p.flag("automatic_tax", "enabled") {
		return notSimulated("automatic_tax[enabled]")
	}
	if c.p.str("trial_settings", "end_behavior", "missing_payment_method") == "pause" {
		return notSimulated("trial_settings[end_behavior][missing_payment_method]=pause")
	}
	return nil
}

func notSimulated(what string) *Error {
	e := malformed("", what, "%s is part of Stripe's API, but the offline sandbox does not simulate it.", what)
	e.status = http.StatusNotImplemented
	return e
}

const maxItems = 20

// readItems makes the items of a new subscription.
func (c *call) readItems(sub string) ([]*SubscriptionItem, error) {
	sent := c.p.members("items")
	if len(sent) == 0 {
		return nil, missingParam("items")
	}
	if len(sent) > maxItems {
		return nil, invalid("", "items", "You can only have up to %d items in a subscription.", maxItems)
	}
	var out []*SubscriptionItem
	for _, p := range sent {
		item, err := c.newItem(sub, p)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, c.checkItems(out)
}

func (c *call) newItem(sub string, p *params) (*SubscriptionItem, error) {
	for _, name := range []string{"billing_thresholds", "discounts", "tax_rates"} {
		if p.has(name) && !p.unset(name) {
			return nil, notSimulated(pathed(p, name))
		}
	}
	price, err := c.itemPrice(p)
	if err != nil {
		return nil, err
	}
	item := &SubscriptionItem{
		ID: newShortID("si"), Object: kindSubItem, Created: c.now.Unix(), Discounts: []string{}, Metadata: mergeMetadata(nil, p),
		Plan: planOf(price), Price: price, Quantity: 1, Subscription: sub, TaxRates: []any{},
	}
	if p.has("quantity") {
		item.Quantity = p.num("quantity")
	}
	return item, nil
}

// itemPrice finds the price of an item, or makes the one that price_data describes.
func (c *call) itemPrice(p *params) (*Record, error) {
	if data := p.at("price_data"); data != nil {
		return c.inlinePrice(data)
	}
	name := pathed(p, "price")
	if p.str("price") == "" {
		return nil, missingParam(name)
	}
	price, ok := prices.find(c, p.str("price"))
	switch {
	case !ok:
		return nil, noSuch(kindPrice, name, p.str("price"))
	case price.fields["active"] != true:
		return nil, invalid("", name, "The price specified is inactive. This field only accepts active prices.")
	case price.text("type") != "recurring":
		return nil, invalid("", name, "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.")
	case price.text("billing_scheme") != "per_unit" || price.fields["unit_amount"] == nil:
		return nil, notSimulated(name + " with tiers")
	}
	return price, c.checkProduct(price.text("product"), name, price.id)
}

// inlinePrice stores the price of price_data; like Stripe's, it is of no use for anything else.
func (c *call) inlinePrice(data *params) (*Record, error) {
	product := data.str("product")
	if err := c.checkProduct(product, pathed(data, "product"), ""); err != nil {
		return nil, err
	}
	if !knownCurrency(strings.ToLower(data.str("currency"))) {
		return nil, malformed("", pathed(data, "currency"), "Invalid currency: %s.", data.str("currency"))
	}
	if data.str("unit_amount") == "" {
		return nil, missingParam(pathed(data, "unit_amount"))
	}
	if err := checkRecurring(data); err != nil {
		return nil, err
	}
	price := c.newPrice(data, product)
	price.fields["active"], price.private.Inline = false, true
	c.tx.put(price)
	c.emit("price.created", price)
	return price, nil
}

// longest is how many intervals make Stripe's longest period, three years.
var longest = map[string]int64{"day": 3 * 365, "week": 3 * 52, "month": 36, "year": 3}

// checkRecurring refuses prices that cost less than nothing and periods that are none or longer than three years.
func checkRecurring(p *params) error {
	if p.num("unit_amount") < 0 {
		return malformed("parameter_invalid_integer", pathed(p, "unit_amount"), "Invalid non-negative integer")
	}
	cur := strings.ToLower(p.str("currency"))
	if most := maximum(cur); p.num("unit_amount") > most {
		return invalid("amount_too_large", pathed(p, "unit_amount"), "Amount must be no more than %s", display(most, cur))
	}
	r := p.at("recurring")
	if !r.has("interval_count") {
		return nil
	}
	if n := r.num("interval_count"); n < 1 || n > longest[r.str("interval")] {
		return malformed("", pathed(r, "interval_count"), "Invalid interval_count: the period must be between 1 %s and 3 years.", r.str("interval"))
	}
	return nil
}

func (c *call) checkProduct(id, param, price string) error {
	product, ok := products.find(c, id)
	if !ok {
		return noSuch(kindProduct, param, id)
	}
	if product.fields["active"] != true {
		if price == "" {
			return invalid("", param, "The product `%s` is inactive. Please activate it to use it in a price.", id)
		}
		return invalid("", param, "Price `%s` is not available to be purchased because its product is not active.", price)
	}
	return nil
}

// checkItems holds the items to what a subscription can bill together.
func (c *call) checkItems(items []*SubscriptionItem) error {
	first := items[0].Plan
	seen := map[string]bool{}
	for i, item := range items {
		param := "items[" + strconv.Itoa(i) + "]"
		switch {
		case item.Plan.Currency != first.Currency:
			return invalid("", param, "All prices on a subscription must have the same `currency`.")
		case item.Plan.Interval != first.Interval || item.Plan.IntervalCount != first.IntervalCount:
			return invalid("", param, "All prices on a subscription must have the same `recurring.interval` and `recurring.interval_count`. If you meant to update an existing subscription item instead of creating a new one, make sure to include the subscription item ID in your request.")
		case seen[item.Plan.ID]:
			return invalid("", param, "Cannot add multiple subscription items with the same plan: %s", item.Plan.ID)
		case item.Quantity < 0 || item.Quantity > maxAmount:
			return malformed("parameter_invalid_integer", param+"[quantity]", "This value must be between 0 and %d.", maxAmount)
		case item.Quantity > 0 && item.Plan.Amount > maximum(first.Currency)/item.Quantity:
			return invalid("amount_too_large", param, "Amount must be no more than %s", display(maximum(first.Currency), first.Currency))
		case item.Plan.UsageType == "metered":
			return notSimulated(param + " with metered usage")
		}
		seen[item.Plan.ID] = true
	}
	return nil
}

func itemList(sub string, items []*SubscriptionItem) ItemList {
	return ItemList{Object: "list", Data: items, TotalCount: len(items), URL: "/v1/subscription_items?subscription=" + sub}
}

// putSubscription stores a subscription and its items, which can be read by themselves.
func (c *call) putSubscription(sub *Subscription) {
	sub.Plan, sub.Quantity = nil, nil
	if items := sub.Items.Data; len(items) == 1 {
		sub.Plan, sub.Quantity = items[0].Plan, &items[0].Quantity
	}
	c.tx.put(sub)
	for _, item := range sub.Items.Data {
		c.tx.put(item)
	}
}

func retrieveItem(c *call) (any, error) {
	return pathObject[*SubscriptionItem](c, kindSubItem)
}

func listItems(c *call) (any, error) {
	sub := c.p.str("subscription")
	if sub == "" {
		return nil, missingParam("subscription")
	}
	if _, ok := find[*Subscription](c.tx, sub); !ok {
		return nil, noSuch(kindSubscription, "subscription", sub)
	}
	return page[*SubscriptionItem](c, kindSubItem, sub, nil)
}
