package sandbox

import (
	"cmp"
	"slices"
	"strings"
)

// IntentView is what a browser may see of an intent: no metadata, no customer.
type IntentView struct {
	ID                 string      `json:"id"`
	Object             string      `json:"object"`
	Amount             int64       `json:"amount"`
	AutomaticMethods   any         `json:"automatic_payment_methods"`
	CanceledAt         *int64      `json:"canceled_at"`
	CancellationReason *string     `json:"cancellation_reason"`
	CaptureMethod      string      `json:"capture_method"`
	ClientSecret       string      `json:"client_secret"`
	ConfirmationMethod string      `json:"confirmation_method"`
	Created            int64       `json:"created"`
	Currency           string      `json:"currency"`
	Description        *string     `json:"description"`
	LastPaymentError   *Error      `json:"last_payment_error"`
	Livemode           bool        `json:"livemode"`
	NextAction         *NextAction `json:"next_action"`
	PaymentMethod      any         `json:"payment_method"`
	ConfigDetails      any         `json:"payment_method_configuration_details"`
	PaymentMethodTypes []string    `json:"payment_method_types"`
	Processing         *Processing `json:"processing"`
	ReceiptEmail       *string     `json:"receipt_email"`
	SetupFutureUsage   *string     `json:"setup_future_usage"`
	Shipping           *Shipping   `json:"shipping"`
	Source             *string     `json:"source"`
	Status             string      `json:"status"`
}

func clientView(_ *call, pi *PaymentIntent) *IntentView {
	return &IntentView{
		ID: pi.ID, Object: pi.Object, Amount: pi.Amount, AutomaticMethods: pi.AutomaticPaymentMethods, CanceledAt: pi.CanceledAt,
		CancellationReason: pi.CancellationReason, CaptureMethod: pi.CaptureMethod, ClientSecret: pi.ClientSecret,
		ConfirmationMethod: pi.ConfirmationMethod, Created: pi.Created, Currency: pi.Currency, Description: pi.Description,
		LastPaymentError: pi.LastPaymentError, NextAction: pi.NextAction, PaymentMethod: pi.PaymentMethod,
		ConfigDetails: pi.PaymentMethodConfig, PaymentMethodTypes: pi.PaymentMethodTypes, Processing: pi.Processing,
		ReceiptEmail: pi.ReceiptEmail, SetupFutureUsage: pi.SetupFutureUsage, Shipping: pi.Shipping, Status: pi.Status,
	}
}

// SetupView is what a browser may see of a SetupIntent.
type SetupView struct {
	ID                 string      `json:"id"`
	Object             string      `json:"object"`
	AutomaticMethods   any         `json:"automatic_payment_methods"`
	CancellationReason *string     `json:"cancellation_reason"`
	ClientSecret       string      `json:"client_secret"`
	Created            int64       `json:"created"`
	Description        *string     `json:"description"`
	LastSetupError     *Error      `json:"last_setup_error"`
	Livemode           bool        `json:"livemode"`
	NextAction         *NextAction `json:"next_action"`
	PaymentMethod      *string     `json:"payment_method"`
	PaymentMethodTypes []string    `json:"payment_method_types"`
	Status             string      `json:"status"`
	Usage              string      `json:"usage"`
}

func clientSetup(si *SetupIntent) *SetupView {
	return &SetupView{
		ID: si.ID, Object: si.Object, AutomaticMethods: si.AutomaticPaymentMethods, CancellationReason: si.CancellationReason,
		ClientSecret: si.ClientSecret, Created: si.Created, Description: si.Description, LastSetupError: si.LastSetupError,
		NextAction: si.NextAction, PaymentMethod: si.PaymentMethod, PaymentMethodTypes: si.PaymentMethodTypes, Status: si.Status,
		Usage: si.Usage,
	}
}

// elementsSession answers what Stripe.js asks when elements are made: methods on offer, the customer's saved ones.
func elementsSession(c *call) (any, error) {
	deferred := c.p.at("deferred_intent")
	types := deferred.strs("payment_method_types")
	if len(types) == 0 {
		settings, err := c.chosenConfiguration(deferred)
		if err != nil {
			return nil, err
		}
		types = c.automaticTypes(offer{strings.ToLower(deferred.str("currency")), settings, true, deferred.str("capture_method") == "manual"})
		reused := deferred.str("mode") != "payment" || deferred.str("setup_future_usage") != ""
		types = slices.DeleteFunc(types, func(kind string) bool {
			return kind == "us_bank_account" || reused && !slices.Contains(savableKinds, kind)
		})
	}
	out := map[string]any{
		"object": "elements_session", "session_id": newID("elements_session"), "business_name": c.srv.cfg.BusinessName,
		"payment_method_preference": map[string]any{
			"object": "payment_method_preference", "ordered_payment_method_types": types, "country_code": c.srv.cfg.Country,
			"type": cmp.Or(c.p.str("type"), "deferred_intent"),
		},
		"customer": nil, "livemode": false, "merchant_country": c.srv.cfg.Country,
	}
	if secret := c.p.str("customer_session_client_secret"); secret != "" {
		cs, err := c.sessionOf(secret)
		if err != nil {
			return nil, err
		}
		out["customer"] = c.sessionCustomer(cs, types)
	}
	return out, nil
}

// sessionCustomer lists the saved methods that the session's features let the buyer see.
func (c *call) sessionCustomer(cs *CustomerSession, types []string) any {
	methods := []*PaymentMethod{}
	element := cs.Components.PaymentElement
	if f := element.Features; f != nil && f.Redisplay == "enabled" {
		all := children[*PaymentMethod](c.tx, kindMethod, cs.Customer)
		for i := len(all) - 1; i >= 0; i-- {
			pm := all[i]
			if !isWallet(pm.Type) && slices.Contains(types, pm.Type) && slices.Contains(f.AllowRedisplayFilters, pm.AllowRedisplay) && int64(len(methods)) < deref(f.RedisplayLimit) {
				methods = append(methods, pm)
			}
		}
	}
	return map[string]any{
		"payment_methods": methods,
		"customer_session": map[string]any{
			"object": kindCustSession, "customer": cs.Customer, "expires_at": cs.ExpiresAt, "livemode": false, "components": cs.Components,
		},
	}
}

// detachFromBrowser lets a buyer remove a saved method, when the customer session allows it; a secret key needs no session.
func detachFromBrowser(c *call) (any, error) {
	if !c.publishable {
		return detachMethod(c)
	}
	cs, err := c.sessionOf(c.p.str("customer_session_client_secret"))
	if err != nil {
		return nil, err
	}
	pm, ok := find[*PaymentMethod](c.tx, c.id)
	if !ok || deref(pm.Customer) != cs.Customer {
		return nil, notFound("PaymentMethod", c.id)
	}
	if f := cs.Components.PaymentElement.Features; f == nil || f.Remove != "enabled" {
		return nil, invalid("", "", "The customer session does not allow payment methods to be removed.")
	}
	return c.detach(pm), nil
}
