package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
)

// taxOf returns what a customer shows of its taxes if that is expanded:
// https://docs.stripe.com/api/customers/object#customer_object-tax. The account
// collects none.
func taxOf(c *api.Call, id string) any {
	out := map[string]any{
		"automatic_tax": "unrecognized_location",
		"ip_address":    nil,
		"location":      nil,
		"provider":      "stripe",
	}

	cus, ok := memory.Find[*Customer](c.Tx, id)
	if ok && cus.Address != nil && cus.Address.Country != nil {
		out["automatic_tax"] = "not_collecting"
		out["location"] = map[string]any{
			"country": cus.Address.Country,
			"source":  "billing_address",
			"state":   cus.Address.State,
		}
	}

	return out
}
