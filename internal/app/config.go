package app

import (
	"net/http"

	"checkoutd/internal/appearance"
	"checkoutd/internal/config"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/stripeapi"
)

// configView is GET /config: what the page's script needs to show the checkout.
type configView struct {
	PublishableKey string                 `json:"publishable_key"`
	ScriptURL      string                 `json:"script_url"`
	Sandbox        bool                   `json:"sandbox"`
	Live           bool                   `json:"live"`
	AppInfo        appInfo                `json:"app_info"`
	Elements       elementsView           `json:"elements"`
	AppearanceDark *appearance.Appearance `json:"appearance_dark,omitempty"`
	PaymentElement paymentElementView     `json:"payment_element"`
	Express        *expressView           `json:"express"` // null: no Express Checkout Element
	Address        addressView            `json:"address"`
	CollectEmail   bool                   `json:"collect_email"`
	PromotionCodes bool                   `json:"promotion_codes"`
	Order          orders.View            `json:"order"`
	Resume         *payments.Answer       `json:"resume"`
	ReturnURL      string                 `json:"return_url"`
}

type appInfo struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	URL     string `json:"url"`
}

// config is GET /config.
func (a *App) config(w http.ResponseWriter, r *http.Request) error {
	o, err := a.orders.Opened(r, r.URL.Query().Get("order"))
	if err != nil {
		return err
	}
	var resume *payments.Answer
	answer, underWay, err := a.payments.Resume(r.Context(), o.ID)
	if err != nil {
		return err
	}
	if underWay {
		resume = &answer
	}
	cfg, order := a.Config, a.orders.View(o)
	return httpio.WriteJSON(w, http.StatusOK, configView{
		PublishableKey: cfg.StripePublishableKey, ScriptURL: cfg.StripeJSURL,
		Sandbox: cfg.IsSandbox(), Live: cfg.Livemode(),
		AppInfo:        appInfo{stripeapi.Name, a.Version, stripeapi.URL},
		Elements:       elementsOf(cfg, o),
		AppearanceDark: appearanceDark(cfg),
		PaymentElement: paymentElementOf(cfg),
		Express:        expressOf(cfg, order),
		Address:        addressView{Shipping: order.Ships, Billing: cfg.BillingAddress == billingFull, Phone: cfg.ShippingPhone},
		CollectEmail:   cfg.CollectEmail, PromotionCodes: order.Mode == orders.ModePayment && a.orders.Catalog.HasPromotions(),
		Order: order, Resume: resume,
		ReturnURL: cfg.BaseURL + "/complete?order=" + o.ID,
	})
}

// orderOptions are how orders are to be paid unless their products say otherwise.
func orderOptions(cfg *config.Config) orders.Options { return orders.Options(cfg.Payment) }
