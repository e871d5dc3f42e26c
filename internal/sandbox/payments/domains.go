package payments

import (
	"checkoutd/internal/sandbox/api"
)

// domains is the API of payment method domains. See
// https://docs.stripe.com/api/payment_method_domains.
var domains = api.RecordAPI{
	Kind:    "payment_method_domain",
	Prefix:  "pmd",
	Noun:    "payment method domain",
	Filters: []string{"domain_name", "enabled"},
	Defaults: func(_ *api.Call) (map[string]any, error) {
		active := map[string]any{"status": "active"}
		return map[string]any{
			"amazon_pay": active,
			"apple_pay":  active,
			"enabled":    true,
			"google_pay": active,
			"klarna":     active,
			"link":       active,
			"paypal":     active,
		}, nil
	},
	Finish: withoutMetadata,
}

// withoutMetadata removes the metadata of an object that has none at Stripe.
func withoutMetadata(_ *api.Call, fields map[string]any) error {
	delete(fields, "metadata")
	return nil
}

// updatePlain returns the handler that updates an object with the parameters as
// they are and emits no event.
func updatePlain(a api.RecordAPI) api.Handler {
	return func(c *api.Call) (any, error) {
		prev, err := a.FromPath(c)
		if err != nil {
			return nil, err
		}

		next := prev.With(nil)
		c.ApplyParams(next.Fields)

		if a.Finish != nil {
			if err := a.Finish(c, next.Fields); err != nil {
				return nil, err
			}
		}

		c.Tx.Put(next)
		return next, nil
	}
}
