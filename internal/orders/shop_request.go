package orders

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"checkoutd/internal/fault"
	"checkoutd/internal/money"
)

// ShopRequest is what the shop's backend asks for: a new order, or a change of
// an open one. Fields that are nil stay as they are; a list or a map that is
// given replaces the former one as a whole.
type ShopRequest struct {
	Reference          *string                `json:"reference"`  // of a new order only
	Currency           *string                `json:"currency"`   // of a new order only
	Mode               *Mode                  `json:"mode"`       // of a new order only
	TrialDays          *int64                 `json:"trial_days"` // of a new order only
	Items              *[]ShopItem            `json:"items"`
	Shipping           Nullable[ShopShipping] `json:"shipping"`
	Discounts          *[]Deduction           `json:"discounts"`
	Taxes              *[]Tax                 `json:"taxes"`
	Customer           *ShopCustomer          `json:"customer"`
	CaptureMethod      *string                `json:"capture_method"`
	SetupFutureUsage   *string                `json:"setup_future_usage"`
	PaymentMethodTypes *[]string              `json:"payment_method_types"`
	Metadata           *map[string]string     `json:"metadata"`
	Description        *string                `json:"description"`
	StatementSuffix    *string                `json:"statement_descriptor_suffix"`
	SuccessURL         *string                `json:"success_url"`
	CancelURL          *string                `json:"cancel_url"`
	Locale             *string                `json:"locale"`
	ExpiresAt          *string                `json:"expires_at"`
	// The accounts that take part, of a new order only, and what the platform
	// takes.
	Account               *string       `json:"account"`
	OnBehalfOf            *string       `json:"on_behalf_of"`
	TransferData          *ShopTransfer `json:"transfer_data"`
	ApplicationFeePercent *Percent      `json:"application_fee_percent"`
	ApplicationFeeAmount  *int64        `json:"application_fee_amount"` // can be changed
}

// ShopItem is a line of an order of the shop's backend: a product of the
// catalog by its SKU alone, or the shop's own with a name and a price. The SKU
// of an own item is a label.
type ShopItem struct {
	SKU         string `json:"sku"`
	Quantity    *int64 `json:"quantity"` // 1 if nil
	Name        string `json:"name"`
	UnitAmount  *int64 `json:"unit_amount"` // minor units; nil: a product of the catalog
	Image       string `json:"image"`
	Description string `json:"description"`
	TaxAmount   int64  `json:"tax_amount"` // tax of the whole line, added to its price
}

// ShopShipping is how the shop ships an order, and for how much.
type ShopShipping struct {
	Name    string `json:"name"`
	Amount  int64  `json:"amount"`
	MinDays int64  `json:"min_days"`
	MaxDays int64  `json:"max_days"`
}

// ShopCustomer is the buyer as the shop knows them. The reference vouches for
// the shop's login: all orders with it have one Stripe customer.
type ShopCustomer struct {
	Reference *string `json:"reference"`
	Email     *string `json:"email"`
	Name      *string `json:"name"`
}

// The limits of an order of the shop's backend.
const (
	maxShopLines    = 100
	maxShopQuantity = 10_000
	maxOtherLines   = 20 // discounts, and taxes
	maxShopName     = 250
	maxShopText     = 500
	maxDays         = 365
)

// Apply brings a request into an order. Its errors name the field. The caller
// computes the total afterwards.
func (s shop) applyShop(o *Order, req ShopRequest) error {
	steps := []func(*Order, ShopRequest) error{
		s.setShopItems, setShopShipping, setDeductions, setTaxes, setCustomer,
		s.setShopOptions, setTexts, s.setLinks, s.setExpiry,
	}
	for _, step := range steps {
		if err := step(o, req); err != nil {
			return err
		}
	}

	s.catalog.shipsItems(o)
	return checkShopMode(o)
}

// setShopItems sets the lines.
func (s shop) setShopItems(o *Order, req ShopRequest) error {
	if req.Items == nil {
		return nil
	}

	list := *req.Items
	switch {
	case o.Mode == ModeSetup && len(list) > 0:
		return errItemsNotHere
	case o.Mode == ModeSetup:
		return nil
	case len(list) == 0:
		return fault.InvalidField("items", "items_empty", "The order has no items.")
	case len(list) > maxShopLines:
		return fault.InvalidField("items", "items_too_many",
			fmt.Sprintf("An order has at most %d lines.", maxShopLines))
	}

	o.Items = make([]Item, 0, len(list))
	for i, line := range list {
		item, err := s.shopItem(i, line, o.Currency)
		if err != nil {
			return err
		}

		o.Items = append(o.Items, item)
	}

	mode, err := modeOf(o.Items)
	if err == nil && mode != cmp.Or(o.Mode, mode) {
		err = errItemsOfMode
	}

	o.Mode = mode

	return err
}

// shopItem returns line i of an order.
func (s shop) shopItem(i int, line ShopItem, currency string) (Item, error) {
	quantity := int64(1)
	if line.Quantity != nil {
		quantity = *line.Quantity
	}

	if err := checkMinor(field(i, "tax_amount"), line.TaxAmount, currency); err != nil {
		return Item{}, err
	}

	if line.UnitAmount == nil {
		return s.catalogItem(i, line, quantity, currency)
	}

	if quantity < 1 || quantity > maxShopQuantity {
		return Item{}, fault.InvalidField(field(i, "quantity"), "quantity_out_of_range",
			fmt.Sprintf("A quantity is a whole number from 1 to %d.", maxShopQuantity))
	}

	if err := checkMinor(field(i, "unit_amount"), *line.UnitAmount, currency); err != nil {
		return Item{}, err
	}

	item := Item{
		Quantity:   quantity,
		UnitAmount: *line.UnitAmount,
		TaxAmount:  line.TaxAmount,
		Own:        true,
	}
	for _, text := range []struct {
		to             *string
		name, given    string
		least, longest int
	}{
		{&item.SKU, "sku", line.SKU, 0, 64},
		{&item.Name, "name", line.Name, 1, maxShopName},
		{&item.Description, "description", line.Description, 0, maxShopText},
	} {
		clean, err := cleanText(field(i, text.name), text.given, text.least, text.longest)
		if err != nil {
			return Item{}, err
		}

		*text.to = clean
	}

	image, err := cleanURL(field(i, "image"), line.Image, false)
	item.Image = image
	return item, err
}

// catalogItem returns line i of an order that sells a product of the catalog.
func (s shop) catalogItem(i int, line ShopItem, quantity int64, currency string) (Item, error) {
	if line.SKU == "" {
		return Item{}, fault.InvalidField(field(i, "unit_amount"), "unit_amount_missing",
			"An item needs the sku of a product in the catalog, or a name and a unit_amount of its own.")
	}

	if line.Name != "" || line.Image != "" || line.Description != "" {
		return Item{}, fault.InvalidField(field(i, "unit_amount"), "unit_amount_missing",
			"An item with a name, an image or a description of its own needs a unit_amount, too.")
	}

	items, _, err := s.catalog.Price([]CartLine{{SKU: line.SKU, Quantity: quantity}}, currency)
	if err != nil {
		f := *fault.Of(err)
		switch f.Field {
		case field(0, "sku"):
			f.Field = field(i, "sku")
		case field(0, "quantity"):
			f.Field = field(i, "quantity")
		}

		return Item{}, &f
	}

	items[0].TaxAmount = line.TaxAmount
	return items[0], nil
}

// setShopShipping sets the shipping of the shop's own; null removes it.
func setShopShipping(o *Order, req ShopRequest) (err error) {
	if !req.Shipping.Set {
		return nil
	}

	v := req.Shipping.Value
	if v == nil {
		o.Shop.OwnShipping, o.ShippingRate = false, ShippingRate{}
		return nil
	}

	rate := ShippingRate{ID: ownRate, Amount: v.Amount, MinDays: v.MinDays, MaxDays: v.MaxDays}
	if rate.Name, err = cleanText("shipping.name", v.Name, 1, maxShopName); err != nil {
		return err
	}
	if err := checkMinor("shipping.amount", v.Amount, o.Currency); err != nil {
		return err
	}

	days := ""
	switch {
	case v.MinDays < 0 || v.MinDays > maxDays:
		days = "shipping.min_days"
	case v.MaxDays < v.MinDays || v.MaxDays > maxDays:
		days = "shipping.max_days"
	}

	if days != "" {
		return fault.InvalidField(days, "days_out_of_range",
			fmt.Sprintf("The delivery time is min_days to max_days, from 0 to %d.", maxDays))
	}

	o.Shop.OwnShipping, o.ShippingRate = true, rate
	return nil
}

// setDeductions sets the shop's own discounts.
func setDeductions(o *Order, req ShopRequest) (err error) {
	if req.Discounts == nil {
		return nil
	}

	list := slices.Clone(*req.Discounts)
	if len(list) > maxOtherLines {
		return tooManyLines("discounts")
	}

	for i := range list {
		name := fmt.Sprintf("discounts[%d]", i)
		if list[i].Name, err = cleanText(name+".name", list[i].Name, 1, maxShopName); err != nil {
			return err
		}
		if err := checkMinor(name+".amount", list[i].Amount, o.Currency); err != nil {
			return err
		}
	}

	o.Shop.Discounts = list
	return nil
}

// setTaxes sets the lines of tax.
func setTaxes(o *Order, req ShopRequest) (err error) {
	if req.Taxes == nil {
		return nil
	}

	list := slices.Clone(*req.Taxes)
	if len(list) > maxOtherLines {
		return tooManyLines("taxes")
	}

	for i := range list {
		name := fmt.Sprintf("taxes[%d]", i)
		if list[i].Name, err = cleanText(name+".name", list[i].Name, 1, maxShopName); err != nil {
			return err
		}
		if err := checkMinor(name+".amount", list[i].Amount, o.Currency); err != nil {
			return err
		}
	}

	o.Shop.Taxes = list
	return nil
}

func tooManyLines(name string) error {
	return fault.InvalidField(name, name+"_too_many", fmt.Sprintf("An order has at most %d %s.", maxOtherLines, name))
}

// checkMinor returns what is wrong with an amount of a line: its limits are
// those of a total, except that it may be zero.
func checkMinor(name string, amount int64, currency string) error {
	if amount >= 0 && amount <= money.Maximum(currency) && amount%money.Step(currency) == 0 {
		return nil
	}
	return fault.InvalidField(name, "amount_out_of_range",
		fmt.Sprintf("The amount is a whole number of minor units from 0 to %d, in steps of %d.",
			money.Maximum(currency), money.Step(currency)))
}

// CustomerReference returns the shop's own name for a customer as it is stored.
func CustomerReference(text string) (string, error) {
	return cleanText("customer.reference", text, 0, maxName)
}

// setCustomer sets who the buyer is.
func setCustomer(o *Order, req ShopRequest) (err error) {
	c := req.Customer
	if c == nil {
		return nil
	}

	if c.Reference != nil {
		ref, err := CustomerReference(*c.Reference)
		switch {
		case err != nil:
			return err
		case ref != o.CustomerReference && o.CustomerID != "":
			return fault.New(fault.Conflict, "customer_bound",
				"This order has its customer at Stripe already. Please create a new order for another one.")
		}

		o.CustomerReference = ref
	}

	if c.Email != nil {
		if o.Contact.Email, err = cleanEmail(*c.Email); err != nil {
			f := *fault.Of(err)
			f.Field = "customer.email"
			return &f
		}
	}

	if c.Name != nil {
		o.Contact.Name, err = cleanText("customer.name", *c.Name, 0, maxName)
	}

	return err
}

// checkShopMode returns what an order's mode does not allow. The amount of a
// subscription is that of its prices at Stripe, and a setup has none. Only
// one-time items are shipped.
func checkShopMode(o *Order) error {
	if o.Mode == ModePayment {
		return nil
	}

	for _, part := range []struct {
		field string
		given bool
	}{
		{"shipping", o.Shop.OwnShipping && !o.mixed()},
		{"discounts", len(o.Shop.Discounts) > 0},
		{"taxes", o.AddedTax() > 0 || len(o.Shop.Taxes) > 0},
		{"capture_method", o.Options.CaptureMethod != ""},
		{"statement_descriptor_suffix", o.Shop.StatementSuffix != ""},
		{"setup_future_usage", o.Mode == ModeSubscription && o.Options.SetupFutureUsage != ""},
	} {
		if part.given {
			return fault.InvalidField(part.field, "not_in_mode",
				"This cannot be set for an order in mode "+string(o.Mode)+".")
		}
	}

	if o.Trial() && o.mixed() {
		return fault.InvalidField("items", "not_with_trial", trialMixed)
	}

	return nil
}

// cloneShop returns terms that share nothing with t.
func cloneShop(t ShopTerms) ShopTerms {
	t.Metadata = maps.Clone(t.Metadata)
	t.Discounts, t.Taxes = slices.Clone(t.Discounts), slices.Clone(t.Taxes)
	return t
}
