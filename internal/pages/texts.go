package pages

import (
	"cmp"
	"maps"
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"checkoutd/internal/orders"
)

// texts are all texts of the pages in one language. Fields with a JSON name are
// for the page's script. Words in {braces} are placeholders.
type texts struct {
	Common   commonTexts
	Lines    lineTexts
	Shop     shopTexts
	Checkout checkoutTexts
	Complete completeTexts
	Connect  connectTexts
	Mirror   mirrorTexts
	Errors   errorTexts
	// Dashboard is the page of a connected account.
	Dashboard dashboardTexts
	Dates     dateTexts
	// Instructions maps the keys of kindOf.
	Instructions map[string]instructionsTexts
	// Every maps an interval to how often ("month": "every month"), and an
	// interval with "s" to the plural with {count}.
	Every map[string]string
}

type commonTexts struct {
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

// lineTexts are the labels of a line's controls, in the cart and at the
// checkout.
type lineTexts struct {
	QuantityOf string `json:"quantityOf"`
	Less       string `json:"less"`
	More       string `json:"more"`
	Remove     string `json:"remove"`
}

type shopTexts struct {
	Title       string `json:"-"`
	Intro       string `json:"-"`
	NoProducts  string `json:"-"`
	Cart        string `json:"-"`
	Products    string `json:"-"`
	EmptyCart   string `json:"-"`
	Add         string `json:"-"`
	AddNamed    string `json:"-"`
	TotalNote   string `json:"-"`
	CheckOut    string `json:"checkOut"`
	Opening     string `json:"opening"`
	Gone        string `json:"gone"`
	CartCount   string `json:"cartCount"`
	CartChanged string `json:"cartChanged"`
	Unreachable string `json:"unreachable"`
	WentWrong   string `json:"wentWrong"`
	OutOfBounds string `json:"outOfBounds"`
	Mixed       string `json:"-"`
	MixedTimes  string `json:"-"`
	Currency    string `json:"-"`
	SaveMethod  string `json:"-"`
	From        string `json:"from"`
	FreeFrom    string `json:"free"`
	Total       string `json:"total"`
}

type checkoutTexts struct {
	Title            string                    `json:"-"`
	YourOrder        string                    `json:"-"`
	Payment          string                    `json:"-"`
	Pay              string                    `json:"pay"`
	Paying           string                    `json:"paying"`
	NothingToPay     string                    `json:"-"`
	PlaceOrder       string                    `json:"placeOrder"`
	Placing          string                    `json:"placing"`
	LostOrder        string                    `json:"lostOrder"`
	EmailMissing     string                    `json:"emailMissing"`
	DetailsMissing   string                    `json:"detailsMissing"`
	Tax              string                    `json:"tax"`
	Redirecting      string                    `json:"redirecting"`
	Authenticating   string                    `json:"authenticating"`
	Reconnecting     string                    `json:"reconnecting"`
	LoadingForm      string                    `json:"loadingForm"`
	FormReady        string                    `json:"formReady"`
	Retry            string                    `json:"-"`
	ScriptFailed     string                    `json:"scriptFailed"`
	FormFailed       string                    `json:"formFailed"`
	Insecure         string                    `json:"insecure"`
	AmountChanged    string                    `json:"amountChanged"`
	LostAnswer       string                    `json:"lostAnswer"`
	SendAgain        string                    `json:"sendAgain"`
	Unreachable      string                    `json:"unreachable"`
	WentWrong        string                    `json:"wentWrong"`
	NotAuthenticated string                    `json:"notAuthenticated"`
	ResumeTitle      string                    `json:"-"`
	ResumeText       string                    `json:"-"`
	Resume           string                    `json:"-"`
	PayAnotherWay    string                    `json:"-"`
	Secured          string                    `json:"-"`
	TestCardsTitle   string                    `json:"-"`
	TestCardsNote    string                    `json:"-"`
	CardPays         string                    `json:"-"`
	CardAsks         string                    `json:"-"`
	CardDeclines     string                    `json:"-"`
	CardNoFunds      string                    `json:"-"`
	PromotionCode    string                    `json:"-"`
	ApplyCode        string                    `json:"-"`
	RemoveCode       string                    `json:"-"`
	OrAnotherWay     string                    `json:"-"`
	Contact          string                    `json:"-"`
	ShippingAddress  string                    `json:"-"`
	ShippingMethod   string                    `json:"-"`
	NoRates          string                    `json:"-"`
	Method           string                    `json:"-"`
	BillingAddress   string                    `json:"-"`
	BillingSame      string                    `json:"-"`
	RecurringNote    string                    `json:"recurringNote"`
	TrialNote        string                    `json:"-"`
	TrialDay         string                    `json:"-"`
	TrialDays        string                    `json:"-"`
	FirstPayment     string                    `json:"-"`
	Intro            string                    `json:"-"`
	Free             string                    `json:"free"`
	TotalNow         string                    `json:"totalNow"`
	OneDay           string                    `json:"oneDay"`
	Days             string                    `json:"days"`
	DaysRange        string                    `json:"daysRange"`
	Discount         string                    `json:"discount"`
	Shipping         string                    `json:"shipping"`
	SavedCard        string                    `json:"savedCard"`
	SavedBank        string                    `json:"savedBank"`
	SavedOther       string                    `json:"savedOther"`
	Modes            map[orders.Mode]modeTexts `json:"-"` // what is said otherwise in a mode
	States           map[string]stateTexts     `json:"-"`
}

// modeTexts are the texts that differ where a method is saved or a subscription
// starts; empty ones do not differ.
type modeTexts struct {
	Title            string
	Payment          string
	Intro            string
	Pay              string
	Paying           string
	LostAnswer       string
	NotAuthenticated string
	ResumeText       string
	Resume           string
	PayAnotherWay    string
	OrAnotherWay     string
	States           map[string]stateTexts
	Complete         map[string]stateTexts
}

// forMode returns the texts of the checkout for an order's mode.
func (t checkoutTexts) forMode(mode orders.Mode) checkoutTexts {
	m := t.Modes[mode]
	t.Title = cmp.Or(m.Title, t.Title)
	t.Payment = cmp.Or(m.Payment, t.Payment)
	t.Intro = cmp.Or(m.Intro, t.Intro)
	t.Pay = cmp.Or(m.Pay, t.Pay)
	t.Paying = cmp.Or(m.Paying, t.Paying)
	t.LostAnswer = cmp.Or(m.LostAnswer, t.LostAnswer)
	t.NotAuthenticated = cmp.Or(m.NotAuthenticated, t.NotAuthenticated)
	t.ResumeText = cmp.Or(m.ResumeText, t.ResumeText)
	t.Resume = cmp.Or(m.Resume, t.Resume)
	t.PayAnotherWay = cmp.Or(m.PayAnotherWay, t.PayAnotherWay)
	t.OrAnotherWay = cmp.Or(m.OrAnotherWay, t.OrAnotherWay)
	t.States = merged(t.States, m.States)

	return t
}

// statesFor returns the texts of the page after the payment for an order's
// mode.
func (t *texts) statesFor(mode orders.Mode) map[string]stateTexts {
	return merged(t.Complete.States, t.Checkout.Modes[mode].Complete)
}

func merged(usual, other map[string]stateTexts) map[string]stateTexts {
	all := maps.Clone(usual)
	maps.Copy(all, other)
	return all
}

type completeTexts struct {
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
	States            map[string]stateTexts
	// Elsewhere is said in a browser that may not see the order, and
	// DetailsElsewhere where it may see the outcome only.
	Elsewhere        stateTexts
	DetailsElsewhere string
}

// stateTexts describe one state of the order.
type stateTexts struct{ Title, Text string }

type errorTexts struct {
	// ByStatus is used if ByCode has no sentence and the fault's own must not
	// be shown in this language; 0 stands for every other status.
	ByStatus map[int]stateTexts
	// ByCode translates our error codes; other codes are shown in the server's
	// words.
	ByCode map[string]string
	// ByDecline translates Stripe's decline_code or code; others are shown in
	// Stripe's words.
	ByDecline map[string]string
	Reference string
	HomeLink  string
}

type dateTexts struct {
	Months [12]string
	Layout string // {day} {month} {year} {time}
}

// locale is the language of one request.
type locale struct {
	lang  string // "en" or "fr": the language of the texts
	tag   string // "fr-CA": how amounts and dates are written
	texts *texts
}

// localeOf returns the first language of Accept-Language that has texts,
// English if none has.
func localeOf(r *http.Request) locale {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		tags = nil
	}

	for _, t := range tags {
		base, _ := t.Base()
		if text, ok := textsOf(base.String()); ok {
			return locale{lang: base.String(), tag: shortTag(t), texts: text}
		}
	}

	en := english()
	return locale{lang: "en", tag: "en", texts: &en}
}

func textsOf(lang string) (*texts, bool) {
	switch lang {
	case "en":
		t := english()
		return &t, true
	case "fr":
		t := french()
		return &t, true
	}
	return nil, false
}

// shortTag returns the language and the region, if the buyer named one, without
// what formatting amounts does not need.
func shortTag(t language.Tag) string {
	base, _ := t.Base()
	if region, confidence := t.Region(); confidence == language.Exact {
		return base.String() + "-" + region.String()
	}
	return base.String()
}

// fill replaces {names} by values: fill("Pay {total}", "total", "5 €").
func fill(text string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, "{"+pairs[i]+"}", pairs[i+1])
	}
	return text
}
