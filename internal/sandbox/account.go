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
	return map[string]any{
		"id": PlatformAccount, "object": kindAccount, "type": "standard", "country": s.cfg.Country, "created": c.now.Unix(),
		"default_currency": "usd", "email": "sandbox@example.com", "charges_enabled": true, "payouts_enabled": true,
		"details_submitted": true, "livemode": false, "metadata": map[string]string{},
		"business_profile": map[string]any{"name": s.cfg.BusinessName, "url": nil, "support_email": nil, "support_phone": nil, "support_url": nil, "mcc": nil, "product_description": nil, "support_address": nil},
		"business_type":    nil, "capabilities": map[string]string{"card_payments": "active", "transfers": "active"},
		"settings": map[string]any{"dashboard": map[string]any{"display_name": s.cfg.BusinessName, "timezone": "Etc/UTC"}},
	}
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
