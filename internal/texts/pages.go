package texts

import (
	"strconv"
	"time"
)

// Common are the texts of every page.
type Common struct {
	SkipToContent string
	SandboxStrip  string
	TestModeStrip string
	BackToShop    string
	NeedsScript   string
	OrderNumber   string
	Subtotal      string
	Discount      string
	Shipping      string
	Free          string
	Tax           string
	Included      string
	Total         string
	PoweredBy     string
}

// Lines are the labels of a line's controls, in the cart and at the checkout.
type Lines struct {
	QuantityOf string `json:"quantityOf"`
	Less       string `json:"less"`
	More       string `json:"more"`
	Remove     string `json:"remove"`
}

// Shop are the texts of the shop's page.
type Shop struct {
	ShopScript

	Title      string
	Intro      string
	NoProducts string
	Cart       string
	Products   string
	EmptyCart  string
	Add        string
	AddNamed   string
	TotalNote  string
	Mixed      string
	MixedTimes string
	Currency   string
	SaveMethod string
	SoldOut    string
}

// ShopScript are those of the shop's page that its script shows.
type ShopScript struct {
	CheckOut    string `json:"checkOut"`
	Opening     string `json:"opening"`
	Gone        string `json:"gone"`
	CartCount   string `json:"cartCount"`
	CartChanged string `json:"cartChanged"`
	Unreachable string `json:"unreachable"`
	WentWrong   string `json:"wentWrong"`
	OutOfBounds string `json:"outOfBounds"`
	From        string `json:"from"`
	FreeFrom    string `json:"freeFrom"`
	FreeMissing string `json:"freeMissing"`
	Total       string `json:"total"`
	TotalMixed  string `json:"totalMixed"`
}

// State describes one state of an order.
type State struct{ Title, Text string }

// Instructions are the texts for one thing that the buyer has to do elsewhere.
type Instructions struct {
	Title string
	Text  string
	By    string // before the date
	Open  string // the link to the instructions
	Note  string // before the buyer chooses another way to pay
}

// Complete are the texts of the page after the payment.
type Complete struct {
	StillChecking string
	GaveUp        string
	CheckAgain    string
	Print         string
	Receipt       string
	Charged       string
	Refunded      string
	Email         string
	ShipTo        string
	SavedOn       string
	PaidOn        string
	// SubscriptionUntil labels the end of a canceled subscription.
	SubscriptionUntil string
	PlacedOn          string
	TryAgain          string
	Continue          string
	States            map[string]State
	// Elsewhere is said in a browser that may not see the order, and
	// DetailsElsewhere where it may see the outcome only.
	Elsewhere        State
	DetailsElsewhere string
	// Lost is said where the form was to open, or was open, and the browser no
	// longer has the order's cookie.
	Lost State
	// Ended is said instead of Lost by a form on a page of the shop's own.
	Ended State
}

// Errors are the texts about what went wrong.
type Errors struct {
	// ByStatus is used if ByCode has no sentence and the fault's own must not
	// be shown in this language; "other" stands for every other status.
	ByStatus map[string]State
	// ByCode translates our error codes; other codes are shown in the server's
	// words.
	ByCode map[string]string
	// ByDecline translates Stripe's decline_code or code; others are shown in
	// Stripe's words.
	ByDecline map[string]string
	Reference string
	HomeLink  string
}

// Dates are how a language writes a day, and a day with its time. Time has
// {day}, {month}, {year} and {time}; Day may have {dd} and {mm}, two digits, as
// well.
type Dates struct {
	Months [12]string
	Time   string
	Day    string
}

// Date returns a day as the language writes it, in the time's own zone.
func (d Dates) Date(t time.Time) string {
	return Fill(d.Day, "day", strconv.Itoa(t.Day()), "month", d.Months[t.Month()-1],
		"year", strconv.Itoa(t.Year()), "dd", t.Format("02"), "mm", t.Format("01"))
}
