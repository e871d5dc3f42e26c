package pages

import (
	"strconv"
	"strings"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/money"
)

// Order is what the pages show of an order. Amounts are minor units of
// Currency; Mode, Status and PaymentStatus are those of GET /orders/{id}.
type Order struct {
	ID            string
	Mode          string       // payment, setup or subscription; "" is payment
	Status        string       // open, authorized, paid, review, expired, canceled
	PaymentStatus string       // unpaid, checking, requires_action, …
	Refusal       *fault.Error // why the last payment failed, nil if it did not
	Currency      string
	Amount        int64 // Subtotal - Discount + Shipping
	Subtotal      int64
	Discount      int64
	PromotionCode string // "" for none
	Rate          string // the name of the way it is sent, "" for none
	Shipping      int64
	Captured      int64 // what was taken of Amount: less after a partial capture
	Refunded      int64 // 0 for none
	Items         []Item
	Recurring     Recurring
	Email         string
	ShipTo        Address
	CreatedAt     time.Time
	PaidAt        time.Time // zero until paid
}

// Recurring is how often something is paid for: Count times day, week, month
// or year. The zero value is once.
type Recurring struct {
	Interval string
	Count    int64
}

// Item is one line of an order.
type Item struct {
	SKU        string
	Name       string
	Image      string // as in Product
	Quantity   int64
	UnitAmount int64
	Amount     int64
}

// The modes of an order that have words of their own.
const (
	modeSetup        = "setup"
	modeSubscription = "subscription"
)

// amountView is an amount in words for people, and in numbers for the page's
// script, which writes it again by the browser's own rules.
type amountView struct {
	Text     string
	Minor    int64
	Currency string
	Decimals int
}

func (l locale) amount(minor int64, currency string) amountView {
	return amountView{money.Format(minor, currency, l.tag), minor, currency, money.Decimals(currency)}
}

// takenOff writes an amount as one below zero, with the sign where people
// expect it.
func takenOff(a amountView) amountView {
	a.Text, a.Minor = "-"+a.Text, -a.Minor
	return a
}

// orderView is an order as the templates show it.
type orderView struct {
	ID            string
	Short         string // the part of the id that people read to each other
	Lines         []lineView
	Open          bool // the buyer may change it
	Sums          bool // there is more to say than the total
	Subtotal      amountView
	Discount      amountView // below zero
	Code          string
	Shipping      amountView
	Rate          string
	ShippingFree  bool
	Total         amountView
	Every         string // "every month", "" for once
	RecurringNote string
	Taken         *amountView // what was captured where it is less than the total
	Back          *amountView // what was refunded, nil for nothing
	Email         string
	ShipTo        []string // lines of the address
	Placed        dateView
	Paid          dateView
}

type lineView struct {
	SKU      string
	Name     string
	Picture  picture
	Quantity int64
	Unit     amountView
	Amount   amountView
	Stepper  stepperView
}

// stepperView are a quantity and the names of the buttons that change it.
type stepperView struct {
	Count                int64
	Quantity, Less, More string
}

func (p *Pages) orderView(loc locale, o Order) orderView {
	amount := func(minor int64) amountView { return loc.amount(minor, o.Currency) }
	v := orderView{
		ID: o.ID, Short: shortID(o.ID), Sums: o.PromotionCode != "" || o.Rate != "",
		Subtotal: amount(o.Subtotal), Discount: takenOff(amount(o.Discount)), Code: o.PromotionCode,
		Shipping: amount(o.Shipping), Rate: o.Rate, ShippingFree: o.Shipping == 0,
		Total: amount(o.Amount), Every: loc.every(o.Recurring),
		Email: o.Email, ShipTo: loc.address(o.ShipTo), Placed: loc.date(o.CreatedAt), Paid: loc.date(o.PaidAt),
	}
	if v.Every != "" {
		v.RecurringNote = fill(loc.texts.Checkout.RecurringNote, "total", v.Total.Text, "every", v.Every)
	}
	if o.Captured > 0 && o.Captured < o.Amount {
		taken := amount(o.Captured)
		v.Taken = &taken
	}
	if o.Refunded > 0 {
		back := amount(o.Refunded)
		v.Back = &back
	}
	for _, it := range o.Items {
		v.Lines = append(v.Lines, p.lineView(loc, it, amount))
	}
	return v
}

func (p *Pages) lineView(loc locale, it Item, amount func(int64) amountView) lineView {
	return lineView{
		SKU: it.SKU, Name: it.Name, Picture: p.picture(it.SKU, it.Name, it.Image), Quantity: it.Quantity,
		Unit: amount(it.UnitAmount), Amount: amount(it.Amount), Stepper: loc.stepper(it.Name, it.Quantity),
	}
}

func (l locale) stepper(name string, count int64) stepperView {
	t := l.texts.Lines
	return stepperView{count, fill(t.QuantityOf, "name", name), fill(t.Less, "name", name), fill(t.More, "name", name)}
}

// every says how often: "every month", "every 3 months"; "" for once.
func (l locale) every(r Recurring) string {
	every := l.texts.Every
	if r.Count <= 1 {
		return every[r.Interval]
	}
	return fill(every[r.Interval+"s"], "count", strconv.FormatInt(r.Count, 10))
}

// shortID is the first eight characters of the random part, in capitals.
func shortID(id string) string {
	_, random, found := strings.Cut(id, "_")
	if !found {
		random = id
	}
	return strings.ToUpper(random[:min(8, len(random))])
}

// dateView is a moment for people, and for the page's script, which writes it
// in the browser's time zone.
type dateView struct {
	Text    string // "" when there is none
	Machine string
}

func (l locale) date(t time.Time) dateView {
	if t.IsZero() {
		return dateView{}
	}
	t = t.UTC()
	d := l.texts.Dates
	return dateView{
		Text: fill(d.Layout, "day", strconv.Itoa(t.Day()), "month", d.Months[t.Month()-1],
			"year", strconv.Itoa(t.Year()), "time", t.Format("15:04")),
		Machine: t.Format(time.RFC3339),
	}
}
