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
	Currencies  []string // to choose from, empty where there is no choice
	SaveMethods bool
}

type productView struct {
	orders.Product
	Price    amountView
	Every    string
	Picture  picture
	AddNamed string
	Stepper  stepperView
}

// shopData is the data for shop.js.
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
	loc := localeOf(r)
	t := loc.texts.Shop
	catalog := p.cfg.Catalog(r.Context())
	products := catalog.Products()
	data := shopData{
		Lang:     loc.lang,
		Locale:   loc.tag,
		Currency: catalog.Currency(),
		Shipping: shopAmounts(catalog.ShippingFrom()),
		Products: []shopProduct{},
		Texts:    shopWords{t.ShopScript, loc.texts.Lines.Remove},
		Errors:   loc.texts.Errors.ByCode,
	}

	view := shopPage{
		Currencies:  currenciesOf(products, catalog.Currency()),
		SaveMethods: p.cfg.Form.SaveMethods,
	}

	for _, it := range products {
		one := p.productView(loc, it)
		data.Products = append(data.Products, shopProduct{
			SKU:      it.SKU,
			Name:     it.Name,
			Currency: it.Currency,
			Prices:   shopAmounts(it.Prices),
			Every:    one.Every,
			Ships:    catalog.Ships(&it),
		})

		view.Products = append(view.Products, one)
	}

	pg := p.page(loc, "shop", t.Title)
	pg.Script, pg.Data, pg.View = "shop.js", data, view
	return p.render(w, http.StatusOK, pg)
}

func (p *Pages) productView(loc locale, it orders.Product) productView {
	return productView{
		Product:  it,
		Price:    loc.amount(it.Prices[it.Currency], it.Currency),
		Every:    loc.every(it.Recurring),
		Picture:  p.picture(it.SKU, it.Name, it.Image),
		AddNamed: fill(loc.texts.Shop.AddNamed, "name", it.Name),
		Stepper:  loc.stepper(it.Name, 0),
	}
}

// currenciesOf returns the currencies that a buyer can choose from, the
// catalog's own first; none if every product is sold in one currency only.
func currenciesOf(products []orders.Product, own string) []string {
	var list []string
	choice := false
	for _, it := range products {
		choice = choice || len(it.Prices) > 1
		list = slices.AppendSeq(list, maps.Keys(it.Prices))
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
