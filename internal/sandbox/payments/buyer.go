package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// outcomeReply tells the page what became of the intent.
type outcomeReply struct {
	ID        string  `json:"id"`
	Status    string  `json:"status"`
	ReturnURL *string `json:"return_url"`
}

// decideByBuyer is the button on a page: outcome=pass or fail.
func decideByBuyer(c *Call) (any, error) {
	c.SwitchToHolder(c.ID)
	obj, ok := c.Tx.Get(c.ID)
	if !ok || SecretOf(obj) == "" || SecretOf(obj) != c.Params.String("client_secret") {
		return nil, wire.NotFound("intent", c.ID)
	}

	outcome := c.Params.String("outcome")
	if outcome != "pass" && outcome != "fail" {
		return nil, wire.Malformed("", "outcome", "Invalid outcome: must be one of pass or fail")
	}

	if si, is := obj.(*SetupIntent); is {
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

	now, _ := memory.Find[*PaymentIntent](c.Tx, pi.ID)
	return &outcomeReply{now.ID, now.Status, wire.OrNil(pi.private.ReturnURL)}, nil
}

func SecretOf(obj memory.Object) string {
	switch o := obj.(type) {
	case *PaymentIntent:
		return o.ClientSecret
	case *SetupIntent:
		return o.ClientSecret
	}
	return ""
}

// BuyerRoute is the operation behind the buttons of a buyer's page.
func (s *Service) BuyerRoute(path string) api.Route {
	return s.op("POST", path, api.Public, decideByBuyer)
}
