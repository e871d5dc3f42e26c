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

// Change is what a buyer wants changed of an open order. What is nil, or not
// set, stays.
type Change struct {
	Items        *[]Wanted         `json:"items"`
	Promotion    *string           `json:"promotion_code"` // "" takes the code off
	ShippingRate *string           `json:"shipping_rate"`
	Email        *string           `json:"email"` // "" forgets it
	Shipping     Nullable[Address] `json:"shipping"`
	Billing      Nullable[Address] `json:"billing"`
}

// Nullable is a field that may be left out, be null, or have a value.
type Nullable[T any] struct {
	Set   bool
	Value *T
}

// UnmarshalJSON is called only when the field is there.
func (n *Nullable[T]) UnmarshalJSON(data []byte) error {
	n.Set = true
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields() // which the decoder around this one does not pass on
	return dec.Decode(&n.Value)
}

// The refusals of a change.
var (
	errOver       = fault.New(fault.Conflict, "order_not_open", "The time to pay this order is over. Please start a new order.")
	errInProgress = fault.New(fault.Conflict, "payment_in_progress",
		"A payment for this order is in progress. It cannot be changed now.")
)

// changeable says why an order cannot be changed, or nil.
func (o *Order) changeable(now time.Time) error {
	switch {
	case o.IsExpired(now):
		return errOver
	case o.Status != Open:
		return fault.New(fault.Conflict, "order_not_open", "This order cannot be changed any more: it is "+string(o.Status)+".")
	case o.underWay():
		return errInProgress
	}
	return nil
}

// underWay reports whether a payment is under way, or was made.
func (o *Order) underWay() bool { return o.PaymentStatus != Unpaid && o.PaymentStatus != PaymentFailed }

// Change changes an open order as its buyer wants it, all of it or nothing, and
// computes afresh what is to be paid. The same change again changes nothing.
func (s *Service) Change(ctx context.Context, id string, c Change) (Order, error) {
	uses := int64(0)
	if c.Promotion != nil {
		code := canonical(*c.Promotion)
		if p, ok := s.Catalog.promotions[code]; ok && p.Uses > 0 {
			var err error
			if uses, err = s.Store.PromotionUses(ctx, code); err != nil {
				return Order{}, err
			}
		}
	}

	return s.update(ctx, id, func(o *Order) error { return s.change(o, c, uses) })
}

// DropPromotion takes the code off an open order, for when its last use went to
// somebody else. It returns the order with its new total.
func (s *Service) DropPromotion(ctx context.Context, id string) (Order, error) {
	return s.update(ctx, id, func(o *Order) error {
		if o.Discount.Held {
			return nil
		}
		o.Discount = Discount{}
		return s.Catalog.reprice(o)
	})
}

func (s *Service) update(ctx context.Context, id string, change func(*Order) error) (Order, error) {
	return s.Store.UpdateOrder(ctx, id, func(o *Order) error {
		if err := o.changeable(s.Now()); err != nil {
			return err
		}

		was := o.bill()
		if err := change(o); err != nil {
			return err
		}

		if !reflect.DeepEqual(was, o.bill()) {
			o.Version++
		}

		return nil
	})
}

// bill is what is to be paid, and how.
type bill struct {
	items    []Item
	options  Options
	code     string
	discount int64
	rate     ShippingRate
	amount   int64
}

func (o *Order) bill() bill {
	return bill{slices.Clone(o.Items), o.Options, o.Discount.Code, o.Discount.Amount, o.ShippingRate, o.Amount}
}

// change does one after the other what was asked. uses is how many orders held
// the code a moment ago: a hint for the buyer, since only the reservation takes
// one.
func (s *Service) change(o *Order, c Change, uses int64) error {
	country := o.country()
	if err := o.setContact(c); err != nil {
		return err
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
		if err := s.Catalog.setRate(o, *c.ShippingRate); err != nil {
			return err
		}
	}

	if c.Items == nil && c.Promotion == nil && c.ShippingRate == nil && country == o.country() {
		return nil // what is to be paid stays as it was, whatever became of the catalog
	}

	return s.Catalog.reprice(o)
}

// setContact takes what the buyer says of themselves.
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

// setItems puts other lines in the place of an order's. Its currency and mode
// stay.
func (s *Service) setItems(o *Order, cart []Wanted) error {
	if o.Mode == ModeSetup {
		return errItemsNotHere
	}

	items, _, err := s.Catalog.Price(cart, o.Currency)
	if fault.Is(err, errCurrency.Code) {
		return fault.InvalidField("items", "currency_mixed", "These products are not sold in the currency of this order.")
	}
	if err != nil {
		return err
	}

	mode, err := modeOf(items)
	if err == nil && mode != o.Mode {
		err = errItemsMixed
	}
	if err != nil {
		return err
	}

	o.Items = items
	if o.Mode == ModePayment {
		o.Options.SetupFutureUsage = s.Catalog.futureUsage(items, s.Options.SetupFutureUsage)
	}

	return nil
}

// setPromotion enters a code, or takes one off with "". The order's own code
// again is left as it is: it was good when it was entered.
func (s *Service) setPromotion(o *Order, code string, uses int64) error {
	if code == o.Discount.Code {
		return nil
	}

	o.Discount = Discount{}
	if code == "" {
		return nil
	}

	p, ok := s.Catalog.promotions[code]
	switch {
	case o.Mode != ModePayment:
		return errPromotionNotHere
	case !ok:
		return errPromotionUnknown
	case !p.Expires.IsZero() && !s.Now().Before(p.Expires):
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

// setRate chooses a rate by its id. reprice gives it its price.
func (c *Catalog) setRate(o *Order, id string) error {
	if !slices.ContainsFunc(c.ratesFor(o), func(r Rate) bool { return r.ID == id }) {
		return errRateUnknown
	}
	o.ShippingRate = ShippingRate{ID: id}
	return nil
}

// reprice computes what an order costs. A code that does not fit any more,
// since the goods became less or the catalog another, is taken off; a rate that
// does not go to the order's country gives way to the first that does.
func (c *Catalog) reprice(o *Order) error {
	if o.Mode == ModeSetup {
		return nil
	}

	promotion := c.promotionOf(o)
	rate, err := c.rateOf(o)
	if err != nil {
		return err
	}

	t, err := Total(o.Items, o.Currency, promotion, rate)
	if err != nil {
		return err
	}

	o.Amount = t.Amount
	if promotion == nil {
		o.Discount = Discount{}
	} else {
		o.Discount.Amount, o.Discount.Limit = t.Discount, promotion.Uses
	}

	o.ShippingRate = ShippingRate{}
	if rate != nil {
		o.ShippingRate = rate.offer(t.Subtotal, o.Currency)
	}

	return nil
}

// promotionOf is the promotion of the order's code while it fits, or nil.
func (c *Catalog) promotionOf(o *Order) *Promotion {
	p, ok := c.promotions[o.Discount.Code]
	goods, _ := subtotal(o.Items)
	if !ok || o.Mode != ModePayment || p.fits(goods, o.Currency) != nil {
		return nil
	}
	return &p
}

// rateOf is the order's rate while it can be had, or else the first that can,
// or nil for an order that is not sent.
func (c *Catalog) rateOf(o *Order) (*Rate, error) {
	if !o.Ships() {
		return nil, nil // no rate is a good answer
	}
	list := c.ratesFor(o)
	if len(list) == 0 {
		return nil, errCountry
	}
	i := slices.IndexFunc(list, func(r Rate) bool { return r.ID == o.ShippingRate.ID })
	return &list[max(i, 0)], nil
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

	return httpio.WriteJSON(w, http.StatusOK, s.View(o))
}
