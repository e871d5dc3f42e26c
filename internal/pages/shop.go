package pages

import (
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"

	"checkoutd/internal/money"
	"checkoutd/internal/orders"
	"checkoutd/internal/texts"
	"checkoutd/web"
)

// shopPage is the view of shop.html.
type shopPage struct {
	Products    []productView
	TaxIncluded string   // what the prices include, "" for nothing to say
	Currencies  []string // to choose from, empty where there is no choice
	SaveMethods bool
}

// productView is the card of a product. Offers are its variants; a product
// without any has none, and is an offer itself.
type productView struct {
	offerView
	Offers     []offerView
	ChoiceText bool // the choice has a text of its own, not the product's name
}

// offerView is what can be bought, by its SKU.
type offerView struct {
	orders.Product
	Chosen   bool // shown until the buyer chooses another variant
	Price    amountView
	Every    string
	Picture  picture
	AddNamed string
	Stepper  stepperView
	Add      string
	SoldOut  string
}

// shopData is the data for shop.js.
type shopData struct {
	Lang     string            `json:"lang"`
	Locale   string            `json:"locale"`
	Currency string            `json:"currency"`
	Rates    []shopRate        `json:"rates"`
	Products []shopProduct     `json:"products"`
	Texts    shopWords         `json:"texts"`
	Errors   map[string]string `json:"errors"`
}

type shopWords struct {
	texts.ShopScript
	Remove string `json:"remove"`
}

type shopProduct struct {
	SKU      string                `json:"sku"`
	Name     string                `json:"name"`
	Currency string                `json:"currency"`
	Prices   map[string]shopAmount `json:"prices"`
	Every    string                `json:"every"` // how often it is paid, "" for once
	Ships    bool                  `json:"ships"`
	SoldOut  bool                  `json:"soldOut"`
}

// shopRate is a shipping rate, with its price and the price of the goods from
// which it is free by currency.
type shopRate struct {
	Prices    map[string]shopAmount `json:"prices"`
	FreeFrom  map[string]shopAmount `json:"freeFrom"`
	Countries []string              `json:"countries"` // empty: all
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

// ServeShop is GET /: everything that is for sale.
func (p *Pages) ServeShop(w http.ResponseWriter, r *http.Request) error {
	loc := p.localeOf(r)
	t := loc.texts.Shop
	catalog := p.cfg.Catalog(r.Context())
	products := catalog.Products()
	data := shopData{
		Lang:     loc.lang,
		Locale:   loc.tag,
		Currency: catalog.Currency(),
		Rates:    []shopRate{},
		Products: []shopProduct{},
		Texts:    shopWords{t.ShopScript, loc.texts.Lines.Remove},
		Errors:   loc.texts.Errors.ByCode,
	}

	view := shopPage{
		Currencies:  currenciesOf(products, catalog.Currency()),
		SaveMethods: p.cfg.Form.SaveMethods,
		TaxIncluded: catalog.TaxIncluded(),
	}

	for _, r := range catalog.Rates() {
		data.Rates = append(data.Rates, shopRate{
			Prices:    shopAmounts(r.Prices),
			FreeFrom:  shopAmounts(r.FreeFrom),
			Countries: append([]string{}, r.Countries...),
		})
	}

	for _, it := range products {
		view.Products = append(view.Products, p.productView(loc, it))
		for _, one := range it.Sold() {
			data.Products = append(data.Products, shopProduct{
				SKU:      one.SKU,
				Name:     one.Name,
				Currency: one.Currency,
				Prices:   shopAmounts(one.Prices),
				Every:    loc.every(one.Recurring),
				Ships:    catalog.Ships(&one),
				SoldOut:  one.Unavailable,
			})
		}
	}

	pg := p.page(loc, "shop", t.Title)
	pg.Script, pg.Data, pg.View = "shop.js", data, view
	return p.render(w, http.StatusOK, pg)
}

func (p *Pages) productView(loc locale, it orders.Product) productView {
	v := productView{offerView: p.offerView(loc, it), ChoiceText: it.Choice != it.Name}
	for _, one := range it.Variants {
		v.Offers = append(v.Offers, p.offerView(loc, one))
	}

	if len(v.Offers) > 0 {
		free := slices.IndexFunc(v.Offers, func(o offerView) bool { return !o.Unavailable })
		v.Offers[max(free, 0)].Chosen = true
	}

	return v
}

func (p *Pages) offerView(loc locale, it orders.Product) offerView {
	return offerView{
		Product:  it,
		Chosen:   len(it.Variants) == 0 && it.Variant == "",
		Price:    loc.amount(it.Prices[it.Currency], it.Currency),
		Every:    loc.every(it.Recurring),
		Picture:  p.picture(it.SKU, it.Name, it.Image),
		AddNamed: fill(loc.texts.Shop.AddNamed, "name", it.Name),
		Stepper:  loc.stepper(it.Name, 0),
		Add:      loc.texts.Shop.Add,
		SoldOut:  loc.texts.Shop.SoldOut,
	}
}

// currenciesOf returns the currencies that a buyer can choose from, the
// catalog's own first; none if every product is sold in one currency only.
func currenciesOf(products []orders.Product, own string) []string {
	var list []string
	choice := false
	for _, it := range products {
		for _, one := range it.Sold() {
			choice = choice || len(one.Prices) > 1
			list = slices.AppendSeq(list, maps.Keys(one.Prices))
		}
	}

	if !choice {
		return nil
	}

	slices.Sort(list)

	list = slices.Compact(list)
	if i := slices.Index(list, own); i > 0 {
		list = slices.Insert(slices.Delete(list, i, i+1), 0, own)
	}

	return list
}

// Pictures returns the names of the built-in pictures, which a product may use.
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
