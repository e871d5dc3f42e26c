package texts

import (
	"cmp"
	"maps"
)

// Checkout are the texts of the checkout.
type Checkout struct {
	CheckoutScript
	CheckoutPlurals

	Title            string
	YourOrder        string
	Payment          string
	NothingToPay     string
	Retry            string
	ResumeTitle      string
	ResumeText       string
	Resume           string
	PayAnotherWay    string
	Secured          string
	TestCardsTitle   string
	TestCardsNote    string
	CardPays         string
	CardAsks         string
	CardDeclines     string
	CardNoFunds      string
	ShowOrder        string
	AddPromotionCode string
	PromotionCode    string
	ApplyCode        string
	RemoveCode       string
	OrAnotherWay     string
	Contact          string
	ShippingAddress  string
	ShippingMethod   string
	NoRates          string
	Method           string
	BillingAddress   string
	BillingSame      string
	TrialNote        string
	LaterNote        string // once the first payment is made
	TrialDays        Plural
	FirstPayment     string
	Intro            string
	ViewDetails      string
	States           map[string]State
	Modes            map[string]Mode // what is said otherwise in a mode of orders
}

// CheckoutScript are those of the checkout that its script shows.
type CheckoutScript struct {
	Pay              string `json:"pay"`
	Paying           string `json:"paying"`
	PlaceOrder       string `json:"placeOrder"`
	Placing          string `json:"placing"`
	LostOrder        string `json:"lostOrder"`
	EmailMissing     string `json:"emailMissing"`
	DetailsMissing   string `json:"detailsMissing"`
	Tax              string `json:"tax"`
	Redirecting      string `json:"redirecting"`
	Authenticating   string `json:"authenticating"`
	Reconnecting     string `json:"reconnecting"`
	LoadingForm      string `json:"loadingForm"`
	FormReady        string `json:"formReady"`
	ScriptFailed     string `json:"scriptFailed"`
	FormFailed       string `json:"formFailed"`
	Insecure         string `json:"insecure"`
	AmountChanged    string `json:"amountChanged"`
	LostAnswer       string `json:"lostAnswer"`
	SendAgain        string `json:"sendAgain"`
	Unreachable      string `json:"unreachable"`
	WentWrong        string `json:"wentWrong"`
	NotAuthenticated string `json:"notAuthenticated"`
	RecurringNote    string `json:"recurringNote"`
	MixedNote        string `json:"mixedNote"`
	Free             string `json:"free"`
	TotalNow         string `json:"totalNow"`
	Discount         string `json:"discount"`
	Shipping         string `json:"shipping"`
	SavedCard        string `json:"savedCard"`
	SavedBank        string `json:"savedBank"`
	SavedOther       string `json:"savedOther"`
}

// CheckoutPlurals are those for its script that depend on a number.
type CheckoutPlurals struct {
	Days      Plural `json:"days"`      // {days}
	DaysRange Plural `json:"daysRange"` // {min}, {max}; the number is the latter
}

// Mode are the texts that differ where a method is saved or a subscription
// starts; empty ones do not differ.
type Mode struct {
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
	States           map[string]State
	Complete         map[string]State
}

// ForMode returns the texts of the checkout for a mode.
func (t Checkout) ForMode(mode string) Checkout {
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

// StatesFor returns the texts of the page after the payment for a mode.
func (t *All) StatesFor(mode string) map[string]State {
	return merged(t.Complete.States, t.Checkout.Modes[mode].Complete)
}

func merged(usual, other map[string]State) map[string]State {
	all := maps.Clone(usual)
	maps.Copy(all, other)
	return all
}
