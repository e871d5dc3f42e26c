package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"checkoutd/internal/sandbox/wire"
)

// resources are the names of permissions by the first step of an operation's
// path. Those of charges to webhook_endpoints are known from Stripe's refusals
// and from links that open its page for new keys; the others follow their
// pattern. Operations without a row are closed to restricted keys.
var resources = map[string]string{
	"account":                       "accounts_kyc_id_numbers",
	"account_links":                 "account_link",
	"account_sessions":              "account_session",
	"accounts":                      "connected_account",
	"application_fees":              "application_fee",
	"balance":                       "balance",
	"balance/history":               "balance_transaction_source",
	"balance_transactions":          "balance_transaction_source",
	"charges":                       "charge",
	"confirmation_tokens":           "confirmation_token",
	"coupons":                       "coupon",
	"customer_sessions":             "customer_session",
	"customers":                     "customer",
	"customers/payment_methods":     "payment_method",
	"disputes":                      "dispute",
	"events":                        "event",
	"invoiceitems":                  "invoice_item",
	"invoices":                      "invoice",
	"mandates":                      "mandate",
	"payment_intents":               "payment_intent",
	"payment_method_configurations": "payment_method_configuration",
	"payment_method_domains":        "payment_method_domain",
	"payment_methods":               "payment_method",
	"payouts":                       "payout",
	"prices":                        "plan", // their former name
	"products":                      "product",
	"promotion_codes":               "promotion_code",
	"refunds":                       "refund",
	"setup_attempts":                "setup_intent",
	"setup_intents":                 "setup_intent",
	"subscription_items":            "subscription",
	"subscriptions":                 "subscription",
	"tax":                           "tax_settings",
	"tokens":                        "token",
	"test_clocks":                   "test_clock",
	"transfers":                     "transfer",
	"webhook_endpoints":             "webhook",
}

// expansions are the resources that a step of an expand path shows. Stripe asks
// for the permission to read what is expanded, too.
var expansions = map[string]string{
	"application_fee":      "application_fee",
	"balance_transaction":  "balance_transaction_source",
	"charge":               "charge",
	"customer":             "customer",
	"default_source":       "payment_method",
	"dispute":              "dispute",
	"invoice":              "invoice",
	"latest_charge":        "charge",
	"latest_invoice":       "invoice",
	"payment_intent":       "payment_intent",
	"payment_method":       "payment_method",
	"pending_setup_intent": "setup_intent",
	"product":              "product",
	"refunds":              "refund",
	"setup_intent":         "setup_intent",
	"subscription":         "subscription",
}

const (
	permissionMark = "rak_"
	readSuffix     = "_read"
	writeSuffix    = "_write"
	// connectMark begins a permission for connected accounts, a column of its
	// own in the Dashboard.
	connectMark = "connect:"
)

// checkPermissions returns the error for permissions that no key can have.
func checkPermissions(list []string) error {
	for _, p := range list {
		name, ok := strings.CutPrefix(strings.TrimPrefix(p, connectMark), permissionMark)
		resource := strings.TrimSuffix(strings.TrimSuffix(name, readSuffix), writeSuffix)

		known := false
		for _, r := range resources {
			known = known || r == resource && r != name
		}

		if !ok || !known {
			return fmt.Errorf("%q is no permission. Write permissions like rak_charge_read, rak_refund_write or %s%s",
				p, connectMark, "rak_payment_intent_write")
		}
	}

	return nil
}

// resourceOf returns the resource of an operation, "" if restricted keys may
// not make it.
func resourceOf(pattern string) string {
	steps := strings.Split(strings.TrimPrefix(pattern, "/v1/"), "/")
	steps = slices.DeleteFunc(steps, func(step string) bool { return strings.HasPrefix(step, "{") })
	if steps[0] == "test_helpers" && len(steps) > 1 {
		steps = steps[1:]
	}

	if len(steps) > 1 {
		if r := resources[steps[0]+"/"+steps[1]]; r != "" {
			return r
		}
	}

	return resources[steps[0]]
}

// checkPermission returns Stripe's refusal if the call's key is restricted and
// lacks a permission that the call needs. A permission to write includes that
// to read (https://docs.stripe.com/keys/restricted-api-keys).
func (c *Call) checkPermission() error {
	granted, restricted := c.Server.permissionsOf(c.Key)
	if !restricted {
		return nil
	}

	if c.Account != PlatformAccount {
		granted = onlyConnect(granted)
		if len(granted) == 0 {
			return forbidden("You passed a restricted API key with the Stripe-Account header, but the restricted API " +
				"key does not have any Connect permissions.")
		}
	}

	resource := resourceOf(c.Route.Pattern)
	if resource == "" {
		return c.lacks("This is a restricted API key, but the required permissions are not available for use by " +
			"restricted keys.")
	}

	suffix := writeSuffix
	if c.Route.Method == http.MethodGet {
		suffix = readSuffix
	}

	needed := []string{permissionMark + resource + suffix}
	for _, path := range c.Params.Strings("expand") {
		for _, step := range strings.Split(path, ".") {
			if shown := expansions[step]; shown != "" {
				needed = append(needed, permissionMark+shown+readSuffix)
			}
		}
	}

	for _, p := range needed {
		write := strings.TrimSuffix(p, readSuffix) + writeSuffix
		if !slices.Contains(granted, p) && !slices.Contains(granted, write) {
			return c.lacks(fmt.Sprintf("Having the '%s' permission would allow this request to continue.", p))
		}
	}

	return nil
}

// onlyConnect returns the permissions for connected accounts, without their
// mark.
func onlyConnect(granted []string) (out []string) {
	for _, p := range granted {
		if name, ok := strings.CutPrefix(p, connectMark); ok {
			out = append(out, name)
		}
	}
	return out
}

// lacks is Stripe's refusal of a call for which a restricted key lacks a
// permission.
func (c *Call) lacks(hint string) error {
	return forbidden("The provided key '%s' does not have the required permissions for this endpoint on account '%s'. %s",
		RedactKey(c.Key), c.Account, hint)
}

func forbidden(format string, args ...any) error {
	e := wire.Malformed("", "", format, args...)
	e.Status = http.StatusForbidden
	return e
}
