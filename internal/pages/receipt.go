package pages

import (
	"context"
	"net/url"

	"checkoutd/internal/orders"
	"checkoutd/internal/texts"
)

// receiptView is what a receipt says beside the items and the sums. Empty parts
// are not shown.
type receiptView struct {
	PaidWith string
	Delivery string
	Next     []string // what happens now
	Seller   orders.Seller

	// Of a subscription.
	NextPayment sentence
	Notice      string // it is past due, or has ended
	Portal      string // where it can be ended
	HowToEnd    string // in place of Portal
}

// receipt returns what the receipt of an order says. guest: nobody knows that
// the reader is its buyer.
func (p *Pages) receipt(ctx context.Context, loc locale, o orders.View, guest bool) (v receiptView, err error) {
	t := loc.texts.Receipt
	v.Seller = p.cfg.Seller
	if m := o.PaymentMethod; m != nil {
		v.PaidWith = t.Method(m.Type, m.Brand, m.Last4, m.Wallet)
	}

	if o.PaymentStatus != orders.Refunded && o.Status == orders.Paid {
		v.addNext(loc, o, guest || !p.cfg.Mails)
	}

	if o.Mode == orders.ModeSubscription {
		err = p.addSubscription(ctx, loc, &v, o)
	}
	return v, err
}

// addNext says what happens after the payment.
func (v *receiptView) addNext(loc locale, o orders.View, noMail bool) {
	t := loc.texts.Receipt
	if o.Ships {
		v.Next = append(v.Next, t.NextShips)
	}

	if o.Contact.Email != "" && !noMail {
		v.Next = append(v.Next, t.NextEmail)
	}

	if rate := o.ShippingRate; rate != nil && o.PaidAt != nil {
		if from, to, ok := rate.Delivery(*o.PaidAt); ok {
			v.Delivery = loc.texts.Days(from, to)
		}
	}
}

// addSubscription says when a subscription is paid next, and how to end it.
func (p *Pages) addSubscription(ctx context.Context, loc locale, v *receiptView, o orders.View) error {
	sub, ok, err := p.cfg.Payments.SubscriptionOf(ctx, o.ID)
	if err != nil || !ok || o.PaidAt == nil {
		return err
	}

	t := loc.texts.Receipt
	switch {
	case sub.Ended:
		v.Notice = t.Ended
		return nil
	case sub.PastDue:
		v.Notice = t.PastDue
	case !sub.Next.IsZero():
		next := map[string]amountView{"amount": loc.amount(o.RecurringAmount, o.Currency)}
		v.NextPayment = sentenceOf(t.NextAmount, next, "date", loc.texts.Dates.Date(sub.Next))
	}

	if p.cfg.Seller.Portal == "" {
		v.HowToEnd = t.HowToEnd
		return nil
	}

	v.Portal = portalURL(p.cfg.Seller.Portal, o.Contact.Email)
	return nil
}

// portalURL returns the address of the customer portal with the buyer's e-mail
// address filled in
// (https://docs.stripe.com/customer-management/activate-no-code-customer-portal).
func portalURL(portal, email string) string {
	u, err := url.Parse(portal)
	if err != nil || email == "" {
		return portal
	}

	q := u.Query()
	q.Set("prefilled_email", email)
	u.RawQuery = q.Encode()
	return u.String()
}

// links returns the links to the shop's own pages.
func (p *Pages) links(loc locale) []texts.Link {
	s := p.cfg.Seller
	return loc.texts.Links.To(texts.Links{
		Terms:   s.Terms,
		Privacy: s.Privacy,
		Contact: s.Contact,
		Returns: s.Returns,
		Imprint: s.Imprint,
	})
}
