package customersession

import (
	"net/http"

	"checkoutd/internal/orders"
)

// NotePaid keeps for a browser with a buyer's token that it has paid the order
// by the attempt, or begun to: Contact returns what that order has, once that
// attempt has paid it. Nothing else counts. Whoever merely opens an order of
// somebody else, such as by a link, or tries in vain to pay it, learns nothing
// by it, and is shown nobody else's address either. The payment goes on without
// it.
func (h *Handler) NotePaid(r *http.Request, o orders.Order, attemptID string) {
	ctx := r.Context()
	v, err := h.cookie.visitor(r, &o)
	if err == nil && v.token.Hash != nil && v.token.Payments.Last != attemptID {
		err = h.cfg.Store.NotePayment(ctx, v.token.Hash, attemptID)
	}

	if err != nil {
		h.cfg.Log.Warn().Ctx(ctx).Err(err).
			Str("order_id", o.ID).
			Msg("the next form of this browser will not be filled")
	}
}

// Contact returns what the buyer entered for the order that the request's
// browser paid last, if that was in the account of o. It is zero for a browser
// without a valid token, for a buyer whom the shop names, on pages of other
// sites, once the order's personal data is erased, and if it cannot be read:
// the buyer can pay without it.
func (h *Handler) Contact(r *http.Request, o orders.Order) orders.Contact {
	ctx := r.Context()
	v, err := h.cookie.visitor(r, &o)
	if err == nil && v.token.Payments == (Payments{}) {
		return orders.Contact{}
	}

	var c orders.Contact
	if err == nil {
		c, err = h.cfg.Store.PaidContact(ctx, o.Account, v.token.Payments)
	}

	if err != nil {
		h.cfg.Log.Warn().Ctx(ctx).Err(err).Str("order_id", o.ID).Msg("the form of this browser is not filled")
	}
	return c
}
