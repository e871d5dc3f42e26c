package connect

import (
	"cmp"
	"strings"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// sessionLife is how long an account session is valid.
const sessionLife = 30 * time.Minute

// AccountSession is https://docs.stripe.com/api/account_sessions/object. It has
// no ID: the sandbox stores it under its client secret until a browser claims
// it, and then under the key that the browser got for it.
type AccountSession struct {
	Object       string               `json:"object"`
	Account      string               `json:"account"`
	ClientSecret string               `json:"client_secret"`
	Components   map[string]Component `json:"components"`
	ExpiresAt    int64                `json:"expires_at"`
	Livemode     bool                 `json:"livemode"`

	private sessionPrivate
}

// sessionPrivate is what the sandbox knows about a session and never sends.
type sessionPrivate struct {
	Key string `json:"key,omitempty"` // of the browser that claimed the session
}

// Component is an embedded component with what it lets its user do.
type Component struct {
	Enabled  bool            `json:"enabled"`
	Features map[string]bool `json:"features"`
}

// kindSession is the kind of account sessions.
const kindSession = "account_session"

func (o *AccountSession) ObjectID() string   { return cmp.Or(o.private.Key, o.ClientSecret) }
func (o *AccountSession) ObjectKind() string { return kindSession }
func (o *AccountSession) Parents() []string  { return nil }
func (o *AccountSession) Secrets() any       { return &o.private }

// allows reports whether a component is enabled, with a feature if the right
// names one, as in payments.refund_management.
func (o *AccountSession) allows(right string) bool {
	name, feature, _ := strings.Cut(right, ".")
	component := o.Components[name]
	return component.Enabled && (feature == "" || component.Features[feature])
}

// createAccountSession handles POST /v1/account_sessions.
func createAccountSession(c *call) (any, error) {
	acct := c.Params.String("account")
	rec, ok := c.connected(acct)
	if !ok && acct != api.PlatformAccount {
		return nil, wire.NoSuch(api.KindAccount, "account", acct)
	}

	session := &AccountSession{
		Object:       kindSession,
		Account:      acct,
		ClientSecret: "accs_secret__" + wire.RandomText(48),
		Components:   map[string]Component{},
		ExpiresAt:    c.Now.Add(sessionLife).Unix(),
	}

	control := controlOf(rec)
	for name, features := range accountComponents {
		component, err := control.component(name, features, c.Params.At("components", name))
		if err != nil {
			return nil, err
		}

		session.Components[name] = component
	}

	c.Tx.Put(session)
	return session, nil
}

// control says who is responsible for an account, on which defaults depend.
type control struct {
	stripeBearsLosses bool
	platformCollects  bool // the requirements, instead of Stripe
}

// controlOf returns the control of a connected account, or of the platform's
// own if rec is nil.
func controlOf(rec *api.Record) control {
	if rec == nil {
		return control{stripeBearsLosses: true}
	}

	controller, _ := rec.Fields["controller"].(map[string]any)
	losses, _ := controller["losses"].(map[string]any)
	kind := rec.Text("type")

	return control{
		stripeBearsLosses: losses["payments"] == "stripe" || losses == nil && kind == "standard",
		platformCollects: controller["requirement_collection"] == "application" ||
			controller["requirement_collection"] == nil && kind == "custom",
	}
}

// accountComponents are the embedded components of 2025-02-24.acacia with their
// features. A feature with ! is on by default, one with ? where Stripe bears
// the account's losses: https://docs.stripe.com/api/account_sessions/create.
var accountComponents = map[string]string{
	"account_management": "external_account_collection! disable_stripe_user_authentication",
	"account_onboarding": "external_account_collection! disable_stripe_user_authentication",
	"balances": "external_account_collection! disable_stripe_user_authentication " +
		"edit_payout_schedule? instant_payouts? standard_payouts?",
	"documents": "",
	"financial_account": "external_account_collection! disable_stripe_user_authentication " +
		"send_money transfer_balance",
	"financial_account_transactions": "card_spend_dispute_management",
	"issuing_card": "card_management card_spend_dispute_management " +
		"cardholder_management spend_control_management",
	"issuing_cards_list": "card_management card_spend_dispute_management cardholder_management " +
		"disable_stripe_user_authentication spend_control_management",
	"notification_banner": "external_account_collection! disable_stripe_user_authentication",
	"payment_details": "capture_payments! destination_on_behalf_of_charge_management " +
		"dispute_management! refund_management!",
	"payments": "capture_payments! destination_on_behalf_of_charge_management " +
		"dispute_management! refund_management!",
	"payouts": "external_account_collection! disable_stripe_user_authentication " +
		"edit_payout_schedule? instant_payouts? standard_payouts?",
	"payouts_list":      "",
	"tax_registrations": "",
	"tax_settings":      "",
}

const noLogin = "disable_stripe_user_authentication"

// component returns a component of a session with its features, as requested or
// else with their defaults.
func (o control) component(name, spec string, p *wire.Params) (Component, error) {
	out := Component{Enabled: p.Bool("enabled"), Features: map[string]bool{}}
	sent := p.At("features")

	for _, feature := range strings.Fields(spec) {
		on := strings.HasSuffix(feature, "!") || strings.HasSuffix(feature, "?") && o.stripeBearsLosses
		feature = strings.TrimRight(feature, "!?")

		// Who collects no bank account needs nobody to log in at Stripe.
		if collects, known := out.Features["external_account_collection"]; feature == noLogin && known {
			on = o.platformCollects && !collects
		}

		if sent.Has(feature) {
			on = sent.Bool(feature)
		}

		if feature == noLogin && on && !o.platformCollects {
			return out, wire.Invalid("", "components["+name+"][features]["+noLogin+"]",
				"%s can only be true for accounts where controller.requirement_collection is application.", noLogin)
		}

		out.Features[feature] = on
	}

	return out, nil
}

// claimSession handles POST /v1/account_sessions/claim, a private call of
// Connect.js: it takes the client secret of a session once, and returns the
// session with the key for its components.
func claimSession(c *call) (any, error) {
	session, ok := memory.Find[*AccountSession](c.Tx, c.Params.String("client_secret"))
	if !ok || session.private.Key != "" {
		return nil, wire.Invalid("resource_missing", "client_secret",
			"This client secret is not known, or a browser has used it already. "+
				"fetchClientSecret must create a new account session each time.")
	}

	if c.Now.Unix() >= session.ExpiresAt {
		return nil, sessionExpired()
	}

	next := *session
	next.private.Key = api.EmbeddedPrefix + wire.RandomText(48)
	c.Tx.Remove(session.ClientSecret)
	c.Tx.Put(&next)

	return map[string]any{
		"object":     kindSession,
		"account":    next.Account,
		"api_key":    next.private.Key,
		"components": next.Components,
		"expires_in": next.ExpiresAt - c.Now.Unix(),
		"livemode":   false,
	}, nil
}

func sessionExpired() error {
	return wire.Unauthorized("account_session_expired", "Your session has expired. Please log in again to continue.")
}
