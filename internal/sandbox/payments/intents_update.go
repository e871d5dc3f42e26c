package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

func updateIntent(c *Call) (any, error) {
	prev, err := api.PathObject[*PaymentIntent](c.API(), api.KindIntent)
	if err != nil {
		return nil, err
	}

	next := *prev
	if err := c.reprice(prev, &next); err != nil {
		return nil, err
	}

	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)
	if err := c.fillIntent(&next); err != nil {
		return nil, err
	}

	c.Tx.Put(&next)
	return &next, nil
}

// frozen are the parameters that a paid, processing or canceled intent no
// longer takes.
var frozen = []string{
	"amount",
	"currency",
	"payment_method",
	"payment_method_data",
	"payment_method_types",
	"customer",
	"setup_future_usage",
	"capture_method",
}

// tooLate returns Stripe's refusal of a change that the status of an intent no
// longer allows.
func tooLate(pi *PaymentIntent, param string) error {
	e := unexpectedState(pi,
		"This PaymentIntent's %s could not be updated because it has a status of %s. You "+
			"may only update the %s of a PaymentIntent with one of the following statuses: "+
			"requires_payment_method, requires_confirmation, requires_action.",
		param, pi.Status, param,
	)
	e.Param = &param

	return e
}

// reprice changes amount, currency and payment method types while the intent
// still allows it.
func (c *Call) reprice(prev, next *PaymentIntent) error {
	for _, name := range frozen {
		if c.Params.Has(name) && !prev.open() && !(prev.Status == needsCapture && name == "amount") {
			return tooLate(prev, name)
		}
	}

	var err error
	if c.Params.Has("currency") {
		if next.Currency, err = c.CurrencyOf(); err != nil {
			return err
		}
	}

	if c.Params.Has("amount") {
		if next.Amount, err = c.AmountOf(next.Currency); err != nil {
			return err
		}
	}

	// The buyer was about to authenticate another amount: confirm it again.
	if prev.Status == StatusRequiresAction && (c.Params.Has("amount") || c.Params.Has("currency")) {
		next.Status, next.NextAction = StatusRequiresConfirmation, nil
	}

	if c.Params.Has("payment_method_types") {
		next.AutomaticPaymentMethods, next.PaymentMethodConfig = nil, nil
		return c.chooseTypes(next)
	}

	if c.Params.Has("currency") && next.AutomaticPaymentMethods != nil {
		next.PaymentMethodTypes = c.automaticTypes(offer{
			currency:      next.Currency,
			configuration: next.PaymentMethodConfig.ID,
			redirects:     next.AutomaticPaymentMethods.AllowRedirects != "never",
			hold:          next.CaptureMethod == "manual",
		})

		next.PaymentMethodOptions = DefaultOptions(next.PaymentMethodTypes)
	}

	return nil
}
