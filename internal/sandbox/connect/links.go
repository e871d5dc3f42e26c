package connect

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// The kinds of records that OAuth keeps in the platform's account. Their IDs
// are the codes and the tokens, api.KindToken is the third kind.
const (
	kindCode    = "oauth_code"
	kindRefresh = "oauth_refresh"
)

// existing returns an account that exists, connected or not.
func (c *call) existing(id string) (*api.Record, bool) {
	rec, ok := memory.Find[*api.Record](c.Tx, id)
	return rec, ok && rec.Kind == api.KindAccount
}

// connected returns an account that is connected to the platform.
func (c *call) connected(id string) (*api.Record, bool) {
	rec, ok := c.existing(id)
	return rec, ok && !rec.Private.Link.Apart
}

// writable returns the connected account of an ID. It refuses one that lets the
// platform only read.
func (c *call) writable(id string) (*api.Record, error) {
	rec, ok := c.connected(id)
	if !ok {
		return nil, api.AccountDenied(c.Key, id)
	}
	if rec.Private.Link.Scope == api.ScopeReadOnly {
		return nil, api.ScopeDenied(id)
	}
	return rec, nil
}

// application returns the platform's application, which the events about a
// connection hold. Their account field names the account.
func (c *call) application() *api.Record {
	return api.NewRecord("application", api.Application, map[string]any{"name": c.Server.Config.BusinessName})
}

// link connects an account to the platform and announces it.
func (c *call) link(acct *api.Record, scope string) {
	next := *acct
	next.Private.Link.Scope, next.Private.Link.Apart = scope, false
	c.Tx.Put(&next)
	c.connectEvent("account.application.authorized", c.application(), nil, acct.ID)
}

// unlink ends the platform's access to an account and announces it. The account
// goes on without the platform.
func (c *call) unlink(acct *api.Record) {
	c.revoke(acct.ID)

	next := *acct
	next.Private.Link.Scope, next.Private.Link.Apart = "", true
	c.Tx.Put(&next)
	c.connectEvent("account.application.deauthorized", c.application(), nil, acct.ID)
}

// revoke deletes the tokens of an account, or those that came of one code.
func (c *call) revoke(source string) {
	for _, kind := range []string{api.KindToken, kindRefresh} {
		for _, token := range memory.Children[*api.Record](c.Tx, kind, source) {
			c.Tx.Remove(token.ID)
		}
	}
}

// grant is what a code or a refresh token gives access to.
type grant struct{ account, scope, code string }

// newCode returns a code for a grant.
func (c *call) newCode(account, scope string) string {
	code := wire.NewShortID("ac")
	c.Tx.Put(api.NewRecord(kindCode, code, map[string]any{
		"account":    account,
		"scope":      scope,
		"expires_at": c.Now.Add(linkLifetime).Unix(),
	}, account))
	return code
}

// redeem exchanges a code: it connects the account. A code that is redeemed
// again takes back everything that it gave: RFC 6749, section 4.1.2.
func (c *call) redeem(code string) (*grant, error) {
	rec, ok := memory.Find[*api.Record](c.Tx, code)
	if !ok || rec.Kind != kindCode {
		return nil, invalidGrant("Authorization code does not exist: " + code)
	}

	acct, exists := c.existing(rec.Text("account"))
	if used, _ := rec.Fields["used"].(bool); used {
		c.revoke(code)
		if linked, _ := rec.Fields["linked"].(bool); linked && exists && !acct.Private.Link.Apart {
			c.unlink(acct)
		}

		return nil, invalidGrant("This authorization code has already been used. " +
			"All tokens issued with this code have been revoked.")
	}

	if !exists || c.Now.Unix() >= api.WholeNumber(rec.Fields["expires_at"]) {
		return nil, invalidGrant("Authorization code expired: " + code)
	}

	c.Tx.Put(rec.With(map[string]any{"used": true, "linked": acct.Private.Link.Apart}))
	out := &grant{rec.Text("account"), rec.Text("scope"), code}
	c.link(acct, out.scope)

	return out, nil
}

// refreshed returns the grant of a refresh token, with the scope that was asked
// for if that is not wider.
func (c *call) refreshed(token, scope string) (*grant, error) {
	rec, ok := memory.Find[*api.Record](c.Tx, token)
	if !ok || rec.Kind != kindRefresh {
		return nil, invalidGrant("Refresh token does not exist: " + token)
	}

	out := &grant{rec.Text("account"), rec.Text("scope"), rec.Text("code")}
	switch scope {
	case "", out.scope:
	case api.ScopeReadOnly:
		out.scope = scope
	default:
		return nil, &oauthError{
			code: "invalid_scope",
			text: "The requested scope is not one that was granted: " + scope,
		}
	}

	return out, nil
}

// issue stores a key for a grant and returns it. kind is sk or pk.
func (c *call) issue(kind string, g *grant) string {
	token := api.NewToken(kind)
	c.Tx.Put(api.NewRecord(api.KindToken, token, map[string]any{"account": g.account, "scope": g.scope},
		g.account, g.code))
	return token
}

// issueRefresh stores a refresh token for a grant and returns it.
func (c *call) issueRefresh(g *grant) string {
	token := "rt_" + wire.RandomText(32)
	c.Tx.Put(api.NewRecord(kindRefresh, token,
		map[string]any{"account": g.account, "scope": g.scope, "code": g.code}, g.account, g.code))
	return token
}
