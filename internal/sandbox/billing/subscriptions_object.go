package billing

import (
	"strconv"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// The statuses of a Subscription:
// https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses.
// canceled is shared with PaymentIntents.
const (
	subIncomplete = "incomplete"
	subExpired    = "incomplete_expired"
	subTrialing   = "trialing"
	subActive     = "active"
	subPastDue    = "past_due"
)

// Subscription is https://docs.stripe.com/api/subscriptions/object as it was
// before the "basil" versions: the billing period stands on the subscription,
// the first invoice has a PaymentIntent.
type Subscription struct {
	ID                       string       `json:"id"`
	Object                   string       `json:"object"`
	Application              *string      `json:"application"`
	ApplicationFeePercent    *float64     `json:"application_fee_percent"`
	AutomaticTax             AutomaticTax `json:"automatic_tax"`
	BillingCycleAnchor       int64        `json:"billing_cycle_anchor"`
	BillingCycleAnchorConfig any          `json:"billing_cycle_anchor_config"`
	BillingMode              BillingMode  `json:"billing_mode"`
	BillingThresholds        any          `json:"billing_thresholds"`
	CancelAt                 *int64       `json:"cancel_at"`
	CancelAtPeriodEnd        bool         `json:"cancel_at_period_end"`
	CanceledAt               *int64       `json:"canceled_at"`
	CancellationDetails      Cancellation `json:"cancellation_details"`
	CollectionMethod         string       `json:"collection_method"`
	Created                  int64        `json:"created"`
	Currency                 string       `json:"currency"`
	CurrentPeriodEnd         int64        `json:"current_period_end"`
	CurrentPeriodStart       int64        `json:"current_period_start"`
	Customer                 string       `json:"customer"`
	CustomerAccount          *string      `json:"customer_account"`
	DaysUntilDue             *int64       `json:"days_until_due"`
	DefaultPaymentMethod     *string      `json:"default_payment_method"`
	DefaultSource            *string      `json:"default_source"`
	DefaultTaxRates          []any        `json:"default_tax_rates"`
	Description              *string      `json:"description"`
	Discount                 *api.Record  `json:"discount"`
	Discounts                []string     `json:"discounts"`
	EndedAt                  *int64       `json:"ended_at"`
	InvoiceSettings          SubInvoices  `json:"invoice_settings"`
	Items                    ItemList     `json:"items"`
	LatestInvoice            *string      `json:"latest_invoice"`
	Livemode                 bool         `json:"livemode"`

	ManagedPayments payments.ManagedPayments `json:"managed_payments"`

	Metadata                      map[string]string `json:"metadata"`
	NextPendingInvoiceItemInvoice *int64            `json:"next_pending_invoice_item_invoice"`
	OnBehalfOf                    *string           `json:"on_behalf_of"`
	PauseCollection               any               `json:"pause_collection"`
	PaymentSettings               SubPayments       `json:"payment_settings"`
	PendingInvoiceItemInterval    any               `json:"pending_invoice_item_interval"`
	PendingSetupIntent            *string           `json:"pending_setup_intent"`
	PendingUpdate                 any               `json:"pending_update"`
	Plan                          *Plan             `json:"plan"`
	Quantity                      *int64            `json:"quantity"`
	Schedule                      *string           `json:"schedule"`
	StartDate                     int64             `json:"start_date"`
	Status                        string            `json:"status"`
	TestClock                     *string           `json:"test_clock"`
	TransferData                  *SubTransfer      `json:"transfer_data"`
	TrialEnd                      *int64            `json:"trial_end"`
	TrialSettings                 TrialSettings     `json:"trial_settings"`
	TrialStart                    *int64            `json:"trial_start"`
}

// BillingMode is how prorations are computed: classic, or flexible, which the
// sandbox does not simulate.
type BillingMode struct {
	Type string `json:"type"`
}

// AutomaticTax is the automatic tax of a subscription; the sandbox never
// enables it.
type AutomaticTax struct {
	DisabledReason *string `json:"disabled_reason"`
	Enabled        bool    `json:"enabled"`
	Liability      any     `json:"liability"`
}

// Cancellation is why a subscription has ended or will end.
type Cancellation struct {
	Comment  *string `json:"comment"`
	Feedback *string `json:"feedback"`
	Reason   *string `json:"reason"`
}

// SubInvoices holds the settings that a subscription passes on to its invoices.
type SubInvoices struct {
	AccountTaxIDs any    `json:"account_tax_ids"`
	Issuer        Issuer `json:"issuer"`
}

// Issuer is the account that issues an invoice.
type Issuer struct {
	Type string `json:"type"`
}

// SubPayments holds how the invoices of a subscription are paid and whether the
// payment method becomes its default.
type SubPayments struct {
	PaymentMethodOptions     any      `json:"payment_method_options"`
	PaymentMethodTypes       []string `json:"payment_method_types"`
	SaveDefaultPaymentMethod string   `json:"save_default_payment_method"`
}

// TrialSettings holds what happens when a trial ends without a payment method.
type TrialSettings struct {
	EndBehavior EndBehavior `json:"end_behavior"`
}

// EndBehavior is cancel or create_invoice.
type EndBehavior struct {
	MissingPaymentMethod string `json:"missing_payment_method"`
}

// ItemList is the list of items inside a subscription.
type ItemList struct {
	Object     string              `json:"object"`
	Data       []*SubscriptionItem `json:"data"`
	HasMore    bool                `json:"has_more"`
	TotalCount int                 `json:"total_count"`
	URL        string              `json:"url"`
}

// SubscriptionItem is https://docs.stripe.com/api/subscription_items/object.
type SubscriptionItem struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	BillingThresholds  any               `json:"billing_thresholds"`
	Created            int64             `json:"created"`
	CurrentPeriodEnd   int64             `json:"current_period_end"`
	CurrentPeriodStart int64             `json:"current_period_start"`
	Discounts          []string          `json:"discounts"`
	Metadata           map[string]string `json:"metadata"`
	Plan               *Plan             `json:"plan"`
	Price              *api.Record       `json:"price"`
	Quantity           int64             `json:"quantity"`
	Subscription       string            `json:"subscription"`
	TaxRates           []any             `json:"tax_rates"`
}

// Plan is a recurring price in its older form:
// https://docs.stripe.com/api/plans/object.
type Plan struct {
	ID              string  `json:"id"`
	Object          string  `json:"object"`
	Active          bool    `json:"active"`
	AggregateUsage  *string `json:"aggregate_usage"`
	Amount          int64   `json:"amount"`
	AmountDecimal   string  `json:"amount_decimal"`
	BillingScheme   string  `json:"billing_scheme"`
	Created         int64   `json:"created"`
	Currency        string  `json:"currency"`
	Interval        string  `json:"interval"`
	IntervalCount   int64   `json:"interval_count"`
	Livemode        bool    `json:"livemode"`
	Metadata        any     `json:"metadata"`
	Meter           *string `json:"meter"`
	Nickname        *string `json:"nickname"`
	Product         string  `json:"product"`
	TiersMode       *string `json:"tiers_mode"`
	TransformUsage  any     `json:"transform_usage"`
	TrialPeriodDays *int64  `json:"trial_period_days"`
	UsageType       string  `json:"usage_type"`
}

func (o *Subscription) ObjectID() string   { return o.ID }
func (o *Subscription) ObjectKind() string { return api.KindSubscription }
func (o *Subscription) Parents() []string  { return []string{o.Customer} }

func (o *SubscriptionItem) ObjectID() string   { return o.ID }
func (o *SubscriptionItem) ObjectKind() string { return api.KindSubItem }
func (o *SubscriptionItem) Parents() []string  { return []string{o.Subscription} }

// ended reports whether the subscription is in a final status.
func (o *Subscription) ended() bool {
	return o.Status == payments.StatusCanceled || o.Status == subExpired
}

// amount returns what one period costs, in minor units.
func (o *Subscription) amount() int64 {
	var sum int64
	for _, item := range o.Items.Data {
		sum += item.cost()
	}
	return sum
}

// interval returns the billing period that all items share.
func (o *Subscription) interval() (string, int64) {
	plan := o.Items.Data[0].Plan
	return plan.Interval, plan.IntervalCount
}

// cost returns what one period of an item costs, in minor units.
func (o *SubscriptionItem) cost() int64 { return o.Plan.Amount * packs(o.Price, o.Quantity) }

// planIn returns a recurring price in its older form, as a plan, in a currency
// or in its own if cur is empty. param is the parameter that names the price.
func planIn(price *api.Record, cur, param string) (*Plan, error) {
	amount, cur, err := unitIn(price, cur, param)
	if err != nil {
		return nil, err
	}

	recurring, _ := price.Fields["recurring"].(map[string]any)
	active, _ := price.Fields["active"].(bool)

	return &Plan{
		ID:            price.ID,
		Object:        "plan",
		Active:        active,
		Amount:        amount,
		AmountDecimal: strconv.FormatInt(amount, 10),
		BillingScheme: price.Text("billing_scheme"),
		Created:       api.WholeNumber(price.Fields["created"]),
		Currency:      cur,
		Interval:      api.TextOf(recurring["interval"]),
		IntervalCount: api.WholeNumber(recurring["interval_count"]),
		Metadata:      price.Fields["metadata"],
		Meter:         wire.OrNil(api.TextOf(recurring["meter"])),
		Nickname:      wire.OrNil(api.TextOf(price.Fields["nickname"])),
		Product:       price.Text("product"),
		TiersMode:     wire.OrNil(api.TextOf(price.Fields["tiers_mode"])),
		UsageType:     api.TextOf(recurring["usage_type"]),

		TransformUsage:  price.Fields["transform_quantity"],
		AggregateUsage:  wire.OrNil(api.TextOf(recurring["aggregate_usage"])),
		TrialPeriodDays: api.NumberOrNil(recurring["trial_period_days"]),
	}, nil
}
