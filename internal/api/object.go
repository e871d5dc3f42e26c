package api

import (
	"maps"
	"strings"
	"time"

	"checkoutd/internal/orders"
)

// OrderObject is an order as the shop's backend sees it, in every answer of the
// API and in the payload of every outgoing webhook. Amounts are minor units of
// Currency. A member without a value is null.
type OrderObject struct {
	ID             string               `json:"id"`
	Object         string               `json:"object"`    // always "order"
	Reference      *string              `json:"reference"` // the shop's order number
	Status         orders.Status        `json:"status"`
	PaymentStatus  orders.PaymentStatus `json:"payment_status"`
	Mode           orders.Mode          `json:"mode"`
	Livemode       bool                 `json:"livemode"`
	Amount         int64                `json:"amount"`
	AmountCaptured int64                `json:"amount_captured"`
	AmountRefunded int64                `json:"amount_refunded"` // includes pending refunds
	Currency       string               `json:"currency"`
	// The connected accounts, and what the platform takes.
	Account               *string            `json:"account"`
	OnBehalfOf            *string            `json:"on_behalf_of"`
	TransferData          *TransferObject    `json:"transfer_data"`
	ApplicationFeeAmount  *int64             `json:"application_fee_amount"`  // of the order's total
	ApplicationFeePercent *float64           `json:"application_fee_percent"` // of each invoice of a subscription
	Subtotal              int64              `json:"subtotal"`
	Discount              *DiscountObject    `json:"discount"`  // of a promotion code
	Discounts             []orders.Deduction `json:"discounts"` // the shop's own
	Taxes                 []orders.Tax       `json:"taxes"`
	Shipping              *RateObject        `json:"shipping"`
	Items                 []ItemObject       `json:"items"`
	Customer              CustomerObject     `json:"customer"`
	ShippingAddress       *orders.Address    `json:"shipping_address"`
	BillingAddress        *orders.Address    `json:"billing_address"`
	PaymentMethod         *MethodObject      `json:"payment_method"`
	Consent               *ConsentObject     `json:"consent"`
	CaptureMethod         *string            `json:"capture_method"`
	SetupFutureUsage      *string            `json:"setup_future_usage"`
	PaymentMethodTypes    []string           `json:"payment_method_types"`
	Metadata              map[string]string  `json:"metadata"`
	Description           *string            `json:"description"`
	StatementSuffix       *string            `json:"statement_descriptor_suffix"`
	SuccessURL            *string            `json:"success_url"`
	CancelURL             *string            `json:"cancel_url"`
	Locale                *string            `json:"locale"`
	URL                   string             `json:"url"`           // the checkout page
	Message               *string            `json:"message"`       // the last message about the payment to the buyer
	ReviewReason          *string            `json:"review_reason"` // why a person must decide
	CreatedAt             time.Time          `json:"created_at"`
	ExpiresAt             time.Time          `json:"expires_at"`
	PaidAt                *time.Time         `json:"paid_at"`
	SubscriptionEndsAt    *time.Time         `json:"subscription_ends_at"`
	RecurringAmount       *int64             `json:"recurring_amount"` // of every payment after the first
	TrialDays             *int64             `json:"trial_days"`       // of its subscription
	TrialEnd              *time.Time         `json:"trial_end"`        // when the first payment is due
	ErasedAt              *time.Time         `json:"erased_at"`        // when the customer's personal data was removed
	// ClientToken opens the order's calls for pages of the shop's own. It is in
	// the answer to the creation only.
	ClientToken *string `json:"client_token,omitempty"`
	// Operation is what a call has just done, only in its answer.
	Operation *OperationObject `json:"operation,omitempty"`
}

// TransferObject is where the money of a destination charge goes. Without an
// amount, all but the platform's fee goes there.
type TransferObject struct {
	Destination string `json:"destination"`
	Amount      *int64 `json:"amount"`
}

// CustomerObject is the buyer of an order.
type CustomerObject struct {
	ID        *string `json:"id"`        // Stripe's customer
	Reference *string `json:"reference"` // the shop's own name for the customer
	Email     *string `json:"email"`
	Name      *string `json:"name"`
}

// MethodObject is what an order was paid with, as far as a receipt names it.
type MethodObject struct {
	Type   string  `json:"type"`
	Brand  *string `json:"brand"`
	Last4  *string `json:"last4"`
	Wallet *string `json:"wallet"`
}

// ConsentObject is when the buyer agreed to which version of the shop's terms.
type ConsentObject struct {
	At      time.Time `json:"at"`
	Version string    `json:"version"`
}

// DiscountObject is the promotion code of an order with its discount.
type DiscountObject struct {
	Code   string `json:"code"`
	Amount int64  `json:"amount"`
}

// RateObject is how an order is shipped, and for how much. Its ID is that of
// the catalog's rate; null for a shipping of the shop's own.
type RateObject struct {
	ID      *string `json:"id"`
	Name    string  `json:"name"`
	Amount  int64   `json:"amount"`
	MinDays int64   `json:"min_days"`
	MaxDays int64   `json:"max_days"`
}

// ItemObject is a line of an order.
type ItemObject struct {
	SKU         *string           `json:"sku"`
	Name        string            `json:"name"`
	Image       *string           `json:"image"`
	Description *string           `json:"description"`
	TaxAmount   int64             `json:"tax_amount"` // of the line, added to its price
	Quantity    int64             `json:"quantity"`
	UnitAmount  int64             `json:"unit_amount"`
	Amount      int64             `json:"amount"`
	Recurring   *orders.Recurring `json:"recurring"`
}

// Links makes the addresses in an answer.
type Links struct {
	BaseURL string // the shop's public origin, without a slash at the end
	// Picture returns the path of a built-in picture, "" if there is none with
	// that name.
	Picture func(name string) string
}

// image returns the address of a product's image, nil for none. The catalog has
// addresses, paths from the root and names of built-in pictures.
func (l Links) image(image string) *string {
	if strings.HasPrefix(image, "https://") {
		return &image
	}
	if image != "" && !strings.HasPrefix(image, "/") {
		image = l.Picture(image)
	}
	if image == "" {
		return nil
	}
	return optional(l.BaseURL + image)
}

// Render returns an order as the API shows it.
func Render(o *orders.Order, links Links) OrderObject {
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
			Name:      optional(o.Contact.Name),
		},
		Discounts:          append([]orders.Deduction{}, o.Shop.Discounts...),
		Taxes:              append([]orders.Tax{}, o.Shop.Taxes...),
		ShippingAddress:    o.Contact.Shipping,
		BillingAddress:     o.Contact.Billing,
		CaptureMethod:      optional(o.Options.CaptureMethod),
		SetupFutureUsage:   optional(o.Options.SetupFutureUsage),
		PaymentMethodTypes: append([]string{}, o.Options.PaymentMethodTypes...),
		Metadata:           map[string]string{},
		Description:        optional(o.Shop.Description),
		StatementSuffix:    optional(o.Shop.StatementSuffix),
		SuccessURL:         optional(o.Shop.SuccessURL),
		CancelURL:          optional(o.Shop.CancelURL),
		Locale:             optional(o.Shop.Locale),
		URL:                links.BaseURL + "/checkout/" + o.ID,
		Message:            optional(o.Message),
		ReviewReason:       optional(o.ReviewReason),
		CreatedAt:          o.CreatedAt.UTC(),
		ExpiresAt:          o.ExpiresAt.UTC(),
		PaidAt:             optionalTime(o.PaidAt),
		ErasedAt:           optionalTime(o.ErasedAt),
	}

	if o.Recurring() != nil {
		out.RecurringAmount = new(o.RecurringAmount())
	}

	if o.Trial() {
		out.TrialDays, out.TrialEnd = &o.Shop.TrialDays, optionalTime(o.Shop.TrialEnd)
	}

	if !o.PaidAt.IsZero() {
		out.SubscriptionEndsAt = optionalTime(o.SubscriptionEndsAt)
	}

	if o.Discount.Code != "" {
		out.Discount = &DiscountObject{o.Discount.Code, o.Discount.Amount}
	}

	if m := o.PaidWith; m.Type != "" {
		out.PaymentMethod = &MethodObject{m.Type, optional(m.Brand), optional(m.Last4), optional(m.Wallet)}
	}

	if c := o.Consent; !c.At.IsZero() {
		out.Consent = &ConsentObject{c.At.UTC(), c.Version}
	}

	renderConnect(&out, o)
	maps.Copy(out.Metadata, o.Shop.Metadata)

	if r := o.ShippingRate; r.ID != "" {
		out.Shipping = &RateObject{optional(r.ID), r.Name, r.Amount, r.MinDays, r.MaxDays}
		if o.Shop.OwnShipping {
			out.Shipping.ID = nil
		}
	}

	for _, i := range o.Items {
		out.Items = append(out.Items, ItemObject{
			SKU:         optional(i.SKU),
			Name:        i.Name,
			Image:       links.image(i.Image),
			Description: optional(i.Description),
			TaxAmount:   i.TaxAmount,
			Quantity:    i.Quantity,
			UnitAmount:  i.UnitAmount,
			Amount:      i.Amount(),
			Recurring:   i.Recurring,
		})
	}

	return out
}

// renderConnect adds the connected accounts of an order.
func renderConnect(out *OrderObject, o *orders.Order) {
	out.Account, out.OnBehalfOf = optional(o.Account), optional(o.Options.OnBehalfOf)

	if to := o.Connect.Destination; to != "" {
		out.TransferData = &TransferObject{Destination: to}
		if amount := o.TransferOf(o.Amount); amount > 0 {
			out.TransferData.Amount = &amount
		}
	}

	if fee := o.FeeOn(o.Amount); fee > 0 {
		out.ApplicationFeeAmount = &fee
	}

	if share := o.FeeShare(); share > 0 {
		percent := float64(share) / 100
		out.ApplicationFeePercent = &percent
	}
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
