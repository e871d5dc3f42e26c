package app

import (
	"context"
	"net/http"

	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
)

func (a *App) shopPage(w http.ResponseWriter, r *http.Request) error {
	catalog := a.orders.Catalog
	v := pages.ShopView{Currency: catalog.Currency(), ShippingFrom: catalog.ShippingFrom(), SaveMethods: a.Config.SavedMethods.Redisplay}
	for _, p := range catalog.Products() {
		v.Products = append(v.Products, pages.Product{
			SKU: p.SKU, Name: p.Name, Description: p.Description, Image: p.Image, Currency: p.Currency,
			Prices: p.Prices, Recurring: pageRecurring(p.Recurring), Ships: catalog.Ships(&p),
		})
	}
	return a.pages.Shop(w, r, v)
}

func pageRecurring(r *orders.Recurring) pages.Recurring {
	if r == nil {
		return pages.Recurring{}
	}
	return pages.Recurring{Interval: r.Interval, Count: r.IntervalCount}
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

// pageOrder is what the pages show of an order.
func (a *App) pageOrder(ctx context.Context, o orders.Order) (pages.Order, error) {
	v := a.orders.View(o)
	p := pages.Order{
		ID: v.ID, Mode: string(v.Mode), Status: string(v.Status), PaymentStatus: string(v.PaymentStatus),
		Currency: v.Currency, Amount: v.Amount, Subtotal: v.Subtotal,
		Discount: o.Discount.Amount, PromotionCode: o.Discount.Code, Rate: o.ShippingRate.Name, Shipping: o.ShippingRate.Amount,
		Captured: o.Captured, Refunded: o.Refunded, Email: o.Contact.Email, ShipTo: pageAddress(&o), Recurring: pageRecurring(v.Recurring),
		CreatedAt: v.CreatedAt, PaidAt: o.PaidAt,
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

// pageAddress is where the order goes; an address that is not complete is not shown.
func pageAddress(o *orders.Order) pages.Address {
	to := o.Contact.Shipping
	if !o.Ships() || !to.Complete() {
		return pages.Address{}
	}
	p := to.Address
	return pages.Address{
		Name: to.Name, Line1: p.Line1, Line2: p.Line2, City: p.City, State: p.State, PostalCode: p.PostalCode, Country: p.Country,
	}
}
