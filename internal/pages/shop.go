package pages

import (
	"cmp"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"

	"checkoutd/internal/money"
	"checkoutd/web"
)

// ShopView is the catalog, in the order in which it is shown.
type ShopView struct {
	Products     []Product
	Currency     string           // that of the catalog, the buyer's first choice
	ShippingFrom map[string]int64 // the least that shipping costs, by currency; empty when nothing is sent
	SaveMethods  bool             // a payment method can be saved for later
}

// Product is a thing for sale. Image is an address ("https://…", or "/…" that a
// proxy serves), the name of an embedded picture ("mug.svg"), or empty: then
// the product's initial is shown.
type Product struct {
	SKU         string
	Name        string
	Description string
	Image       string
	Currency    string           // the one that it is shown in where nothing is chosen
	Prices      map[string]int64 // by currency, in minor units
	Recurring   Recurring
	Ships       bool
}

// shopPage is what shop.html takes.
type shopPage struct {
	Products    []productView
	Currencies  []string // to choose from, empty where there is no choice
	SaveMethods bool
}

type productView struct {
	Product
	Price    amountView
	Every    string
	Picture  picture
	AddNamed string
	Stepper  stepperView
}

// shopData is what shop.js gets.
type shopData struct {
	Lang     string                `json:"lang"`
	Locale   string                `json:"locale"`
	Currency string                `json:"currency"`
	Shipping map[string]shopAmount `json:"shipping"`
	Products []shopProduct         `json:"products"`
	Texts    shopWords             `json:"texts"`
	Errors   map[string]string     `json:"errors"`
}

type shopWords struct {
	shopTexts
	Remove string `json:"remove"`
}

type shopProduct struct {
	SKU      string                `json:"sku"`
	Name     string                `json:"name"`
	Currency string                `json:"currency"`
	Prices   map[string]shopAmount `json:"prices"`
	Every    string                `json:"every"` // how often it is paid, "" for once
	Ships    bool                  `json:"ships"`
}

type shopAmount struct {
	Amount   int64 `json:"amount"`
	Decimals int   `json:"decimals"`
}

func shopAmounts(amounts map[string]int64) map[string]shopAmount {
	all := make(map[string]shopAmount, len(amounts))
	for currency, amount := range amounts {
		all[currency] = shopAmount{amount, money.Decimals(currency)}
	}
	return all
}

// Shop writes the shop.
func (p *Pages) Shop(w http.ResponseWriter, r *http.Request, v ShopView) error {
	loc := localeOf(r)
	t := loc.texts.Shop
	data := shopData{
		Lang: loc.lang, Locale: loc.tag, Currency: v.Currency, Shipping: shopAmounts(v.ShippingFrom),
		Texts: shopWords{t, loc.texts.Lines.Remove}, Errors: loc.texts.Errors.ByCode, Products: []shopProduct{},
	}
	view := shopPage{Currencies: currenciesOf(v), SaveMethods: v.SaveMethods}
	for _, it := range v.Products {
		one := p.productView(loc, it)
		data.Products = append(data.Products, shopProduct{it.SKU, it.Name, it.Currency, shopAmounts(it.Prices), one.Every, it.Ships})
		view.Products = append(view.Products, one)
	}
	pg := p.page(loc, "shop", t.Title)
	pg.Script, pg.Data, pg.View = "shop.js", data, view
	return p.render(w, http.StatusOK, pg)
}

func (p *Pages) productView(loc locale, it Product) productView {
	t := loc.texts.Shop
	return productView{
		Product: it, Price: loc.amount(it.Prices[it.Currency], it.Currency), Every: loc.every(it.Recurring),
		Picture: p.picture(it.SKU, it.Name, it.Image), AddNamed: fill(t.AddNamed, "name", it.Name),
		Stepper: loc.stepper(it.Name, 0),
	}
}

// currenciesOf are the currencies that a buyer can choose from, the catalog's
// own first; none where no product is sold in more than one.
func currenciesOf(v ShopView) []string {
	var list []string
	choice := false
	for _, it := range v.Products {
		choice = choice || len(it.Prices) > 1
		list = slices.AppendSeq(list, maps.Keys(it.Prices))
	}
	if !choice {
		return nil
	}
	slices.SortFunc(list, func(a, b string) int {
		return cmp.Or(cmp.Compare(ownFirst(b, v.Currency), ownFirst(a, v.Currency)), cmp.Compare(a, b))
	})
	return slices.Compact(list)
}

func ownFirst(currency, own string) int {
	if currency == own {
		return 1
	}
	return 0
}

// Pictures names the built-in pictures of products, which an image may name.
func Pictures() []string {
	list, err := fs.Glob(web.Static(), "products/*")
	if err != nil {
		panic(err) // the pattern is a constant and valid: cannot happen
	}
	for i := range list {
		list[i] = path.Base(list[i])
	}
	return list
}
