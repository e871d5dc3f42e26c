package connect

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// accounts are the connected accounts: https://docs.stripe.com/api/accounts.
var accounts = api.RecordAPI{
	Kind:   api.KindAccount,
	Prefix: "acct",
	Defaults: func(c *api.Call) (map[string]any, error) {
		kind := cmp.Or(c.Params.String("type"), "standard")
		country := cmp.Or(strings.ToUpper(c.Params.String("country")), c.Server.Config.Country)

		fields := newAccount(wire.NewID("acct"), kind, country)
		sent := c.Params.At("controller")
		fields["controller"] = controllerOf(kind, sent)

		if sent != nil && !c.Params.Has("type") {
			fields["type"] = "none"
		}

		return fields, nil
	},
	Private: []string{
		"account_token", "bank_account", "company", "controller", "country", "documents", "external_account",
		"individual", "requested_capabilities", "type",
	},
	Finish: func(c *api.Call, fields map[string]any) error {
		if caps, ok := fields["capabilities"].(map[string]any); ok {
			fields["capabilities"] = requestedCapabilities(caps, c.Params.Strings("requested_capabilities"))
		}

		settings, _ := fields["settings"].(map[string]any)
		payouts, _ := settings["payouts"].(map[string]any)
		if schedule, ok := payouts["schedule"].(map[string]any); ok && schedule["delay_days"] == "minimum" {
			schedule["delay_days"] = defaultDelay
		}

		delete(fields, "livemode")

		if err := takeExternal(c, fields); err != nil {
			return err
		}

		return describe(c, fields)
	},
}

// requestedCapabilities replaces {requested: true} by the status that a new
// test account has. older holds the names in the older form of the request.
func requestedCapabilities(caps map[string]any, older []string) map[string]any {
	out := map[string]any{}
	for _, name := range older {
		out[name] = "inactive"
	}

	for name, v := range caps {
		switch requested := v.(type) {
		case map[string]any:
			if on, _ := requested["requested"].(bool); on {
				out[name] = "inactive"
			}

		case string:
			out[name] = requested
		}
	}

	return out
}

// updateAccount handles POST /v1/accounts/{id}. Its account.updated event
// carries the ID of the connected account.
func updateAccount(c *call) (any, error) {
	prev, err := c.writable(c.ID)
	if err != nil {
		return nil, err
	}

	next := prev.With(map[string]any{"metadata": wire.MergeMetadata(prev.Metadata(), c.Params)})
	c.ApplyParams(next.Fields, accounts.Private...)

	if err := accounts.Finish(c.API(), next.Fields); err != nil {
		return nil, err
	}

	c.Tx.Put(next)
	c.connectEvent("account.updated", next, prev, prev.ID)
	return next, nil
}

// connectEvent emits an event of a connected account.
func (c *call) connectEvent(kind string, obj, prev memory.Object, account string) {
	c.AddEvent(kind, obj, prev).Account = account
}

// retrieveAccount handles GET /v1/accounts/{id}. Like Stripe, it denies access
// to an unknown account instead of reporting it missing.
func retrieveAccount(c *call) (any, error) {
	if c.ID == api.PlatformAccount {
		return platform(c), nil
	}
	rec, ok := c.connected(c.ID)
	if !ok {
		return nil, api.AccountDenied(c.Key, c.ID)
	}
	return rec, nil
}

// deleteAccount handles DELETE /v1/accounts/{id}.
func deleteAccount(c *call) (any, error) {
	rec, err := c.writable(c.ID)
	if err != nil {
		return nil, err
	}
	c.unlink(rec)
	c.Tx.Remove(rec.ID)
	return &api.DeletedObject{ID: rec.ID, Object: api.KindAccount, Deleted: true}, nil
}

// linkLifetime is how long account links and authorization codes are valid.
const linkLifetime = 5 * time.Minute

// createAccountLink handles POST /v1/account_links.
func createAccountLink(c *call) (any, error) {
	if _, ok := c.connected(c.Params.String("account")); !ok {
		return nil, wire.NoSuch(api.KindAccount, "account", c.Params.String("account"))
	}

	expiry := c.Now.Add(linkLifetime).Unix()
	query := url.Values{
		"account":     {c.Params.String("account")},
		"expires_at":  {strconv.FormatInt(expiry, 10)},
		"refresh_url": {c.Params.String("refresh_url")},
		"return_url":  {c.Params.String("return_url")},
		"type":        {c.Params.String("type")},
	}

	// The page says what Stripe's would ask for.
	collect := cmp.Or(c.Params.String("collection_options", "fields"), c.Params.String("collect"))
	if c.Params.String("collection_options", "future_requirements") == "include" {
		collect = strings.TrimSpace(collect + " future_requirements")
	}

	if collect != "" {
		query.Set("collect", collect)
	}

	return map[string]any{
		"object":     "account_link",
		"created":    c.Now.Unix(),
		"expires_at": expiry,
		"url":        c.Base() + "/connect/onboarding?" + query.Encode(),
	}, nil
}
