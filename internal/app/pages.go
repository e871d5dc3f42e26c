package app

import (
	"context"
	"net/http"

	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
	"checkoutd/internal/payments"
	"checkoutd/internal/stripeapi"
)

func (a *App) shopPage(w http.ResponseWriter, r *http.Request) error {
	var v pages.ShopView
	for _, p := range a.orders.Catalog.Products() {
		v.Products = append(v.Products, pages.Product(p))
	}
	return a.pages.Shop(w, r, v)
}

func (a *App) checkoutPage(w http.ResponseWriter, r *http.Request) error {
	o, err := a.orders.Opened(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	v, err := a.pageOrder(r.Context(), o)
	if err != nil {
		return err
	}
	return a.pages.Checkout(w, r, pages.CheckoutView{Order: v})
}

// completePage is where buyers come back to. What Stripe adds to the address is
// never believed: the page shows what the server knows.
func (a *App) completePage(w http.ResponseWriter, r *http.Request) error {
	o, err := a.orders.Opened(r, r.URL.Query().Get("order"))
	if err != nil {
		return err
	}
	v, err := a.pageOrder(r.Context(), o)
	if err != nil {
		return err
	}
	return a.pages.Complete(w, r, pages.CompleteView{Order: v})
}

func (a *App) pageOrder(ctx context.Context, o orders.Order) (pages.Order, error) {
	v := a.orders.View(o)
	p := pages.Order{
		ID: v.ID, Status: string(v.Status), PaymentStatus: string(v.PaymentStatus),
		Currency: v.Currency, Amount: v.Amount, Refunded: o.Refunded, CreatedAt: v.CreatedAt, PaidAt: o.PaidAt,
	}
	for _, i := range v.Items {
		p.Items = append(p.Items, pages.Item{
			SKU: i.SKU, Name: i.Name, Image: i.Image, Quantity: i.Quantity, UnitAmount: i.UnitAmount, Amount: i.Amount,
		})
	}
	if v.PaymentStatus != orders.PaymentFailed {
		return p, nil
	}
	refusal, failed, err := a.payments.Refusal(ctx, o.ID)
	if failed {
		p.Refusal = refusal
	}
	return p, err
}

// configView is what the page's script needs to show the Payment Element.
type configView struct {
	PublishableKey string           `json:"publishable_key"`
	ScriptURL      string           `json:"script_url"`
	Sandbox        bool             `json:"sandbox"`
	Live           bool             `json:"live"`
	AppInfo        appInfo          `json:"app_info"`
	Elements       elementsView     `json:"elements"`
	PaymentElement paymentElement   `json:"payment_element"`
	Order          orders.View      `json:"order"`
	Resume         *payments.Answer `json:"resume"`
	ReturnURL      string           `json:"return_url"`
}

type appInfo struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	URL     string `json:"url"`
}

// elementsView are the options of stripe.elements(), in Stripe.js' own spelling; the
// intent is created with the matching parameters.
type elementsView struct {
	Mode               string   `json:"mode"`
	Amount             int64    `json:"amount"`
	Currency           string   `json:"currency"`
	CaptureMethod      string   `json:"captureMethod,omitempty"`
	SetupFutureUsage   string   `json:"setupFutureUsage,omitempty"`
	PaymentMethodTypes []string `json:"paymentMethodTypes,omitempty"`
}

type paymentElement struct {
	Layout string `json:"layout"`
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
	cfg := a.Config
	return httpio.WriteJSON(w, http.StatusOK, configView{
		PublishableKey: cfg.StripePublishableKey, ScriptURL: cfg.StripeJSURL,
		Sandbox: cfg.IsSandbox(), Live: cfg.Livemode(),
		AppInfo: appInfo{stripeapi.Name, a.Version, stripeapi.URL},
		Elements: elementsView{
			Mode: "payment", Amount: o.Amount, Currency: o.Currency,
			CaptureMethod: o.Options.CaptureMethod, SetupFutureUsage: o.Options.SetupFutureUsage, PaymentMethodTypes: o.Options.PaymentMethodTypes,
		},
		PaymentElement: paymentElement{Layout: cfg.PaymentElementLayout},
		Order:          a.orders.View(o), Resume: resume,
		ReturnURL: cfg.BaseURL + "/complete?order=" + o.ID,
	})
}
