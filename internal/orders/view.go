package orders

import "time"

// View is what a buyer sees of an order. Amounts are minor units of Currency.
type View struct {
	ID                string         `json:"id"`
	Mode              Mode           `json:"mode"`
	Status            Status         `json:"status"`
	PaymentStatus     PaymentStatus  `json:"payment_status"`
	Amount            int64          `json:"amount"`
	Captured          int64          `json:"captured"` // less than Amount when the shop took a part of what was held
	Refunded          int64          `json:"refunded"` // what of it went back, or is on its way
	Subtotal          int64          `json:"subtotal"`
	Discount          *DiscountView  `json:"discount"`
	ShippingRate      *ShippingRate  `json:"shipping_rate"`
	ShippingRates     []ShippingRate `json:"shipping_rates"`     // those to choose from now
	ShippingCountries []string       `json:"shipping_countries"` // empty: everywhere
	Ships             bool           `json:"ships"`
	Recurring         *Recurring     `json:"recurring"`
	SetupFutureUsage  string         `json:"setup_future_usage,omitempty"` // it follows the items
	Currency          string         `json:"currency"`
	Items             []ItemView     `json:"items"`
	Contact           Contact        `json:"contact"`
	Message           string         `json:"message,omitempty"`
	CreatedAt         time.Time      `json:"created_at"`
	ExpiresAt         time.Time      `json:"expires_at"`
	PaidAt            *time.Time     `json:"paid_at,omitempty"`
}

// DiscountView is a promotion code with what it takes off.
type DiscountView struct {
	Code   string `json:"code"`
	Amount int64  `json:"amount"`
}

// ItemView is a line with its price.
type ItemView struct {
	SKU        string     `json:"sku"`
	Name       string     `json:"name"`
	Image      string     `json:"image,omitempty"`
	Quantity   int64      `json:"quantity"`
	UnitAmount int64      `json:"unit_amount"`
	Amount     int64      `json:"amount"`
	Recurring  *Recurring `json:"recurring,omitempty"`
}

// View shows the order to its buyer. An order whose time is over is expired to
// them even before the store says so.
func (s *Service) View(o Order) View {
	v := View{
		ID:                o.ID,
		Mode:              o.Mode,
		Status:            o.Status,
		PaymentStatus:     o.PaymentStatus,
		Amount:            o.Amount,
		Captured:          o.Captured,
		Refunded:          o.Refunded,
		Subtotal:          o.Subtotal(),
		Currency:          o.Currency,
		ShippingRates:     s.offers(&o),
		ShippingCountries: s.Catalog.countriesFor(&o),
		Ships:             o.Ships(),
		Recurring:         o.Recurring(),
		SetupFutureUsage:  o.Options.SetupFutureUsage,
		Items:             []ItemView{},
		Contact:           o.Contact,
		Message:           o.Message,
		CreatedAt:         o.CreatedAt.UTC(),
		ExpiresAt:         o.ExpiresAt.UTC(),
	}

	if o.IsExpired(s.Now()) && !o.underWay() {
		v.Status = Expired
	}

	if o.Discount.Code != "" {
		v.Discount = &DiscountView{o.Discount.Code, o.Discount.Amount}
	}

	if o.ShippingRate.ID != "" {
		v.ShippingRate = &o.ShippingRate
	}

	if !o.PaidAt.IsZero() {
		paid := o.PaidAt.UTC()
		v.PaidAt = &paid
	}

	for _, i := range o.Items {
		v.Items = append(v.Items, ItemView{i.SKU, i.Name, i.Image, i.Quantity, i.UnitAmount, i.Amount(), i.Recurring})
	}

	return v
}

// offers are the rates that the order can have, at what they cost it.
func (s *Service) offers(o *Order) []ShippingRate {
	list := []ShippingRate{}
	for _, r := range s.Catalog.ratesFor(o) {
		list = append(list, r.offer(o.Subtotal(), o.Currency))
	}
	return list
}
