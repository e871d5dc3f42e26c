package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// outcomeReply is what a buyer's page learns about its intent.
type outcomeReply struct {
	ID        string  `json:"id"`
	Status    string  `json:"status"`
	ReturnURL *string `json:"return_url"`
}

// decideByBuyer handles a buyer's click on a page: outcome is pass or fail.
func decideByBuyer(c *Call) (any, error) {
	// The page sends no key, so that only the intent's ID leads to its account.
	c.SwitchToHolder(c.ID)

	obj, ok := c.Tx.Get(c.ID)
	if !ok || SecretOf(obj) == "" || SecretOf(obj) != c.Params.String("client_secret") {
		return nil, wire.NotFound("intent", c.ID)
	}

	outcome := c.Params.String("outcome")
	if outcome != "pass" && outcome != "fail" {
		return nil, wire.Malformed("", "outcome", "Invalid outcome: must be one of pass or fail")
	}

	// A second click, or a click in another tab, finds the intent decided: it
	// changes nothing and learns the status.
	if si, ok := obj.(*SetupIntent); ok {
		if si.Status != StatusRequiresAction {
			return &outcomeReply{si.ID, si.Status, wire.OrNil(si.private.ReturnURL)}, nil
		}

		done, err := c.setupAuthenticated(si, outcome == "pass")
		if err != nil {
			return nil, err
		}

		return &outcomeReply{done.ID, done.Status, wire.OrNil(si.private.ReturnURL)}, nil
	}

	pi, _ := obj.(*PaymentIntent)
	if pi.Status == StatusRequiresAction {
		if _, err := c.authenticated(pi, outcome == "pass"); err != nil && !api.Commits(err) {
			return nil, err
		}
	}

	current, _ := memory.Find[*PaymentIntent](c.Tx, pi.ID)
	return &outcomeReply{current.ID, current.Status, wire.OrNil(pi.private.ReturnURL)}, nil
}

// SecretOf returns the client secret of an intent, "" for any other object.
func SecretOf(obj memory.Object) string {
	switch o := obj.(type) {
	case *PaymentIntent:
		return o.ClientSecret
	case *SetupIntent:
		return o.ClientSecret
	}
	return ""
}

// BuyerRoute returns the route behind the buttons of a buyer's page.
func (s *Service) BuyerRoute(path string) api.Route {
	return s.op("POST", path, api.Public, decideByBuyer)
}
