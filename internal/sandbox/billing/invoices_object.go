package billing

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/payments"
)

// The statuses of an Invoice:
// https://docs.stripe.com/invoicing/overview#invoice-statuses.
const (
	invoiceDraft         = "draft"
	invoiceOpen          = "open"
	invoicePaid          = "paid"
	invoiceVoid          = "void"
	invoiceUncollectible = "uncollectible"
)

// Invoice is https://docs.stripe.com/api/invoices/object as it was before the
// "basil" versions.
type Invoice struct {
	ID                           string                  `json:"id"`
	Object                       string                  `json:"object"`
	AccountCountry               *string                 `json:"account_country"`
	AccountName                  *string                 `json:"account_name"`
	AccountTaxIDs                any                     `json:"account_tax_ids"`
	AmountDue                    int64                   `json:"amount_due"`
	AmountPaid                   int64                   `json:"amount_paid"`
	AmountRemaining              int64                   `json:"amount_remaining"`
	AmountShipping               int64                   `json:"amount_shipping"`
	Application                  *string                 `json:"application"`
	ApplicationFeeAmount         *int64                  `json:"application_fee_amount"`
	AttemptCount                 int64                   `json:"attempt_count"`
	Attempted                    bool                    `json:"attempted"`
	AutoAdvance                  bool                    `json:"auto_advance"`
	AutomaticTax                 InvoiceTax              `json:"automatic_tax"`
	AutomaticallyFinalizesAt     *int64                  `json:"automatically_finalizes_at"`
	BillingReason                string                  `json:"billing_reason"`
	Charge                       *string                 `json:"charge"`
	CollectionMethod             string                  `json:"collection_method"`
	Created                      int64                   `json:"created"`
	Currency                     string                  `json:"currency"`
	CustomFields                 []payments.InvoiceField `json:"custom_fields"`
	Customer                     string                  `json:"customer"`
	CustomerAccount              *string                 `json:"customer_account"`
	CustomerAddress              *api.Address            `json:"customer_address"`
	CustomerEmail                *string                 `json:"customer_email"`
	CustomerName                 *string                 `json:"customer_name"`
	CustomerPhone                *string                 `json:"customer_phone"`
	CustomerShipping             *api.Shipping           `json:"customer_shipping"`
	CustomerTaxExempt            string                  `json:"customer_tax_exempt"`
	CustomerTaxIDs               []any                   `json:"customer_tax_ids"`
	DefaultPaymentMethod         *string                 `json:"default_payment_method"`
	DefaultSource                *string                 `json:"default_source"`
	DefaultTaxRates              []any                   `json:"default_tax_rates"`
	Description                  *string                 `json:"description"`
	Discount                     *api.Record             `json:"discount"`
	Discounts                    []string                `json:"discounts"`
	DueDate                      *int64                  `json:"due_date"`
	EffectiveAt                  *int64                  `json:"effective_at"`
	EndingBalance                *int64                  `json:"ending_balance"`
	Footer                       *string                 `json:"footer"`
	FromInvoice                  any                     `json:"from_invoice"`
	HostedInvoiceURL             *string                 `json:"hosted_invoice_url"`
	InvoicePDF                   *string                 `json:"invoice_pdf"`
	Issuer                       Issuer                  `json:"issuer"`
	LastFinalizationError        any                     `json:"last_finalization_error"`
	LatestRevision               *string                 `json:"latest_revision"`
	Lines                        LineList                `json:"lines"`
	Livemode                     bool                    `json:"livemode"`
	Metadata                     map[string]string       `json:"metadata"`
	NextPaymentAttempt           *int64                  `json:"next_payment_attempt"`
	Number                       *string                 `json:"number"`
	OnBehalfOf                   *string                 `json:"on_behalf_of"`
	Paid                         bool                    `json:"paid"`
	PaidOutOfBand                bool                    `json:"paid_out_of_band"`
	PaymentIntent                *string                 `json:"payment_intent"`
	PaymentSettings              InvoicePayments         `json:"payment_settings"`
	PeriodEnd                    int64                   `json:"period_end"`
	PeriodStart                  int64                   `json:"period_start"`
	PostPaymentCreditNotesAmount int64                   `json:"post_payment_credit_notes_amount"`
	PrePaymentCreditNotesAmount  int64                   `json:"pre_payment_credit_notes_amount"`
	Quote                        *string                 `json:"quote"`
	ReceiptNumber                *string                 `json:"receipt_number"`
	Rendering                    *InvoiceRendering       `json:"rendering"`
	ShippingCost                 any                     `json:"shipping_cost"`
	ShippingDetails              any                     `json:"shipping_details"`
	StartingBalance              int64                   `json:"starting_balance"`
	StatementDescriptor          *string                 `json:"statement_descriptor"`
	Status                       string                  `json:"status"`
	StatusTransitions            InvoiceTimes            `json:"status_transitions"`
	Subscription                 *string                 `json:"subscription"`
	SubscriptionDetails          *InvoiceSub             `json:"subscription_details"`
	Subtotal                     int64                   `json:"subtotal"`
	SubtotalExcludingTax         int64                   `json:"subtotal_excluding_tax"`
	Tax                          *int64                  `json:"tax"`
	TestClock                    *string                 `json:"test_clock"`
	Total                        int64                   `json:"total"`
	TotalDiscountAmounts         []DiscountAmount        `json:"total_discount_amounts"`
	TotalExcludingTax            int64                   `json:"total_excluding_tax"`
	TotalPretaxCreditAmounts     []any                   `json:"total_pretax_credit_amounts"`
	TotalTaxAmounts              []any                   `json:"total_tax_amounts"`
	TransferData                 *InvoiceTransfer        `json:"transfer_data"`
	WebhooksDeliveredAt          *int64                  `json:"webhooks_delivered_at"`
}

// InvoiceTax is the automatic tax of an invoice; the sandbox never enables it.
type InvoiceTax struct {
	AutomaticTax
	Status *string `json:"status"`
}

// InvoicePayments holds how an invoice can be paid.
type InvoicePayments struct {
	DefaultMandate       *string  `json:"default_mandate"`
	PaymentMethodOptions any      `json:"payment_method_options"`
	PaymentMethodTypes   []string `json:"payment_method_types"`
}

// InvoiceTimes holds when the status of an invoice changed, in Unix seconds.
type InvoiceTimes struct {
	FinalizedAt           *int64 `json:"finalized_at"`
	MarkedUncollectibleAt *int64 `json:"marked_uncollectible_at"`
	PaidAt                *int64 `json:"paid_at"`
	VoidedAt              *int64 `json:"voided_at"`
}

// InvoiceSub is the part of its subscription that an invoice keeps.
type InvoiceSub struct {
	Metadata map[string]string `json:"metadata"`
}

// LineList is the list of lines inside an invoice.
type LineList struct {
	Object     string         `json:"object"`
	Data       []*InvoiceLine `json:"data"`
	HasMore    bool           `json:"has_more"`
	TotalCount int            `json:"total_count"`
	URL        string         `json:"url"`
}

// InvoiceLine is https://docs.stripe.com/api/invoice-line-item/object.
type InvoiceLine struct {
	ID                     string            `json:"id"`
	Object                 string            `json:"object"`
	Amount                 int64             `json:"amount"`
	AmountExcludingTax     int64             `json:"amount_excluding_tax"`
	Currency               string            `json:"currency"`
	Description            *string           `json:"description"`
	DiscountAmounts        []DiscountAmount  `json:"discount_amounts"`
	Discountable           bool              `json:"discountable"`
	Discounts              []string          `json:"discounts"`
	Invoice                string            `json:"invoice"`
	InvoiceItem            string            `json:"invoice_item,omitempty"`
	Livemode               bool              `json:"livemode"`
	Metadata               map[string]string `json:"metadata"`
	Period                 LinePeriod        `json:"period"`
	Plan                   *Plan             `json:"plan"`
	PretaxCreditAmounts    []any             `json:"pretax_credit_amounts"`
	Price                  *api.Record       `json:"price"`
	Proration              bool              `json:"proration"`
	ProrationDetails       lineProration     `json:"proration_details"`
	Quantity               int64             `json:"quantity"`
	Subscription           *string           `json:"subscription"`
	SubscriptionItem       string            `json:"subscription_item,omitempty"`
	TaxAmounts             []any             `json:"tax_amounts"`
	TaxRates               []any             `json:"tax_rates"`
	Type                   string            `json:"type"`
	UnitAmountExcludingTax string            `json:"unit_amount_excluding_tax"`
}

// LinePeriod is the time that a line pays for, in Unix seconds.
type LinePeriod struct {
	End   int64 `json:"end"`
	Start int64 `json:"start"`
}

type lineProration struct {
	CreditedItems any `json:"credited_items"`
}

func (o *Invoice) ObjectID() string   { return o.ID }
func (o *Invoice) ObjectKind() string { return api.KindInvoice }
func (o *Invoice) Parents() []string  { return payments.ParentsOf(&o.Customer, o.Subscription) }
