package pages

import (
	"net/http"

	"checkoutd/internal/appearance"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// configView is the answer of GET /config: everything that the page's script
// needs to show the checkout.
type configView struct {
	PublishableKey string                 `json:"publishable_key"`
	StripeAccount  string                 `json:"stripe_account,omitempty"` // given to Stripe() with the key
	ScriptURL      string                 `json:"script_url"`
	Sandbox        bool                   `json:"sandbox"`
	Live           bool                   `json:"live"`
	AppInfo        AppInfo                `json:"app_info"`
	Elements       elementsView           `json:"elements"`
	AppearanceDark *appearance.Appearance `json:"appearance_dark,omitempty"`
	PaymentElement paymentElementView     `json:"payment_element"`
	Express        *expressView           `json:"express"` // null: no Express Checkout Element
	Address        addressView            `json:"address"`
	Known          *orders.Contact        `json:"known,omitempty"` // what the form is filled with
	CollectEmail   bool                   `json:"collect_email"`
	PromotionCodes bool                   `json:"promotion_codes"`
	Order          orders.View            `json:"order"`
	Resume         *payments.Answer       `json:"resume"`
	ReturnURL      string                 `json:"return_url"`
}

// ServeConfig is GET /config.
func (p *Pages) ServeConfig(w http.ResponseWriter, r *http.Request) error {
	o, err := p.opened(r, r.URL.Query().Get("order"))
	if err != nil {
		return err
	}

	view, err := p.config(r, o)
	if err != nil {
		return err
	}

	return httpio.WriteJSON(w, http.StatusOK, view)
}

// config returns what the script needs to know of an order. The page brings it
// along, which saves the first call; a form that opens again asks for it.
func (p *Pages) config(r *http.Request, opened openedOrder) (*configView, error) {
	ctx, o, view := r.Context(), opened.Order, opened.view
	var resume *payments.Answer

	answer, underWay, err := p.cfg.Payments.Resume(ctx, o.ID)
	if err != nil {
		return nil, err
	}

	if underWay {
		resume = &answer
	}

	known := p.known(r, opened)
	form := p.cfg.Form
	return &configView{
		PublishableKey: p.cfg.PublishableKey(),
		StripeAccount:  o.Account,
		ScriptURL:      p.cfg.ScriptURL,
		Sandbox:        p.cfg.Sandbox,
		Live:           p.cfg.Live,
		AppInfo:        p.cfg.App,
		Elements:       p.elements(o),
		AppearanceDark: p.darkAppearance(),
		PaymentElement: p.paymentElement(opened.refusal.MethodType),
		Express:        p.express(view),
		Address: addressView{
			Shipping: view.Ships,
			Billing:  form.BillingAddress,
			Phone:    form.ShippingPhone,
			Country:  p.countryOf(r, known, view.ShippingCountries),
		},
		Known:          known,
		CollectEmail:   form.CollectEmail,
		PromotionCodes: o.Mode == orders.ModePayment && !o.Shop.Fixed && p.cfg.Catalog(ctx).HasPromotions(),
		Order:          view,
		Resume:         resume,
		ReturnURL:      p.cfg.ReturnURL(o.ID),
	}, nil
}
