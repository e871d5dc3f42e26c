package payments

import (
	"context"
	"errors"
	"net/http"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
)

// maxBody bounds the body of POST /create-confirm-intent, in bytes.
const maxBody = 4 << 10

// Handler is POST /create-confirm-intent.
type Handler struct {
	payments       *Service
	orders         *orders.Service
	ensureCustomer EnsureCustomer
}

// EnsureCustomer sets the Stripe customer of an open order that needs one. Its
// error is a fault.
type EnsureCustomer func(ctx context.Context, w http.ResponseWriter, r *http.Request, o orders.Order) error

// NewHandler returns a Handler.
func NewHandler(p *Service, o *orders.Service, ensure EnsureCustomer) *Handler {
	return &Handler{payments: p, orders: o, ensureCustomer: ensure}
}

// ServeHTTP pays the order that the body names, or else the newest one of the
// browser's cookie. It is to be wrapped by httpio.HandleStripe.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) error {
	var req ConfirmRequest
	if err := httpio.DecodeJSON(w, r, &req, maxBody); err != nil {
		return err
	}
	if req.Token == "" {
		return fault.InvalidField("confirmationTokenId", "token_missing", "confirmationTokenId is missing.")
	}
	o, err := h.orders.Opened(r, req.OrderID)
	if err != nil {
		return err
	}
	req.OrderID = o.ID
	log := httpio.LogFields(r.Context())
	log.Set("order_id", o.ID)
	// One that is under way has its customer, and nothing must come before what is known of it.
	idle := o.PaymentStatus == orders.Unpaid || o.PaymentStatus == orders.PaymentFailed
	if needsCustomer(o.Mode) && o.Status == orders.Open && idle {
		if err := h.ensureCustomer(r.Context(), w, r, o); err != nil {
			return err
		}
	}
	answer, err := h.payments.Confirm(r.Context(), req)
	if errors.Is(err, orders.ErrPromotionUsedUp) {
		err = h.withoutPromotion(r.Context(), o.ID)
	}
	if err != nil {
		return err
	}
	log.Set("payment_status", string(answer.Status))
	return httpio.WriteJSON(w, http.StatusOK, answer)
}

// withoutPromotion takes a code off the order whose last use went to somebody else, and asks
// the buyer to look at the new total.
func (h *Handler) withoutPromotion(ctx context.Context, orderID string) error {
	o, err := h.orders.DropPromotion(ctx, orderID)
	if err != nil {
		return err
	}
	return amountChanged(&o)
}

// Resume is what the page needs to go on with a payment that was under way when it
// was left; ok is false if there is none. Only the order's own buyer may see it.
func (s *Service) Resume(ctx context.Context, orderID string) (out Answer, ok bool, err error) {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return Answer{}, false, err
	}
	a := st.Active()
	if a == nil || st.Order.Status == orders.Review {
		return Answer{}, false, nil
	}
	out.Status = Status(a.State)
	if in := st.Intent(a.IntentID); in != nil && a.State == RequiresAction {
		out.ClientSecret = in.ClientSecret
	}
	return out, true, nil
}

// Refusal is what the buyer was told of the order's last attempt; failed is false if
// that did not fail.
func (s *Service) Refusal(ctx context.Context, orderID string) (f *fault.Error, failed bool, err error) {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil || len(st.Attempts) == 0 {
		return nil, false, err
	}
	last := st.Attempts[len(st.Attempts)-1]
	return last.fault(), last.State == Failed, nil
}
