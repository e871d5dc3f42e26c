package orders

import (
	"context"
	"time"
)

// View is what a buyer sees of an order. Amounts are minor units of Currency.
type View struct {
	ID                 string         `json:"id"`
	Mode               Mode           `json:"mode"`
	Status             Status         `json:"status"`
	PaymentStatus      PaymentStatus  `json:"payment_status"`
	Amount             int64          `json:"amount"`
	Captured           int64          `json:"captured"` // less than Amount after a partial capture
	Refunded           int64          `json:"refunded"` // includes pending refunds
	Subtotal           int64          `json:"subtotal"`
	Discount           *DiscountView  `json:"discount"`
	ShippingRate       *ShippingRate  `json:"shipping_rate"`
	ShippingRates      []ShippingRate `json:"shipping_rates"`     // to choose from
	ShippingCountries  []string       `json:"shipping_countries"` // empty: all
	Ships              bool           `json:"ships"`
	TaxIncluded        string         `json:"tax_included,omitempty"` // what the prices include, in the shop's words
	Recurring          *Recurring     `json:"recurring"`
	RecurringAmount    int64          `json:"recurring_amount"` // of every payment after the first, 0 for none
	Trial              *TrialView     `json:"trial,omitempty"`
	SetupFutureUsage   string         `json:"setup_future_usage,omitempty"` // depends on the items
	OptionsFingerprint string         `json:"options_fingerprint"`
	Currency           string         `json:"currency"`
	Items              []ItemView     `json:"items"`
	Contact            Contact        `json:"contact"`
	PaymentMethod      *PaymentMethod `json:"payment_method,omitempty"` // what it was paid with
	Message            string         `json:"message,omitempty"`
	Shop               *ShopView      `json:"shop,omitempty"` // only of an order of the shop's backend
	CreatedAt          time.Time      `json:"created_at"`
	ExpiresAt          time.Time      `json:"expires_at"`
	PaidAt             *time.Time     `json:"paid_at,omitempty"`
	// SubscriptionEndsAt is when the subscription ends or ended, missing while
	// it continues.
	SubscriptionEndsAt *time.Time `json:"subscription_ends_at,omitempty"`
}

// TrialView is the trial with which a subscription begins: nothing is paid
// before it ends.
type TrialView struct {
	Days int64     `json:"days"`
	End  time.Time `json:"end"` // when the first payment is due
}

// DiscountView is a promotion code with its discount.
type DiscountView struct {
	Code   string `json:"code"`
	Amount int64  `json:"amount"`
}

// ShopView is what the shop's backend decided about an order, of which the
// buyer can change neither the items nor the price.
type ShopView struct {
	Description string      `json:"description,omitempty"`
	Discounts   []Deduction `json:"discounts"`
	Taxes       []Tax       `json:"taxes"`
	ItemTax     int64       `json:"item_tax"` // of all items, added to their prices
	SuccessURL  string      `json:"success_url,omitempty"`
	CancelURL   string      `json:"cancel_url,omitempty"`
	Locale      string      `json:"locale,omitempty"`
}

func (o *Order) shopView() *ShopView {
	return &ShopView{
		Description: o.Shop.Description,
		Discounts:   append([]Deduction{}, o.Shop.Discounts...),
		Taxes:       append([]Tax{}, o.Shop.Taxes...),
		ItemTax:     o.itemTax(),
		SuccessURL:  o.Shop.SuccessURL,
		CancelURL:   o.Shop.CancelURL,
		Locale:      o.Shop.Locale,
	}
}

// ItemView is a line with its price.
type ItemView struct {
	SKU         string     `json:"sku"`
	Name        string     `json:"name"`
	Image       string     `json:"image,omitempty"`
	Description string     `json:"description,omitempty"`
	Quantity    int64      `json:"quantity"`
	UnitAmount  int64      `json:"unit_amount"`
	Amount      int64      `json:"amount"`
	Recurring   *Recurring `json:"recurring,omitempty"`
}

// View returns what the buyer sees of an order. The buyer sees it as expired as
// soon as its time is over, even if the store has not recorded it yet.
func (s *Service) View(ctx context.Context, o Order) View {
	shop := s.shop(ctx).of(&o)
	v := View{
		ID:                 o.ID,
		Mode:               o.Mode,
		Status:             o.Status,
		PaymentStatus:      o.PaymentStatus,
		Amount:             o.Amount,
		Captured:           o.Captured,
		Refunded:           o.Refunded,
		Subtotal:           o.Subtotal(),
		Currency:           o.Currency,
		ShippingRates:      shop.offers(&o),
		ShippingCountries:  shop.catalog.countriesFor(&o),
		Ships:              o.Ships(),
		TaxIncluded:        o.TaxIncluded(),
		Recurring:          o.Recurring(),
		RecurringAmount:    o.RecurringAmount(),
		SetupFutureUsage:   o.Options.SetupFutureUsage,
		OptionsFingerprint: o.OptionsFingerprint(),
		Items:              []ItemView{},
		Contact:            o.Contact,
		Message:            o.Message,
		CreatedAt:          o.CreatedAt.UTC(),
		ExpiresAt:          o.ExpiresAt.UTC(),
	}

	if o.IsExpired(s.cfg.Now()) && !o.paymentStarted() {
		v.Status = Expired
	}

	if o.Trial() {
		v.Trial = &TrialView{o.Shop.TrialDays, o.FirstPayment(s.cfg.Now()).UTC()}
	}

	if o.Discount.Code != "" {
		v.Discount = &DiscountView{o.Discount.Code, o.Discount.Amount}
	}

	if o.Shop.Fixed {
		v.Shop = o.shopView()
	}

	if o.ShippingRate.ID != "" {
		v.ShippingRate = &o.ShippingRate
	}

	if o.PaidWith.Type != "" {
		v.PaymentMethod = &o.PaidWith
	}

	if !o.PaidAt.IsZero() {
		paid := o.PaidAt.UTC()
		v.PaidAt = &paid
	}

	if !o.SubscriptionEndsAt.IsZero() && !o.PaidAt.IsZero() {
		ends := o.SubscriptionEndsAt.UTC()
		v.SubscriptionEndsAt = &ends
	}

	for _, i := range o.Items {
		v.Items = append(v.Items, ItemView{
			SKU:         i.SKU,
			Name:        i.Name,
			Image:       i.Image,
			Description: i.Description,
			Quantity:    i.Quantity,
			UnitAmount:  i.UnitAmount,
			Amount:      i.Amount(),
			Recurring:   i.Recurring,
		})
	}

	return v
}

// offers returns the rates that serve the order, with their price for it.
func (s shop) offers(o *Order) []ShippingRate {
	list := []ShippingRate{}
	for _, r := range s.catalog.ratesFor(o) {
		list = append(list, r.offer(o.Subtotal(), o.Currency))
	}
	return list
}
