package api

import (
	"time"

	"checkoutd/internal/orders"
)

// OrderObject is an order as the shop's backend sees it, in every answer of the
// API and in the payload of every outgoing webhook. Amounts are minor units of
// Currency. A member without a value is null.
type OrderObject struct {
	ID                 string               `json:"id"`
	Object             string               `json:"object"`    // always "order"
	Reference          *string              `json:"reference"` // the shop's order number
	Status             orders.Status        `json:"status"`
	PaymentStatus      orders.PaymentStatus `json:"payment_status"`
	Mode               orders.Mode          `json:"mode"`
	Livemode           bool                 `json:"livemode"`
	Amount             int64                `json:"amount"`
	AmountCaptured     int64                `json:"amount_captured"`
	AmountRefunded     int64                `json:"amount_refunded"` // includes pending refunds
	Currency           string               `json:"currency"`
	Subtotal           int64                `json:"subtotal"`
	Discount           *DiscountObject      `json:"discount"`
	ShippingRate       *RateObject          `json:"shipping_rate"`
	Items              []ItemObject         `json:"items"`
	Customer           CustomerObject       `json:"customer"`
	Shipping           *orders.Address      `json:"shipping"`
	Billing            *orders.Address      `json:"billing"`
	URL                string               `json:"url"`           // the checkout page
	Message            *string              `json:"message"`       // the last message about the payment to the buyer
	ReviewReason       *string              `json:"review_reason"` // why a person must decide
	CreatedAt          time.Time            `json:"created_at"`
	ExpiresAt          time.Time            `json:"expires_at"`
	PaidAt             *time.Time           `json:"paid_at"`
	SubscriptionEndsAt *time.Time           `json:"subscription_ends_at"`
	// Operation is what a call has just done, only in its answer.
	Operation *OperationObject `json:"operation,omitempty"`
}

// CustomerObject is the buyer of an order.
type CustomerObject struct {
	ID        *string `json:"id"`        // Stripe's customer
	Reference *string `json:"reference"` // the shop's own name for the customer
	Email     *string `json:"email"`
}

// DiscountObject is the promotion code of an order with its discount.
type DiscountObject struct {
	Code   string `json:"code"`
	Amount int64  `json:"amount"`
}

// RateObject is the chosen shipping rate of an order.
type RateObject struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Amount int64  `json:"amount"`
}

// ItemObject is a line of an order.
type ItemObject struct {
	SKU        *string           `json:"sku"`
	Name       string            `json:"name"`
	Image      *string           `json:"image"`
	Quantity   int64             `json:"quantity"`
	UnitAmount int64             `json:"unit_amount"`
	Amount     int64             `json:"amount"`
	Recurring  *orders.Recurring `json:"recurring"`
}

// Render returns an order as the API shows it. baseURL is the shop's public
// origin without a slash at the end.
func Render(o *orders.Order, baseURL string) OrderObject {
	out := OrderObject{
		ID:             o.ID,
		Object:         "order",
		Reference:      optional(o.Reference),
		Status:         o.Status,
		PaymentStatus:  o.PaymentStatus,
		Mode:           o.Mode,
		Livemode:       o.Livemode,
		Amount:         o.Amount,
		AmountCaptured: o.Captured,
		AmountRefunded: o.Refunded,
		Currency:       o.Currency,
		Subtotal:       o.Subtotal(),
		Items:          []ItemObject{},
		Customer: CustomerObject{
			ID:        optional(o.CustomerID),
			Reference: optional(o.CustomerReference),
			Email:     optional(o.Contact.Email),
		},
		Shipping:     o.Contact.Shipping,
		Billing:      o.Contact.Billing,
		URL:          baseURL + "/checkout/" + o.ID,
		Message:      optional(o.Message),
		ReviewReason: optional(o.ReviewReason),
		CreatedAt:    o.CreatedAt.UTC(),
		ExpiresAt:    o.ExpiresAt.UTC(),
		PaidAt:       optionalTime(o.PaidAt),
	}

	if !o.PaidAt.IsZero() {
		out.SubscriptionEndsAt = optionalTime(o.SubscriptionEndsAt)
	}

	if o.Discount.Code != "" {
		out.Discount = &DiscountObject{o.Discount.Code, o.Discount.Amount}
	}

	if r := o.ShippingRate; r.ID != "" {
		out.ShippingRate = &RateObject{r.ID, r.Name, r.Amount}
	}

	for _, i := range o.Items {
		out.Items = append(out.Items, ItemObject{
			SKU:        optional(i.SKU),
			Name:       i.Name,
			Image:      optional(i.Image),
			Quantity:   i.Quantity,
			UnitAmount: i.UnitAmount,
			Amount:     i.Amount(),
			Recurring:  i.Recurring,
		})
	}

	return out
}

// optional returns nil for "", which JSON shows as null.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// optionalTime returns nil for the zero time.
func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
