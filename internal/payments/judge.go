package payments

import (
	"context"
	"reflect"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// Method is a payment method as its ConfirmationToken shows it, before anything
// is charged.
type Method struct {
	Type   string `json:"type"`             // card, sepa_debit, …
	Wallet string `json:"wallet,omitempty"` // apple_pay, google_pay, link, …
	Card   *Card  `json:"card,omitempty"`   // set if Type is card
}

// Card is what is known of a card.
type Card struct {
	Brand   string `json:"brand"`   // visa, mastercard, …
	Country string `json:"country"` // two letters, of the bank that issued it
	Funding string `json:"funding"` // credit, debit, prepaid or unknown
	Last4   string `json:"last4"`
}

// Judge decides whether an order may be paid with a method, by the rules of the
// shop. It is asked before the attempt is reserved, once for each token.
type Judge interface {
	// Judge returns what was decided, in words for the shop, or the fault that
	// refuses the payment. m is zero for an order that costs nothing.
	Judge(ctx context.Context, o orders.Order, m Method) (verdict string, err error)
}

// judgment is what was decided about a payment, and the order it is about.
type judgment struct {
	order   orders.Order
	verdict string
	asked   bool // false if the order could not be paid when it was looked at
}

// verdict returns what was decided about the token, "" if nobody was asked.
func (r ConfirmRequest) verdict() string {
	if r.judged == nil {
		return ""
	}
	return r.judged.verdict
}

// fits reports whether the order is still the one that was judged. Nobody has
// judged an order that could not be paid then and can be paid now.
func (j *judgment) fits(o *orders.Order) bool {
	return j.asked && j.order.Version == o.Version && reflect.DeepEqual(j.order.Contact, o.Contact)
}

// judge asks the judge about a token that has no attempt yet, or whose attempt
// can be made again: the order may have changed since. A token that Stripe does
// not know is left to the confirm, which tells the buyer.
func (s *Service) judge(ctx context.Context, req *ConfirmRequest) error {
	if s.cfg.Judge == nil || !tokenPattern.MatchString(req.Token) {
		return nil
	}

	st, err := s.cfg.Store.Read(ctx, req.OrderID)
	if err != nil {
		return err
	}

	if prev := st.attemptWith(req.Token); prev != nil && !st.mended(prev) {
		return nil
	}

	if st.Order.Status != orders.Open {
		req.judged = &judgment{}
		return nil
	}

	method, err := s.stripe(&st.Order).Method(ctx, req.Token)
	if err != nil {
		return s.explainMethod(err, &st.Order)
	}

	verdict, err := s.cfg.Judge.Judge(ctx, st.Order, method)
	if err != nil {
		return err
	}

	req.judged = &judgment{st.Order, verdict, true}
	return nil
}

// judgeFree asks the judge about an order that costs nothing and can be placed:
// the shop decides about its goods, not only about cards.
func (s *Service) judgeFree(ctx context.Context, req *ConfirmRequest) error {
	if s.cfg.Judge == nil {
		return nil
	}

	st, err := s.cfg.Store.Read(ctx, req.OrderID)
	if err != nil {
		return err
	}

	// What cannot be placed is refused without asking, and what is placed was
	// judged before.
	if !st.Order.Free() || s.rules().refuse(st, *req) != nil {
		req.judged = &judgment{}
		return nil
	}

	verdict, err := s.cfg.Judge.Judge(ctx, st.Order, Method{})
	if err != nil {
		return err
	}

	s.cfg.Log.Info().
		Ctx(ctx).
		Str("order_id", st.Order.ID).
		Str("verdict", verdict).
		Msg("the shop decided about an order that costs nothing")

	req.judged = &judgment{st.Order, verdict, true}

	return nil
}

// explainMethod returns the fault for a method that could not be read, nil if
// Stripe does not know the token: it cannot pay, and the confirm says why.
func (s *Service) explainMethod(err error, o *orders.Order) error {
	e := asCallError(err)
	switch {
	case IsGone(err):
		return nil

	case e.needsShop():
		s.refusals.add(e, o.ID, o.Contact)
		return shopFault(&fault.Payment{Type: e.Stripe.Type, Code: e.Stripe.Code})
	}

	return fault.Wrap(err, errUnreachable.Kind, errUnreachable.Code, errUnreachable.Message)
}
