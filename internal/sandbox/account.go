package sandbox

// accountOf is GET /v1/account: the platform, or the connected account that the call is for.
func accountOf(c *call) (any, error) {
	if c.account == PlatformAccount {
		return c.srv.platform(c), nil
	}
	return connectedAccount(c, c.account)
}

// platform is the one account of every test key.
func (s *Server) platform(c *call) map[string]any {
	out := newAccount(s, "standard")
	for name, value := range map[string]any{
		"id": PlatformAccount, "object": kindAccount, "created": c.now.Unix(), "email": "sandbox@example.com", "metadata": map[string]string{},
		"charges_enabled": true, "payouts_enabled": true, "details_submitted": true,
		"capabilities": map[string]string{"card_payments": "active", "transfers": "active"},
	} {
		out[name] = value
	}
	profile, _ := out["business_profile"].(map[string]any)
	profile["name"] = s.cfg.BusinessName
	return out
}

// knowsAccount tells whether a Stripe-Account header names an account that exists.
func (s *Server) knowsAccount(id string) bool {
	obj, ok := s.lookup(PlatformAccount, id)
	return ok && obj.objectKind() == kindAccount
}

func connectedAccount(c *call, id string) (any, error) {
	e, ok := c.srv.store.worlds[PlatformAccount].objects[id]
	if !ok {
		return nil, notFound(kindAccount, id)
	}
	return e.obj, nil
}
