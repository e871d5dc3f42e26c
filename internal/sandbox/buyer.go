package sandbox

// outcomeReply tells the page what became of the intent.
type outcomeReply struct {
	ID        string  `json:"id"`
	Status    string  `json:"status"`
	ReturnURL *string `json:"return_url"`
}

// decideByBuyer is the button on a page: outcome=pass or fail.
func decideByBuyer(c *call) (any, error) {
	c.actForOwnerOf(c.id)
	obj, ok := c.tx.get(c.id)
	if !ok || secretOf(obj) == "" || secretOf(obj) != c.p.str("client_secret") {
		return nil, notFound("intent", c.id)
	}
	outcome := c.p.str("outcome")
	if outcome != "pass" && outcome != "fail" {
		return nil, malformed("", "outcome", "Invalid outcome: must be one of pass or fail")
	}
	if si, is := obj.(*SetupIntent); is {
		if si.Status != needsAction {
			return &outcomeReply{si.ID, si.Status, orNil(si.private.ReturnURL)}, nil
		}
		done, err := c.setupAuthenticated(si, outcome == "pass")
		if err != nil {
			return nil, err
		}
		return &outcomeReply{done.ID, done.Status, orNil(si.private.ReturnURL)}, nil
	}
	pi, _ := obj.(*PaymentIntent)
	if pi.Status == needsAction {
		if _, err := c.authenticated(pi, outcome == "pass"); err != nil && !keepsChanges(err) {
			return nil, err
		}
	}
	now, _ := find[*PaymentIntent](c.tx, pi.ID)
	return &outcomeReply{now.ID, now.Status, orNil(pi.private.ReturnURL)}, nil
}

func secretOf(obj object) string {
	switch o := obj.(type) {
	case *PaymentIntent:
		return o.ClientSecret
	case *SetupIntent:
		return o.ClientSecret
	}
	return ""
}

// buyerRoute is the operation behind the buttons of a buyer's page.
func (r *paymentRoom) buyerRoute(path string) route {
	return r.op("POST", path, openToAll, decideByBuyer)
}
