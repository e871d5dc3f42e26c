package orders

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"net/http"
	"slices"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/money"
)

// ErrReferenceTaken refuses a second order with the shop's order number. The
// service adds the ID of the first.
var ErrReferenceTaken = fault.New(fault.Conflict, "reference_taken",
	"There is an order with this reference already.")

// errFixed refuses a buyer's change of what the shop's backend decided.
var errFixed = fault.New(fault.Conflict, "order_fixed",
	"The shop has decided what this order contains. It cannot be changed here.")

// NewToken returns the token of an order that the random bytes make.
func NewToken(random [sha256.Size]byte) string {
	return base32.StdEncoding.EncodeToString(random[:])[:tokenSize]
}

// tokenSize is the length of a token in characters: 130 bits, as rand.Text has.
const tokenSize = 26

// CreateForShop stores a new order of the shop's backend, which the token
// opens. id is "" or the ID that the order is to have: if there is one with it
// already, made by a call whose answer was lost, the token opens that one, and
// it is returned.
func (s *Service) CreateForShop(ctx context.Context, req ShopRequest, id, token string) (o Order, err error) {
	if id != "" {
		if o, err = s.setToken(ctx, id, token); !errors.Is(err, ErrNotFound) {
			return o, err
		}
	}

	if o, err = s.shop(ctx).newShopOrder(ctx, req); err != nil {
		return Order{}, err
	}

	o.ID = cmp.Or(id, NewID("ord_"))
	o.TokenHash = HashToken(token)

	err = s.store(ctx, &o)
	if errors.Is(err, ErrReferenceTaken) {
		first, findErr := s.cfg.Store.OrderByReference(ctx, o.Reference)
		switch {
		case findErr == nil && first.ID == id: // the same call made it a moment ago
			return first, nil
		case findErr == nil:
			err = ErrReferenceTaken.With("order", first.ID)
		}
	}
	if err != nil {
		return Order{}, err
	}

	return o, nil
}

// setToken makes the token open an order that exists. It does already, unless a
// former release made the order.
func (s *Service) setToken(ctx context.Context, id, token string) (Order, error) {
	return s.cfg.Store.UpdateOrder(ctx, id, func(o *Order) error {
		o.TokenHash = HashToken(token)
		return nil
	})
}

// newShopOrder returns the order that a request asks for, but for its ID.
func (s shop) newShopOrder(ctx context.Context, req ShopRequest) (o Order, err error) {
	s = s.after(&o, req)
	now := s.cfg.Now().UTC().Truncate(time.Microsecond) // as it is stored: the answer shows it
	o = Order{
		Status:        Open,
		PaymentStatus: Unpaid,
		Version:       1,
		Livemode:      s.cfg.Livemode,
		Shop:          ShopTerms{Fixed: true},
		CreatedAt:     now,
		UpdatedAt:     now,
		ExpiresAt:     now.Add(s.cfg.ExpiresAfter),
	}

	if req.Reference != nil {
		if o.Reference, err = cleanText("reference", *req.Reference, 1, maxName); err != nil {
			return Order{}, err
		}
	}

	if err := s.setShopMode(&o, req); err != nil {
		return Order{}, err
	}

	if err := s.applyShop(&o, req); err != nil {
		return Order{}, err
	}
	if err := setTrial(&o, req); err != nil {
		return Order{}, err
	}

	if o.Mode == ModePayment && req.SetupFutureUsage == nil {
		o.Options.SetupFutureUsage = s.catalog.futureUsage(o.Items, o.Options.SetupFutureUsage)
	}

	if err := s.setConnect(ctx, &o, req); err != nil {
		return Order{}, err
	}
	if err := s.catalog.reprice(&o); err != nil {
		return Order{}, err
	}

	return o, checkShares(&o, req)
}

// setShopMode sets the mode and the currency of a new order, and the options
// that follow from them.
func (s shop) setShopMode(o *Order, req ShopRequest) error {
	if req.Mode != nil {
		o.Mode = *req.Mode
	}

	switch {
	case !slices.Contains([]Mode{"", ModePayment, ModeSubscription, ModeSetup}, o.Mode):
		return fault.InvalidField("mode", "mode_unknown", "The mode is one of payment, subscription and setup.")
	case o.Mode == ModeSetup && !s.cfg.SetupOrders:
		return errSetupClosed
	case o.Mode != ModeSetup && req.Items == nil:
		return fault.InvalidField("items", "items_empty", "The order has no items.")
	}

	if req.Currency != nil {
		o.Currency = *req.Currency
	} else {
		o.Currency = s.usualCurrency(req)
	}

	if !money.Known(o.Currency) {
		return fault.InvalidField("currency", "currency_unsupported",
			"The currency must be one of Stripe's, in three lower-case letters.")
	}

	mode := o.Mode
	if mode == "" && req.Items != nil { // the options depend on what is sold
		mode = ModePayment
		if slices.ContainsFunc(*req.Items, s.recurs) {
			mode = ModeSubscription
		}
	}

	o.Options = s.cfg.Options.forMode(mode)
	return nil
}

// recurs reports whether a line sells a recurring product of the catalog.
func (s shop) recurs(line ShopItem) bool {
	return line.UnitAmount == nil && s.catalog.bySKU[line.SKU].Recurring != nil
}

// usualCurrency returns the currency of an order that names none: that in which
// the catalog sells all its items, or else the catalog's own.
func (s shop) usualCurrency(req ShopRequest) string {
	var cart []CartLine
	if req.Items != nil {
		for _, line := range *req.Items {
			if line.UnitAmount == nil {
				cart = append(cart, CartLine{SKU: line.SKU, Quantity: 1})
			}
		}
	}

	if _, currency, err := s.catalog.Price(cart, ""); err == nil {
		return currency
	}

	return s.catalog.currency
}

// ChangeForShop applies a change of the shop's backend to an open order, all of
// it or nothing, and computes the amount again. Repeating a change is a no-op.
func (s *Service) ChangeForShop(ctx context.Context, id string, req ShopRequest) (Order, error) {
	for _, part := range []struct {
		field string
		given bool
	}{
		{"reference", req.Reference != nil},
		{"currency", req.Currency != nil},
		{"mode", req.Mode != nil},
		{"account", req.Account != nil},
		{"on_behalf_of", req.OnBehalfOf != nil},
		{"transfer_data", req.TransferData != nil},
		{"trial_days", req.TrialDays != nil},
		{"application_fee_percent", req.ApplicationFeePercent != nil},
	} {
		if part.given {
			return Order{}, fault.InvalidField(part.field, "not_changeable",
				"This cannot be changed. Please create a new order.")
		}
	}

	shop := s.shop(ctx)

	return s.update(ctx, id, func(o *Order) error {
		if !o.Shop.Fixed {
			return fault.New(fault.Conflict, "order_of_buyer",
				"A buyer made this order on the shop's pages, and only the buyer can change it.")
		}

		shop := shop.after(o, req)
		o.Shop = cloneShop(o.Shop)
		if err := shop.applyShop(o, req); err != nil {
			return err
		}
		if err := setFees(o, req); err != nil {
			return err
		}
		if err := shop.catalog.reprice(o); err != nil {
			return err
		}

		return checkShares(o, req)
	})
}

// URL returns the address that opens an order for whoever has it.
func (s *Service) URL(id, token string) string {
	return s.cfg.BaseURL + "/checkout/" + id + "?token=" + token
}

// ClientToken returns the order's token for pages of the shop's own.
func ClientToken(id, token string) string { return id + "." + token }

// OpenByToken gives the browser the order's cookie if the token opens the
// order; otherwise it returns ErrNotFound.
func (s *Service) OpenByToken(w http.ResponseWriter, r *http.Request, id, token string) error {
	if !isWord(id) || !isWord(token) {
		return ErrNotFound
	}

	o, err := s.cfg.Store.Order(r.Context(), id)
	if err != nil {
		return err
	}
	if !o.OpenedBy(token) {
		return ErrNotFound
	}

	c := s.cookie
	c.MaxAge = max(c.MaxAge, cookieLife(o.ExpiresAt.Sub(s.cfg.Now())))
	c.add(w, r, entry{ID: id, Token: token})

	return nil
}
