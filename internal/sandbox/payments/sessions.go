package payments

import (
	"cmp"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// customerSessionLife is how long the client secret of a customer session is
// valid.
const customerSessionLife = 30 * time.Minute

// CustomerSession is https://docs.stripe.com/api/customer_sessions/object. It
// has no ID; the sandbox stores it under its client secret.
type CustomerSession struct {
	Object       string            `json:"object"`
	ClientSecret string            `json:"client_secret"`
	Components   SessionComponents `json:"components"`
	Created      int64             `json:"created"`
	Customer     string            `json:"customer"`
	ExpiresAt    int64             `json:"expires_at"`
	Livemode     bool              `json:"livemode"`
}

// SessionComponents are the components that may use the session.
type SessionComponents struct {
	BuyButton      Enabled        `json:"buy_button"`
	PaymentElement PaymentElement `json:"payment_element"`
	PricingTable   Enabled        `json:"pricing_table"`
}

// Enabled switches a component on or off.
type Enabled struct {
	Enabled bool `json:"enabled"`
}

// PaymentElement is the Payment Element with its features.
type PaymentElement struct {
	Enabled  bool             `json:"enabled"`
	Features *ElementFeatures `json:"features"`
}

// ElementFeatures are what a buyer may do with saved payment methods.
type ElementFeatures struct {
	AllowRedisplayFilters []string `json:"payment_method_allow_redisplay_filters"`
	Redisplay             string   `json:"payment_method_redisplay"`
	RedisplayLimit        *int64   `json:"payment_method_redisplay_limit"`
	Remove                string   `json:"payment_method_remove"`
	Save                  string   `json:"payment_method_save"`
	SaveUsage             *string  `json:"payment_method_save_usage"`
}

func (o *CustomerSession) ObjectID() string   { return o.ClientSecret }
func (o *CustomerSession) ObjectKind() string { return api.KindCustSession }
func (o *CustomerSession) Parents() []string  { return nil }

// createCustomerSession is POST /v1/customer_sessions.
func createCustomerSession(c *Call) (any, error) {
	cus, err := c.SentCustomer()
	if err != nil {
		return nil, err
	}
	if !c.Params.Has("components") {
		return nil, wire.MissingParam("components")
	}

	cs := &CustomerSession{
		Object:       api.KindCustSession,
		ClientSecret: "cuss_secret_" + wire.RandomText(48),
		Created:      c.Now.Unix(),
		Customer:     cus.ID,
		ExpiresAt:    c.Now.Add(customerSessionLife).Unix(),
	}

	components := c.Params.At("components")
	cs.Components.BuyButton.Enabled = components.Bool("buy_button", "enabled")
	cs.Components.PricingTable.Enabled = components.Bool("pricing_table", "enabled")

	cs.Components.PaymentElement = readPaymentElement(components.At("payment_element"))
	if err := cs.Components.PaymentElement.check(); err != nil {
		return nil, err
	}

	c.Tx.Put(cs)
	return cs, nil
}

// readPaymentElement returns the Payment Element of the parameters, with
// defaults for the features that they leave out.
func readPaymentElement(p *wire.Params) PaymentElement {
	out := PaymentElement{Enabled: p.Bool("enabled")}
	if !out.Enabled {
		return out
	}

	sent := p.At("features")
	features := &ElementFeatures{
		AllowRedisplayFilters: sent.Strings("payment_method_allow_redisplay_filters"),
		Redisplay:             cmp.Or(sent.String("payment_method_redisplay"), "disabled"),
		Remove:                cmp.Or(sent.String("payment_method_remove"), "disabled"),
		Save:                  cmp.Or(sent.String("payment_method_save"), "disabled"),
		SaveUsage:             sent.Text("payment_method_save_usage"),
	}

	if features.AllowRedisplayFilters == nil {
		features.AllowRedisplayFilters = []string{"always"}
	}

	if sent.Has("payment_method_redisplay_limit") {
		features.RedisplayLimit = new(sent.Int("payment_method_redisplay_limit"))
	} else if features.Redisplay == "enabled" {
		features.RedisplayLimit = new(int64(3))
	}

	out.Features = features
	return out
}

// maxRedisplay is the largest number of saved methods that a session may show.
// See https://docs.stripe.com/api/customer_sessions/create.
const maxRedisplay = 10

// check returns an error if the limit of saved methods is out of range.
func (e PaymentElement) check() error {
	if e.Features == nil || e.Features.RedisplayLimit == nil {
		return nil
	}

	if limit := *e.Features.RedisplayLimit; limit < 1 || limit > maxRedisplay {
		return wire.Malformed(
			"parameter_invalid_integer",
			"components[payment_element][features][payment_method_redisplay_limit]",
			"This value must be between 1 and %d.", maxRedisplay,
		)
	}

	return nil
}

// sessionOf returns the customer session of a client secret. It returns an
// error if the session has expired.
func (c *Call) sessionOf(secret string) (*CustomerSession, error) {
	cs, ok := memory.Find[*CustomerSession](c.Tx, secret)
	if !ok {
		return nil, wire.Invalid(
			"resource_missing", "customer_session_client_secret",
			"No such customer_session: the client secret is not known.",
		)
	}

	if c.Now.Unix() >= cs.ExpiresAt {
		return nil, wire.Invalid(
			"customer_session_expired", "customer_session_client_secret",
			"The customer session has expired. Create a new one and try again.",
		)
	}

	return cs, nil
}
