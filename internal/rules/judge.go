package rules

import (
	"context"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// Ledger counts orders.
type Ledger interface {
	// PaidOrders returns how many orders of a customer were paid, or have their
	// money held, since a time. customer is Stripe's ID and reference the
	// shop's own name; either may be "".
	PaidOrders(ctx context.Context, customer, reference string, since time.Time) (int64, error)
}

// Judge judges payments by the rules file and by the shop's server. It is safe
// for concurrent use.
type Judge struct {
	File   File
	Shop   *Shop // nil: the shop is not asked
	Ledger Ledger
	Now    func() time.Time
}

// The refusals of the rules file.
var (
	errCountry = refusal("card_country_refused",
		"Cards from this country cannot be used here. Please use another card.")
	errBrand   = refusal("card_brand_refused", "Cards of this brand cannot be used here. Please use another card.")
	errFunding = refusal("card_funding_refused",
		"Cards of this kind, such as prepaid cards, cannot be used here. Please use another card.")
	errWallet = refusal("wallet_refused", "This wallet cannot be used here. Please choose another way to pay.")
	errAmount = refusal("amount_over_method_limit",
		"This way to pay cannot be used for an amount as high as this. Please choose another one.")
	errOrders = refusal("too_many_orders", "You have placed too many orders in a short time. Please try again later.")
)

func refusal(code, message string) *fault.Error { return fault.New(fault.Invalid, code, message) }

// Judge returns what was decided, for the shop, or the fault that refuses.
func (j *Judge) Judge(ctx context.Context, o orders.Order, m payments.Method) (string, error) {
	if err := j.File.refuse(&o, m); err != nil {
		return "", err
	}
	if err := j.refuseOrders(ctx, &o); err != nil {
		return "", err
	}
	if j.Shop == nil {
		return "allowed by the rules", nil
	}
	return j.Shop.ask(ctx, &o, m)
}

// refuse returns why the rules refuse a method, nil if they do not.
func (f *File) refuse(o *orders.Order, m payments.Method) error {
	if c := m.Card; c != nil {
		country := strings.ToUpper(c.Country)
		switch {
		case !allowed(f.CardCountries, country), slices.Contains(f.CardCountriesRefused, country):
			return errCountry
		case !allowed(f.CardBrands, c.Brand):
			return errBrand
		case !allowed(f.CardFunding, c.Funding):
			return errFunding
		}
	}

	if m.Wallet != "" && !allowed(f.Wallets, m.Wallet) {
		return errWallet
	}

	if most, limited := f.GreatestAmounts[m.Type][o.Currency]; limited && o.Amount > most {
		return errAmount
	}

	return nil
}

// allowed reports whether a list allows a value. What Stripe does not tell is
// not on any list.
func allowed(list []string, value string) bool { return list == nil || slices.Contains(list, value) }

func (j *Judge) refuseOrders(ctx context.Context, o *orders.Order) error {
	limit := j.File.Orders
	if limit.Most == 0 || o.CustomerID == "" && o.CustomerReference == "" {
		return nil
	}

	n, err := j.Ledger.PaidOrders(ctx, o.CustomerID, o.CustomerReference, j.Now().Add(-limit.Within))
	if err == nil && n >= limit.Most {
		err = errOrders
	}
	return err
}
