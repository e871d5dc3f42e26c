package pages

import (
	"slices"
	"strconv"
	"time"

	"checkoutd/internal/money"
	"checkoutd/internal/orders"
)

// amountView is an amount twice: as text for people, and as numbers for the
// page's script, which formats it again by the browser's rules.
type amountView struct {
	Text     string
	Minor    int64
	Currency string
	Decimals int
}

func (l locale) amount(minor int64, currency string) amountView {
	return amountView{money.Format(minor, currency, l.tag), minor, currency, money.Decimals(currency)}
}

// negative returns the amount below zero, with the sign where people expect it.
func negative(a amountView) amountView {
	a.Text, a.Minor = "-"+a.Text, -a.Minor
	return a
}

// orderView is an order as the templates show it: what the buyer may see of it,
// and the texts for that.
type orderView struct {
	orders.View
	Short         string // the part of the id that people read to each other
	Lines         []lineView
	Open          bool // the buyer may change it
	Sums          bool // there is more to show than the total
	Subtotal      amountView
	Discount      amountView // below zero
	Code          string
	Shipping      amountView
	Rate          string
	ShippingFree  bool
	Deductions    []sumView // of the shop's backend
	Taxes         []sumView
	Note          string // the shop's own description
	Total         amountView
	TotalName     string
	Every         string // how often what recurs is paid for: "every month", "" for once
	Mixed         bool   // the total is for one-time items, too: later payments are lower
	RecurringNote sentence
	FirstPayment  dateView    // after a trial
	Charged       *amountView // nil unless it is less than the total
	PaidBack      *amountView // what was refunded, nil for nothing
	ShipTo        []string    // lines of the address
	Placed        dateView
	Paid          dateView
	Until         dateView // when the subscription ends or ended
}

type lineView struct {
	SKU      string
	Name     string
	Note     string // the shop's own description
	Picture  picture
	Quantity int64
	Unit     amountView
	Amount   amountView
	Every    string // how often it is paid for, beside lines that are paid for once
	Stepper  stepperView
}

// stepperView is a quantity with the labels of the buttons that change it.
type stepperView struct {
	Count                int64
	Quantity, Less, More string
}

func (p *Pages) orderView(loc locale, o orders.View) orderView {
	amount := func(minor int64) amountView { return loc.amount(minor, o.Currency) }
	v := orderView{
		View:     o,
		Short:    orders.ShortID(o.ID),
		Subtotal: amount(o.Subtotal),
		Total:    amount(o.Amount),

		TotalName: loc.texts.Common.Total,
		Every:     loc.every(o.Recurring),
		Placed:    loc.date(o.CreatedAt),
	}

	v.addSums(amount)

	if o.Shop != nil {
		v.Sums, v.Note = true, o.Shop.Description
		v.Deductions, v.Taxes = loc.shopSums(o.Shop, amount)
	}

	v.Mixed = isMixed(o)
	v.addRecurring(loc, amount)

	if o.Ships {
		v.ShipTo = o.Contact.Shipping.Lines(loc.lang)
	}

	if o.PaidAt != nil {
		v.Paid = loc.date(*o.PaidAt)
	}

	if o.SubscriptionEndsAt != nil {
		v.Until = loc.date(*o.SubscriptionEndsAt)
		v.RecurringNote, v.FirstPayment = nil, dateView{} // it is canceled
	}

	for _, it := range o.Items {
		line := p.lineView(loc, it, amount)
		if v.Mixed {
			line.Every = loc.every(it.Recurring)
		}

		v.Lines = append(v.Lines, line)
	}

	return v
}

// addRecurring says what is paid after the first payment, if anything.
func (v *orderView) addRecurring(loc locale, amount func(int64) amountView) {
	t, note := loc.texts.Checkout, ""
	switch {
	case v.Trial != nil:
		v.addTrial(loc, amount)
		return
	case v.Every == "":
		return
	case v.Status == orders.Paid:
		note = t.LaterNote
	case v.Mixed:
		note = t.MixedNote
	default:
		note = t.RecurringNote
	}

	v.RecurringNote = sentenceOf(note,
		map[string]amountView{"total": v.Total, "later": amount(v.RecurringAmount)}, "every", v.Every)
}

// addTrial says that nothing is paid before the end of a trial, and what is
// paid then.
func (v *orderView) addTrial(loc locale, amount func(int64) amountView) {
	t := loc.texts.Checkout
	later := amount(v.View.Subtotal)
	days := strconv.FormatInt(v.Trial.Days, 10)

	name := fill(loc.plural(t.TrialDays, v.Trial.Days), "days", days)

	v.Deductions = append(v.Deductions, sumView{Name: name, Amount: negative(later)})
	v.RecurringNote = sentenceOf(t.TrialNote, map[string]amountView{"total": later}, "every", v.Every)
	v.FirstPayment = loc.date(v.Trial.End)
	v.Every = "" // of the total, which is paid now
}

// formMode is what the texts about an order are chosen by. Those of a payment
// fit an order of one-time goods with a subscription: its buyer pays for goods,
// and a note says what is paid later.
func formMode(o orders.View) string {
	switch {
	case o.Trial != nil:
		return modeTrial
	case isMixed(o):
		return string(orders.ModePayment)
	}
	return string(o.Mode)
}

// isMixed reports whether an order's first payment is for one-time items, too.
func isMixed(o orders.View) bool {
	once := func(i orders.ItemView) bool { return i.Recurring == nil }
	return o.Recurring != nil && slices.ContainsFunc(o.Items, once)
}

// modeTrial names the texts about a subscription that begins with a trial.
const modeTrial = "trial"

// addSums adds the sums between the subtotal and the total. The page has all of
// them, hidden if they are empty, because the checkout's script may show them
// later.
func (v *orderView) addSums(amount func(int64) amountView) {
	var discount, shipping int64
	if d := v.View.Discount; d != nil {
		v.Code, discount = d.Code, d.Amount
	}

	if rate := v.ShippingRate; rate != nil {
		v.Rate, shipping = rate.Name, rate.Amount
	}

	v.Sums = v.Code != "" || v.Rate != ""
	v.Discount = negative(amount(discount))
	v.Shipping, v.ShippingFree = amount(shipping), shipping == 0

	if v.Captured > 0 && v.Captured < v.Amount {
		charged := amount(v.Captured)
		v.Charged = &charged
	}

	if v.Refunded > 0 {
		paidBack := amount(v.Refunded)
		v.PaidBack = &paidBack
	}
}

func (p *Pages) lineView(loc locale, it orders.ItemView, amount func(int64) amountView) lineView {
	return lineView{
		SKU:      it.SKU,
		Name:     it.Name,
		Note:     it.Description,
		Picture:  p.picture(it.SKU, it.Name, it.Image),
		Quantity: it.Quantity,
		Unit:     amount(it.UnitAmount),
		Amount:   amount(it.Amount),
		Stepper:  loc.stepper(it.Name, it.Quantity),
	}
}

func (l locale) stepper(name string, count int64) stepperView {
	t := l.texts.Lines
	return stepperView{count, fill(t.QuantityOf, "name", name), fill(t.Less, "name", name), fill(t.More, "name", name)}
}

// every returns how often something is paid for: "every month", "every 3
// months"; "" for once.
func (l locale) every(r *orders.Recurring) string {
	if r == nil {
		return ""
	}

	return l.texts.Often(r.Interval, r.IntervalCount)
}

// dateView is a time twice: as text for people, and machine-readable for the
// page's script, which writes it in the browser's time zone.
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
		Text: fill(d.Time, "day", strconv.Itoa(t.Day()), "month", d.Months[t.Month()-1],
			"year", strconv.Itoa(t.Year()), "time", t.Format("15:04")),
		Machine: t.Format(time.RFC3339),
	}
}
