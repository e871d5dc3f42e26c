package customersession

import (
	"net/http"

	"checkoutd/internal/orders"
)

// NotePaid notes that a browser with a buyer's token has paid the order by the
// attempt, or has begun to. Contact returns the order's contact details once
// that attempt has succeeded: a browser that only opened somebody else's order,
// such as by a link, or tried in vain to pay it, must not see whose it is. An
// error is logged and does not fail the payment.
func (h *Handler) NotePaid(r *http.Request, o orders.Order, attemptID string) {
	ctx := r.Context()
	v, err := h.cookie.visitor(r, &o)
	if err == nil && v.token.Hash != nil && v.token.Payments.Last != attemptID {
		err = h.cfg.Store.NotePayment(ctx, v.token.Hash, attemptID)
	}

	if err != nil {
		h.cfg.Log.Warn().Ctx(ctx).Err(err).
			Str("order_id", o.ID).
			Msg("the payment was not noted for this browser, whose next form may stay empty")
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
		h.cfg.Log.Warn().Ctx(ctx).Err(err).Str("order_id", o.ID).Msg("a returning buyer's details could not be read; the form stays empty")
	}
	return c
}
