package payments

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/tracing"
)

// maxBody bounds the body of POST /create-confirm-intent, in bytes.
const maxBody = 4 << 10

// replacementCost is how many requests the replacement of an attempt counts as
// in the rate limit, besides its own: it cancels an intent, or a whole
// subscription, and begins another.
const replacementCost = 2

// refusalCost is how many requests a payment that the shop's rules refuse
// counts as in the rate limit, besides its own: each asked Stripe and perhaps
// the shop.
const refusalCost = 4

// EnsureCustomer makes sure that an open order has a Stripe customer. Its error
// is a fault.
type EnsureCustomer func(ctx context.Context, w http.ResponseWriter, r *http.Request, o orders.Order) error

// NotePaid notes that a request has paid an order by an attempt, or has begun
// to.
type NotePaid func(r *http.Request, o orders.Order, attemptID string)

// Handler serves POST /create-confirm-intent.
type Handler struct {
	payments       *Service
	orders         *orders.Service
	ensureCustomer EnsureCustomer
	notePaid       NotePaid
}

// NewHandler returns a Handler. It calls ensure for the orders that need a
// customer; ensure may be nil if there are none. It calls note, unless that is
// nil, after each call whose attempt was not refused.
func NewHandler(p *Service, o *orders.Service, ensure EnsureCustomer, note NotePaid) *Handler {
	return &Handler{payments: p, orders: o, ensureCustomer: ensure, notePaid: note}
}

// ServeHTTP pays the order that the body names, or else the newest order in the
// browser's cookie, unless the cookie opens several that can be paid. An order
// that costs nothing needs no ConfirmationToken: it is placed. It is to be
// wrapped in httpio.HandleStripe.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) error {
	var req ConfirmRequest
	if err := httpio.DecodeJSON(w, r, &req, maxBody); err != nil {
		return err
	}

	orders.PresentClientToken(r, req.ClientToken)

	o, err := h.orders.OpenedToPay(r, req.OrderID)
	if err != nil {
		return err
	}

	if err := h.payments.checkReturnURL(req.ReturnURL); err != nil {
		return err
	}

	if o, err = h.orders.Agree(r.Context(), o, req.TermsAccepted, req.TermsVersion); err != nil {
		return err
	}

	// The buyer's browser says nothing of a trace: the order knows it.
	tracing.Continue(r.Context(), o.Traced())

	req.OrderID = o.ID
	log := httpio.LogFields(r.Context())
	log.Set("order_id", o.ID)

	ctx, cancel := h.payments.Bound(r.Context())
	defer cancel()

	answer, err := h.settle(ctx, w, r, o, req)
	if errors.Is(err, orders.ErrPromotionUsedUp) {
		err = h.dropPromotion(r.Context(), o.ID)
	}
	if err != nil {
		return err
	}

	if h.notePaid != nil && answer.AttemptID != "" {
		h.notePaid(r, o, answer.AttemptID)
	}

	log.Set("payment_status", string(answer.Status))
	return httpio.WriteJSON(w, http.StatusOK, answer)
}

// maxReturnURL is the greatest length of a page's return address.
const maxReturnURL = 2048

// checkReturnURL returns why a page may not have the buyer sent back to an
// address: only the shop's own origins are trusted with the buyer, and with the
// client secret that Stripe appends.
func (s *Service) checkReturnURL(address string) error {
	if address == "" {
		return nil
	}

	u, err := url.Parse(address)
	if err != nil || len(address) > maxReturnURL || u.User != nil || u.Opaque != "" ||
		!slices.Contains(s.cfg.ReturnOrigins, u.Scheme+"://"+strings.ToLower(u.Host)) {
		return fault.InvalidField("returnUrl", "return_url_refused",
			"The returnUrl must be an address on an origin of ALLOWED_ORIGINS, of at most 2048 characters.")
	}

	return nil
}

// settle places the order if it costs nothing, and otherwise pays it with the
// token.
func (h *Handler) settle(
	ctx context.Context, w http.ResponseWriter, r *http.Request, o orders.Order, req ConfirmRequest,
) (Answer, error) {
	switch {
	case o.Free():
		return h.payments.Place(ctx, req)
	case req.Token == "" && req.ExpectedAmount != nil && *req.ExpectedAmount != o.Amount:
		return Answer{}, amountChanged(&o) // it cost nothing when the page showed it
	case req.Token == "":
		return Answer{}, errTokenMissing
	}

	done, err := h.payments.admit(ctx, r, &req, o.CustomerID)
	if err != nil {
		return Answer{}, err
	}
	defer done()

	if err := h.payments.judge(ctx, &req); err != nil {
		return Answer{}, cmp.Or(httpio.ExchangeOf(r.Context()).Charge(refusalCost), err)
	}

	// An order with a payment in progress has its customer already, and the
	// outcome of that payment comes first.
	idle := o.PaymentStatus == orders.Unpaid || o.PaymentStatus == orders.PaymentFailed
	if needsCustomer(&o) && o.Status == orders.Open && idle {
		if err := h.ensure(ctx, w, r, o); err != nil {
			return Answer{}, err
		}
	}

	req.Replace = func() error { return httpio.ExchangeOf(r.Context()).Charge(replacementCost) }

	answer, err := h.payments.Confirm(ctx, req)
	if isCustomerGone(err) && h.ensureCustomer != nil {
		if mendErr := h.replaceCustomer(ctx, w, r, o); mendErr != nil {
			return Answer{}, mendErr
		}

		answer, err = h.payments.Confirm(ctx, req)
	}

	return answer, err
}

// admit asks the guard before anything is asked of Stripe. done is to be called
// at the end. A refusal does not keep a token that has an attempt already from
// its answer.
func (s *Service) admit(
	ctx context.Context, r *http.Request, req *ConfirmRequest, customer string,
) (done func(), err error) {
	if s.cfg.Guard == nil {
		return func() {}, nil
	}

	req.Source = s.cfg.Guard.Source(httpio.ClientIP(r.Context()))
	done, err = s.cfg.Guard.Admit(ctx, req.Source, customer)
	if err == nil {
		req.Reserved = done
		return done, nil
	}

	st, readErr := s.cfg.Store.Read(ctx, req.OrderID)
	if readErr == nil && st.attemptWith(req.Token) != nil {
		return func() {}, nil
	}

	return nil, err
}

// dropPromotion removes a promotion code whose last use went to somebody else.
// The fault that it returns asks the buyer to check the new total.
func (h *Handler) dropPromotion(ctx context.Context, orderID string) error {
	o, err := h.orders.DropPromotion(ctx, orderID)
	if err != nil {
		return err
	}
	return amountChanged(&o)
}

// ensure makes sure that the order has a customer that exists. If the former
// one is gone and its intent still holds the order, that is canceled first.
func (h *Handler) ensure(ctx context.Context, w http.ResponseWriter, r *http.Request, o orders.Order) error {
	err := h.ensureCustomer(ctx, w, r, o)
	if fault.Is(err, "order_not_open") {
		return h.replaceCustomer(ctx, w, r, o)
	}
	return h.payments.explainCustomer(err, o)
}

// isCustomerGone reports whether a payment failed because the order's customer
// was deleted at Stripe.
func isCustomerGone(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Payment != nil && f.Payment.Code == codeCustomerGone
}

// replaceCustomer gives the order another customer in place of one that was
// deleted at Stripe, which cannot be undone
// (https://docs.stripe.com/api/customers/delete). Nothing was taken from it.
func (h *Handler) replaceCustomer(ctx context.Context, w http.ResponseWriter, r *http.Request, o orders.Order) error {
	if err := h.payments.release(ctx, o.ID); err != nil {
		return fault.Wrap(err, errUnreachable.Kind, errUnreachable.Code, errUnreachable.Message)
	}
	return h.payments.explainCustomer(h.ensureCustomer(ctx, w, r, o), o)
}

// explainCustomer returns the fault for an order that got no customer. If only
// the shop can change that, the operator hears of it.
func (s *Service) explainCustomer(err error, o orders.Order) error {
	var e *CallError
	if !errors.As(err, &e) || !e.needsShop() {
		return err
	}

	s.refusals.add(e, o.ID, o.Contact)
	return shopFault(&fault.Payment{Type: e.Stripe.Type, Code: e.Stripe.Code})
}
