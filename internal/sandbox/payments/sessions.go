package payments

import (
	"cmp"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// customerSessionLife is how long the client secret of a customer session
// works.
const customerSessionLife = 30 * time.Minute

// CustomerSession is https://docs.stripe.com/api/customer_sessions/object. It
// has no id of its own; the secret is its key.
type CustomerSession struct {
	Object       string            `json:"object"`
	ClientSecret string            `json:"client_secret"`
	Components   SessionComponents `json:"components"`
	Created      int64             `json:"created"`
	Customer     string            `json:"customer"`
	ExpiresAt    int64             `json:"expires_at"`
	Livemode     bool              `json:"livemode"`
}

// SessionComponents say which components the session opens.
type SessionComponents struct {
	BuyButton      Enabled        `json:"buy_button"`
	PaymentElement PaymentElement `json:"payment_element"`
	PricingTable   Enabled        `json:"pricing_table"`
}

// Enabled switches a component on.
type Enabled struct {
	Enabled bool `json:"enabled"`
}

// PaymentElement is the payment element with its features.
type PaymentElement struct {
	Enabled  bool             `json:"enabled"`
	Features *ElementFeatures `json:"features"`
}

// ElementFeatures say what a buyer may do with saved methods.
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

	comps := c.Params.At("components")
	cs.Components.BuyButton.Enabled = comps.Bool("buy_button", "enabled")
	cs.Components.PricingTable.Enabled = comps.Bool("pricing_table", "enabled")

	cs.Components.PaymentElement = readPaymentElement(comps.At("payment_element"))
	if err := cs.Components.PaymentElement.check(); err != nil {
		return nil, err
	}

	c.Tx.Put(cs)
	return cs, nil
}

// readPaymentElement reads the features and their defaults.
func readPaymentElement(p *wire.Params) PaymentElement {
	out := PaymentElement{Enabled: p.Bool("enabled")}
	if !out.Enabled {
		return out
	}

	f := p.At("features")
	feats := &ElementFeatures{
		AllowRedisplayFilters: f.Strings("payment_method_allow_redisplay_filters"),
		Redisplay:             cmp.Or(f.String("payment_method_redisplay"), "disabled"),
		Remove:                cmp.Or(f.String("payment_method_remove"), "disabled"),
		Save:                  cmp.Or(f.String("payment_method_save"), "disabled"),
		SaveUsage:             f.Text("payment_method_save_usage"),
	}
	if feats.AllowRedisplayFilters == nil {
		feats.AllowRedisplayFilters = []string{"always"}
	}

	if f.Has("payment_method_redisplay_limit") {
		feats.RedisplayLimit = new(f.Int("payment_method_redisplay_limit"))
	} else if feats.Redisplay == "enabled" {
		feats.RedisplayLimit = new(int64(3))
	}

	out.Features = feats
	return out
}

// maxRedisplay is how many saved methods a session may show:
// https://docs.stripe.com/api/customer_sessions/create.
const maxRedisplay = 10

func (e PaymentElement) check() error {
	if f := e.Features; f != nil && f.RedisplayLimit != nil && (*f.RedisplayLimit < 1 || *f.RedisplayLimit > maxRedisplay) {
		return wire.Malformed("parameter_invalid_integer", "components[payment_element][features][payment_method_redisplay_limit]", "This value must be between 1 and %d.", maxRedisplay)
	}
	return nil
}

// sessionOf finds the customer session of a secret while it lives.
func (c *Call) sessionOf(secret string) (*CustomerSession, error) {
	cs, ok := memory.Find[*CustomerSession](c.Tx, secret)
	if !ok {
		return nil, wire.Invalid("resource_missing", "customer_session_client_secret", "No such customer_session: the client secret is not known.")
	}
	if c.Now.Unix() >= cs.ExpiresAt {
		return nil, wire.Invalid("customer_session_expired", "customer_session_client_secret", "The customer session has expired. Create a new one and try again.")
	}
	return cs, nil
}
