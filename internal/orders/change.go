package orders

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// Change is a buyer's change of an open order. Fields that are nil or not set
// stay as they are.
type Change struct {
	Items        *[]CartLine       `json:"items"`
	Promotion    *string           `json:"promotion_code"` // "" removes the code
	ShippingRate *string           `json:"shipping_rate"`
	Email        *string           `json:"email"` // "" removes it
	Shipping     Nullable[Address] `json:"shipping"`
	Billing      Nullable[Address] `json:"billing"`
}

// Nullable is a field that may be left out, be null, or have a value.
type Nullable[T any] struct {
	Set   bool
	Value *T
}

// UnmarshalJSON sets the value. The decoder calls it only if the field is
// present.
func (n *Nullable[T]) UnmarshalJSON(data []byte) error {
	n.Set = true
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields() // the outer decoder does not pass this on
	return dec.Decode(&n.Value)
}

// The reasons why an order cannot be changed.
var (
	errOver = fault.New(fault.Conflict, "order_not_open",
		"The time to pay this order is over. Please start a new order.")
	errInProgress = fault.New(fault.Conflict, "payment_in_progress",
		"A payment for this order is in progress. It cannot be changed now.")
)

// changeable returns why the order cannot be changed, nil if it can.
func (o *Order) changeable(now time.Time) error {
	switch {
	case o.IsExpired(now):
		return errOver
	case o.Status != Open:
		return fault.New(fault.Conflict, "order_not_open",
			"This order cannot be changed any more: it is "+string(o.Status)+".")
	case o.paymentStarted():
		return errInProgress
	}
	return nil
}

// paymentStarted reports whether a payment is in flight or was made.
func (o *Order) paymentStarted() bool {
	return o.PaymentStatus != Unpaid && o.PaymentStatus != PaymentFailed
}

// Change applies a buyer's change to an open order, all of it or nothing, and
// computes the amount again. Repeating a change is a no-op.
func (s *Service) Change(ctx context.Context, id string, c Change) (Order, error) {
	shop, uses := s.shop(ctx), int64(0)
	if c.Promotion != nil {
		code := canonical(*c.Promotion)
		if p, ok := shop.catalog.promotions[code]; ok && p.Uses > 0 {
			var err error
			if uses, err = s.cfg.Store.PromotionUses(ctx, code); err != nil {
				return Order{}, err
			}
		}
	}

	return s.update(ctx, id, func(o *Order) error { return shop.of(o).apply(o, c, uses) })
}

// DropPromotion removes the code of an open order after another order took the
// code's last use. It returns the order with its new total.
func (s *Service) DropPromotion(ctx context.Context, id string) (Order, error) {
	catalog := s.Catalog(ctx)

	return s.update(ctx, id, func(o *Order) error {
		if o.Discount.Held {
			return nil
		}
		o.Discount = Discount{}
		return catalog.reprice(o)
	})
}

func (s *Service) update(ctx context.Context, id string, change func(*Order) error) (Order, error) {
	return s.cfg.Store.UpdateOrder(ctx, id, func(o *Order) error {
		if err := o.changeable(s.cfg.Now()); err != nil {
			return err
		}

		before := o.bill()
		if err := change(o); err != nil {
			return err
		}

		if !reflect.DeepEqual(before, o.bill()) {
			o.Version++
		}

		return nil
	})
}

// bill is what a buyer agrees to pay, and how. If it changes, so does Version.
type bill struct {
	items    []Item
	options  Options
	code     string
	discount int64
	rate     ShippingRate
	amount   int64
	shop     ShopTerms
}

func (o *Order) bill() bill {
	return bill{
		items:    slices.Clone(o.Items),
		options:  o.Options,
		code:     o.Discount.Code,
		discount: o.Discount.Amount,
		rate:     o.ShippingRate,
		amount:   o.Amount,
		shop:     cloneShop(o.Shop),
	}
}

// apply carries out a change. uses is the number of orders that held the code a
// moment ago: it lets the buyer know early, but only the reservation of a
// payment takes a use.
func (s shop) apply(o *Order, c Change, uses int64) error {
	if o.Shop.Fixed && (c.Items != nil || c.Promotion != nil) {
		return errFixed
	}

	country := o.country()
	if err := o.setContact(c); err != nil {
		return err
	}

	// Nobody knows whether a rate that the catalog no longer has serves another
	// country.
	if !o.Shop.OwnShipping && country != "" && country != o.country() && s.catalog.withdrew(o.ShippingRate.ID) {
		o.ShippingRate = ShippingRate{}
	}

	if c.Items != nil {
		if err := s.setItems(o, *c.Items); err != nil {
			return err
		}
	}

	if c.Promotion != nil {
		if err := s.setPromotion(o, canonical(*c.Promotion), uses); err != nil {
			return err
		}
	}

	if c.ShippingRate != nil {
		if err := s.catalog.setRate(o, *c.ShippingRate); err != nil {
			return err
		}
	}

	if c.Items == nil && c.Promotion == nil && c.ShippingRate == nil && country == o.country() {
		return nil // the amount stays, even if the catalog has changed since
	}

	return s.catalog.reprice(o)
}

// setContact sets the buyer's e-mail address and postal addresses.
func (o *Order) setContact(c Change) (err error) {
	if c.Email != nil {
		if o.Contact.Email, err = cleanEmail(*c.Email); err != nil {
			return err
		}
	}

	if c.Shipping.Set {
		if o.Contact.Shipping, err = cleanAddress(c.Shipping.Value, "shipping"); err != nil {
			return err
		}
	}

	if c.Billing.Set {
		if o.Contact.Billing, err = cleanAddress(c.Billing.Value, "billing"); err != nil {
			return err
		}
	}

	return nil
}

// setItems replaces the lines of an order. Its currency and mode stay.
func (s shop) setItems(o *Order, cart []CartLine) error {
	if o.Mode == ModeSetup {
		return errItemsNotHere
	}

	items, _, err := s.catalog.Price(cart, o.Currency)
	if fault.Is(err, errCurrency.Code) {
		return fault.InvalidField("items", "currency_mixed",
			"These products are not sold in the currency of this order.")
	}

	if err != nil {
		return err
	}

	mode, err := modeOf(items)
	if err == nil && mode != o.Mode {
		err = errItemsOfMode
	}
	if err != nil {
		return err
	}

	o.Items = items
	if o.Mode == ModePayment {
		o.Options.SetupFutureUsage = s.catalog.futureUsage(items, s.cfg.Options.SetupFutureUsage)
	}

	return nil
}

// setPromotion sets the promotion code, or removes it if code is "". The code
// that the order has already is not checked again: it was valid when it was
// entered.
func (s shop) setPromotion(o *Order, code string, uses int64) error {
	if code == o.Discount.Code {
		return nil
	}

	o.Discount = Discount{}
	if code == "" {
		return nil
	}

	p, ok := s.catalog.promotions[code]
	switch {
	case o.Mode != ModePayment:
		return errPromotionNotHere
	case !ok:
		return errPromotionUnknown
	case !p.Expires.IsZero() && !s.cfg.Now().Before(p.Expires):
		return errPromotionExpired
	case p.Uses > 0 && uses >= p.Uses:
		return ErrPromotionUsedUp
	}

	goods, _ := subtotal(o.Items)
	if err := p.fits(goods, o.Currency); err != nil {
		return err
	}

	o.Discount.Code = code
	return nil
}

// setRate chooses a shipping rate by its ID; reprice sets its price.
func (c *Catalog) setRate(o *Order, id string) error {
	if !slices.ContainsFunc(c.ratesFor(o), func(r Rate) bool { return r.ID == id }) {
		return errRateUnknown
	}
	o.ShippingRate = ShippingRate{ID: id}
	return nil
}

// ServeChange is PATCH /orders/{id}.
func (s *Service) ServeChange(w http.ResponseWriter, r *http.Request) error {
	var c Change
	if err := httpio.DecodeJSON(w, r, &c, maxBody); err != nil {
		return err
	}

	o, err := s.Opened(r, r.PathValue("id"))
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("order_id", o.ID)
	if o, err = s.Change(r.Context(), o.ID, c); err != nil {
		return err
	}

	return httpio.WriteJSON(w, http.StatusOK, s.View(r.Context(), o))
}
