package payments

import (
	"cmp"
	"slices"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// IntentView is a PaymentIntent as a browser may see it: without its metadata
// and its customer.
type IntentView struct {
	ID                 string        `json:"id"`
	Object             string        `json:"object"`
	Amount             int64         `json:"amount"`
	AutomaticMethods   any           `json:"automatic_payment_methods"`
	CanceledAt         *int64        `json:"canceled_at"`
	CancellationReason *string       `json:"cancellation_reason"`
	CaptureMethod      string        `json:"capture_method"`
	ClientSecret       string        `json:"client_secret"`
	ConfirmationMethod string        `json:"confirmation_method"`
	Created            int64         `json:"created"`
	Currency           string        `json:"currency"`
	Description        *string       `json:"description"`
	LastPaymentError   *wire.Error   `json:"last_payment_error"`
	Livemode           bool          `json:"livemode"`
	NextAction         *NextAction   `json:"next_action"`
	PaymentMethod      any           `json:"payment_method"`
	ConfigDetails      any           `json:"payment_method_configuration_details"`
	PaymentMethodTypes []string      `json:"payment_method_types"`
	Processing         *Processing   `json:"processing"`
	ReceiptEmail       *string       `json:"receipt_email"`
	SetupFutureUsage   *string       `json:"setup_future_usage"`
	Shipping           *api.Shipping `json:"shipping"`
	Source             *string       `json:"source"`
	Status             string        `json:"status"`
}

// clientView returns a PaymentIntent as a browser may see it.
func clientView(pi *PaymentIntent) *IntentView {
	return &IntentView{
		ID:                 pi.ID,
		Object:             pi.Object,
		Amount:             pi.Amount,
		AutomaticMethods:   pi.AutomaticPaymentMethods,
		CanceledAt:         pi.CanceledAt,
		CancellationReason: pi.CancellationReason,
		CaptureMethod:      pi.CaptureMethod,
		ClientSecret:       pi.ClientSecret,
		ConfirmationMethod: pi.ConfirmationMethod,
		Created:            pi.Created,
		Currency:           pi.Currency,
		Description:        pi.Description,
		LastPaymentError:   pi.LastPaymentError,
		NextAction:         pi.NextAction,
		PaymentMethod:      pi.PaymentMethod,
		ConfigDetails:      pi.PaymentMethodConfig,
		PaymentMethodTypes: pi.PaymentMethodTypes,
		Processing:         pi.Processing,
		ReceiptEmail:       pi.ReceiptEmail,
		SetupFutureUsage:   pi.SetupFutureUsage,
		Shipping:           pi.Shipping,
		Status:             pi.Status,
	}
}

// SetupView is a SetupIntent as a browser may see it.
type SetupView struct {
	ID                 string      `json:"id"`
	Object             string      `json:"object"`
	AutomaticMethods   any         `json:"automatic_payment_methods"`
	CancellationReason *string     `json:"cancellation_reason"`
	ClientSecret       string      `json:"client_secret"`
	Created            int64       `json:"created"`
	Description        *string     `json:"description"`
	LastSetupError     *wire.Error `json:"last_setup_error"`
	Livemode           bool        `json:"livemode"`
	NextAction         *NextAction `json:"next_action"`
	PaymentMethod      *string     `json:"payment_method"`
	PaymentMethodTypes []string    `json:"payment_method_types"`
	Status             string      `json:"status"`
	Usage              string      `json:"usage"`
}

// clientSetup returns a SetupIntent as a browser may see it.
func clientSetup(si *SetupIntent) *SetupView {
	return &SetupView{
		ID:                 si.ID,
		Object:             si.Object,
		AutomaticMethods:   si.AutomaticPaymentMethods,
		CancellationReason: si.CancellationReason,
		ClientSecret:       si.ClientSecret,
		Created:            si.Created,
		Description:        si.Description,
		LastSetupError:     si.LastSetupError,
		NextAction:         si.NextAction,
		PaymentMethod:      si.PaymentMethod,
		PaymentMethodTypes: si.PaymentMethodTypes,
		Status:             si.Status,
		Usage:              si.Usage,
	}
}

// elementsSession is GET /v1/elements/sessions, which Stripe.js calls when it
// creates Elements: it returns the payment methods on offer and those that the
// customer has saved.
func elementsSession(c *Call) (any, error) {
	deferred := c.Params.At("deferred_intent")
	types := deferred.Strings("payment_method_types")
	if len(types) == 0 {
		settings, err := c.chosenConfiguration(deferred)
		if err != nil {
			return nil, err
		}

		types = c.automaticTypes(offer{
			currency:      strings.ToLower(deferred.String("currency")),
			configuration: settings,
			redirects:     true,
			hold:          deferred.String("capture_method") == "manual",
		})

		// The sandbox's Elements have no form for a US bank account, and what
		// is to be used again must be a method that can be saved.
		reused := deferred.String("mode") != "payment" || deferred.String("setup_future_usage") != ""
		types = slices.DeleteFunc(types, func(kind string) bool {
			return kind == "us_bank_account" || reused && !slices.Contains(SavableKinds, kind)
		})
	}

	out := map[string]any{
		"object":        "elements_session",
		"session_id":    wire.NewID("elements_session"),
		"business_name": c.Server.Config.BusinessName,
		"payment_method_preference": map[string]any{
			"object":                       "payment_method_preference",
			"ordered_payment_method_types": types,
			"country_code":                 c.Server.Config.Country,
			"type":                         cmp.Or(c.Params.String("type"), "deferred_intent"),
		},
		"customer":         nil,
		"livemode":         false,
		"merchant_country": c.Server.Config.Country,
	}

	if secret := c.Params.String("customer_session_client_secret"); secret != "" {
		cs, err := c.sessionOf(secret)
		if err != nil {
			return nil, err
		}

		out["customer"] = c.sessionCustomer(cs, types)
	}

	return out, nil
}

// sessionCustomer returns the customer of a session with the saved payment
// methods that the session lets the buyer see.
func (c *Call) sessionCustomer(cs *CustomerSession, types []string) any {
	methods := []*PaymentMethod{}
	if f := cs.Components.PaymentElement.Features; f != nil && f.Redisplay == "enabled" {
		saved := memory.Children[*PaymentMethod](c.Tx, api.KindMethod, cs.Customer)
		for _, pm := range slices.Backward(saved) { // newest first
			if int64(len(methods)) >= wire.Deref(f.RedisplayLimit) {
				break
			}

			if !isWallet(pm.Type) && slices.Contains(types, pm.Type) &&
				slices.Contains(f.AllowRedisplayFilters, pm.AllowRedisplay) {
				methods = append(methods, pm)
			}
		}
	}

	return map[string]any{
		"payment_methods": methods,
		"customer_session": map[string]any{
			"object":     api.KindCustSession,
			"customer":   cs.Customer,
			"expires_at": cs.ExpiresAt,
			"livemode":   false,
			"components": cs.Components,
		},
	}
}

// detachFromBrowser is POST /v1/payment_methods/{id}/detach. A buyer may remove
// a saved method if the customer session allows it; a secret key needs no
// session.
func detachFromBrowser(c *Call) (any, error) {
	if !c.Publishable {
		return detachMethod(c)
	}

	cs, err := c.sessionOf(c.Params.String("customer_session_client_secret"))
	if err != nil {
		return nil, err
	}

	pm, ok := memory.Find[*PaymentMethod](c.Tx, c.ID)
	if !ok || wire.Deref(pm.Customer) != cs.Customer {
		return nil, wire.NotFound("PaymentMethod", c.ID)
	}
	if f := cs.Components.PaymentElement.Features; f == nil || f.Remove != "enabled" {
		return nil, wire.Invalid("", "", "The customer session does not allow payment methods to be removed.")
	}

	return c.detach(pm), nil
}
