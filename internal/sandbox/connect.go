package sandbox

import (
	"cmp"
	"net/url"
	"strings"
	"time"
)

// accounts are connected accounts: https://docs.stripe.com/api/accounts.
var accounts = recordAPI{
	kind: kindAccount, prefix: "acct",
	defaults: func(c *call) (map[string]any, error) {
		return newAccount(c.srv.cfg, cmp.Or(c.p.str("type"), "standard")), nil
	},
	finish: func(_ *call, fields map[string]any) error {
		if caps, ok := fields["capabilities"].(map[string]any); ok {
			fields["capabilities"] = requestedCapabilities(caps)
		}
		for _, name := range []string{"external_account", "company", "account_token", "livemode"} {
			delete(fields, name)
		}
		return nil
	},
}

// requestedCapabilities turns {requested: true} into the status that a test account gets.
func requestedCapabilities(caps map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range caps {
		switch ask := v.(type) {
		case map[string]any:
			if on, _ := ask["requested"].(bool); on {
				out[name] = "inactive"
			}
		case string:
			out[name] = ask
		}
	}
	return out
}

// updateAccount tells the platform through account.updated, which carries the account's id.
func updateAccount(c *call) (any, error) {
	old, err := accounts.inPath(c)
	if err != nil {
		return nil, err
	}
	next := old.with(map[string]any{"metadata": mergeMetadata(old.metadata(), c.p)})
	c.overlay(next.fields)
	if err := accounts.finish(c, next.fields); err != nil {
		return nil, err
	}
	c.tx.put(next)
	c.connectEvent("account.updated", next, old, old.id)
	return next, nil
}

// connectEvent emits an event that belongs to a connected account.
func (c *call) connectEvent(kind string, obj, was object, account string) {
	c.addEvent(kind, obj, was).Account = account
}

func retrieveAccount(c *call) (any, error) {
	if c.id == PlatformAccount {
		return platform(c), nil
	}
	rec, ok := accounts.find(c, c.id)
	if !ok {
		return nil, accountDenied(c.key, c.id)
	}
	return rec, nil
}

func deleteAccount(c *call) (any, error) {
	rec, err := accounts.inPath(c)
	if err != nil {
		return nil, err
	}
	c.tx.remove(rec.id)
	c.deauthorized(rec.id)
	return &DeletedObject{ID: rec.id, Object: kindAccount, Deleted: true}, nil
}

// deauthorized announces that an account has left the platform.
func (c *call) deauthorized(account string) {
	app := newRecord("application", application, map[string]any{"name": c.srv.cfg.BusinessName})
	c.connectEvent("account.application.deauthorized", app, nil, account)
}

const linkLife = 5 * time.Minute

func createAccountLink(c *call) (any, error) {
	if _, ok := accounts.find(c, c.p.str("account")); !ok {
		return nil, noSuch(kindAccount, "account", c.p.str("account"))
	}
	query := url.Values{"account": {c.p.str("account")}, "return_url": {c.p.str("return_url")}}
	return map[string]any{
		"object": "account_link", "created": c.now.Unix(), "expires_at": c.now.Add(linkLife).Unix(),
		"url": c.base() + "/connect/onboarding?" + query.Encode(),
	}, nil
}

func createAccountSession(c *call) (any, error) {
	acct := c.p.str("account")
	if _, ok := accounts.find(c, acct); !ok && acct != PlatformAccount {
		return nil, noSuch(kindAccount, "account", acct)
	}
	components := map[string]any{}
	for name, features := range accountComponents {
		components[name] = map[string]any{
			"enabled": c.p.flag("components", name, "enabled"), "features": featuresOf(features, c.p.at("components", name, "features")),
		}
	}
	return map[string]any{
		"object": "account_session", "account": acct, "client_secret": "accs_secret__" + randomText(48), "components": components,
		"expires_at": c.now.Add(30 * time.Minute).Unix(), "livemode": false,
	}, nil
}

// accountComponents are the embedded components of 2025-02-24.acacia with their features; a feature with ! is on by default.
var accountComponents = map[string]string{
	"account_management": "disable_stripe_user_authentication external_account_collection!",
	"account_onboarding": "disable_stripe_user_authentication external_account_collection!",
	"balances":           "disable_stripe_user_authentication edit_payout_schedule external_account_collection! instant_payouts standard_payouts",
	"documents":          "", "financial_account": "disable_stripe_user_authentication external_account_collection! send_money transfer_balance",
	"financial_account_transactions": "card_spend_dispute_management",
	"issuing_card":                   "card_management card_spend_dispute_management cardholder_management spend_control_management",
	"issuing_cards_list":             "card_management card_spend_dispute_management cardholder_management disable_stripe_user_authentication spend_control_management",
	"notification_banner":            "disable_stripe_user_authentication external_account_collection!",
	"payment_details":                "capture_payments! destination_on_behalf_of_charge_management dispute_management! refund_management!",
	"payments":                       "capture_payments! destination_on_behalf_of_charge_management dispute_management! refund_management!",
	"payouts":                        "disable_stripe_user_authentication edit_payout_schedule external_account_collection! instant_payouts standard_payouts",
	"payouts_list":                   "", "tax_registrations": "", "tax_settings": "",
}

// featuresOf lays what was sent over a component's defaults.
func featuresOf(known string, p *params) map[string]any {
	out := map[string]any{}
	for _, f := range strings.Fields(known) {
		name, on := strings.CutSuffix(f, "!")
		if p.has(name) {
			on = p.flag(name)
		}
		out[name] = on
	}
	return out
}
