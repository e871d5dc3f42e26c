package pages

import (
	"net/http"
	"strings"

	"checkoutd/internal/orders"
)

// known returns what the form of a returning buyer is filled with, nil for
// nothing: what the browser's last paid order has, as far as this order asks
// for it and does not say anything else. If the shop or the buyer has named
// another person, it is nothing at all.
func (p *Pages) known(r *http.Request, o openedOrder) *orders.Contact {
	asks := o.view.Status == orders.Open &&
		(o.view.PaymentStatus == orders.Unpaid || o.view.PaymentStatus == orders.PaymentFailed)
	if p.cfg.Buyers == nil || !asks {
		return nil
	}

	last := p.cfg.Buyers.Contact(r, o.Order)
	if isAnother(o.Contact, last) {
		return nil
	}

	out := orders.Contact{Billing: missing(o.Contact.Billing, last.Billing, nil)}
	if p.cfg.Form.CollectEmail && o.Contact.Email == "" {
		out.Email = last.Email
	}
	if o.view.Ships {
		out.Shipping = missing(o.Contact.Shipping, last.Shipping, o.view.ShippingCountries)
	}

	if out == (orders.Contact{}) {
		return nil
	}

	return &out
}

// isAnother reports whether an order names somebody else than last does.
func isAnother(own, last orders.Contact) bool {
	return own.Email != "" && !strings.EqualFold(own.Email, last.Email) || own.Name != "" && own.Name != last.Name
}

// missing returns the last address unless the order has one of its own, or has
// got as far as another country. It is nil where the address is not complete
// enough to fill a form, or its country is none of allowed.
func missing(own, last *orders.Address, allowed []string) *orders.Address {
	switch {
	case last == nil, last.Address.Line1 == "", !serves(allowed, last.Address.Country):
		return nil
	case own != nil && (own.Address.Line1 != "" || own.Address.Country != last.Address.Country):
		return nil
	}
	return last
}

// countryOf returns where the buyer seems to be: where the last order went, or
// else as country does.
func (p *Pages) countryOf(r *http.Request, known *orders.Contact, allowed []string) string {
	if known != nil && known.Shipping != nil {
		return known.Shipping.Address.Country
	}
	return p.country(r, allowed)
}
