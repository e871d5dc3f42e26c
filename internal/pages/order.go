package pages

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"checkoutd/internal/fault"
	"checkoutd/internal/money"
)

// Order is what the pages show of an order. Amounts are minor units of
// Currency; Status and PaymentStatus are those of GET /orders/{id}.
type Order struct {
	ID            string
	Status        string       // open, authorized, paid, review, expired, canceled
	PaymentStatus string       // unpaid, checking, requires_action, …
	Refusal       *fault.Error // why the last payment failed, nil if it did not
	Currency      string
	Amount        int64
	Refunded      int64 // 0 for none
	Items         []Item
	CreatedAt     time.Time
	PaidAt        time.Time // zero until paid
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

// orderView is an order as the templates show it.
type orderView struct {
	ID     string
	Short  string // the part of the id that people read to each other
	Lines  []lineView
	Total  amountView
	Back   *amountView // what was refunded, nil for nothing
	Placed dateView
	Paid   dateView
}

type lineView struct {
	Name     string
	Picture  picture
	Quantity int64
	Unit     amountView
	Amount   amountView
}

func (p *Pages) orderView(loc locale, o Order) orderView {
	v := orderView{
		ID: o.ID, Short: shortID(o.ID), Total: loc.amount(o.Amount, o.Currency),
		Placed: loc.date(o.CreatedAt), Paid: loc.date(o.PaidAt),
	}
	if o.Refunded > 0 {
		back := loc.amount(o.Refunded, o.Currency)
		v.Back = &back
	}
	for _, it := range o.Items {
		v.Lines = append(v.Lines, lineView{
			Name: it.Name, Picture: p.picture(it.SKU, it.Name, it.Image), Quantity: it.Quantity,
			Unit: loc.amount(it.UnitAmount, o.Currency), Amount: loc.amount(it.Amount, o.Currency),
		})
	}
	return v
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

// picture is an image, or, for a product without one, its initial on a tint.
type picture struct {
	URL     string
	Initial string
	Tint    int // 0 to 4
}

// picture finds the picture of a product. Its image is an https address; a path
// from the root ("/img/mug.jpg"), which a proxy in front of us has to serve,
// since we serve no files but our own; or the name of one of those in
// web/static/products ("mug.svg"), which the built-in catalog uses. Anything
// else, or nothing, gives the initial.
func (p *Pages) picture(sku, name, image string) picture {
	if strings.HasPrefix(image, "https://") || strings.HasPrefix(image, "/") {
		return picture{URL: image}
	}
	if url, err := p.assets.url("products/" + image); err == nil {
		return picture{URL: url}
	}
	first, _ := utf8.DecodeRuneInString(name)
	tint := 0
	for _, c := range sku {
		tint += int(c)
	}
	return picture{Initial: fmt.Sprintf("%c", unicode.ToUpper(first)), Tint: tint % 5}
}
