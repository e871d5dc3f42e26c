package customersession

import (
	"net/http"

	"checkoutd/internal/orders"
)

// NotePaid keeps for a browser with a buyer's token that it has paid the order,
// or begun to: Contact returns what that order has, once it is paid. Only a
// payment counts. Whoever merely opens an order of somebody else, such as by a
// link, learns nothing by it, and is shown nobody else's address either. The
// payment goes on without it.
func (h *Handler) NotePaid(r *http.Request, o orders.Order) {
	ctx := r.Context()
	v, err := h.cookie.visitor(r, &o)
	if err == nil && v.token.Hash != nil && v.token.OrderID != o.ID {
		err = h.cfg.Store.NoteOrder(ctx, v.token.Hash, o.ID)
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
// sites, and once the order's personal data is erased.
func (h *Handler) Contact(r *http.Request, o orders.Order) (orders.Contact, error) {
	v, err := h.cookie.visitor(r, &o)
	if err != nil || v.token.OrderID == "" {
		return orders.Contact{}, err
	}
	return h.cfg.Store.PaidContact(r.Context(), o.Account, v.token.OrderID)
}
