package pages

import (
	"io/fs"
	"net/http"
	"path"

	"checkoutd/web"
)

// ShopView is the catalog, in the order in which it is shown.
type ShopView struct {
	Products []Product
}

// Product is a thing for sale. Image is an address ("https://…", or "/…" that a
// proxy serves), the name of an embedded picture ("mug.svg"), or empty: then
// the product's initial is shown.
type Product struct {
	SKU         string
	Name        string
	Description string
	Image       string
	Currency    string
	UnitAmount  int64 // minor units
}

type productView struct {
	Product
	Price    amountView
	Picture  picture
	AddNamed string
	Quantity string // labels
	Less     string
	More     string
}

// shopData is what shop.js gets.
type shopData struct {
	Lang     string            `json:"lang"`
	Locale   string            `json:"locale"`
	Products []shopProduct     `json:"products"`
	Texts    shopTexts         `json:"texts"`
	Errors   map[string]string `json:"errors"`
}

type shopProduct struct {
	SKU        string `json:"sku"`
	Name       string `json:"name"`
	UnitAmount int64  `json:"unitAmount"`
	Currency   string `json:"currency"`
	Decimals   int    `json:"decimals"`
}

// Shop writes the shop.
func (p *Pages) Shop(w http.ResponseWriter, r *http.Request, v ShopView) error {
	loc := localeOf(r)
	t := loc.texts.Shop
	data := shopData{Lang: loc.lang, Locale: loc.tag, Texts: t, Errors: loc.texts.Errors.ByCode, Products: []shopProduct{}}
	views := make([]productView, 0, len(v.Products))
	for _, it := range v.Products {
		price := loc.amount(it.UnitAmount, it.Currency)
		data.Products = append(data.Products, shopProduct{it.SKU, it.Name, it.UnitAmount, it.Currency, price.Decimals})
		views = append(views, productView{
			Product: it, Price: price, Picture: p.picture(it.SKU, it.Name, it.Image),
			AddNamed: fill(t.AddNamed, "name", it.Name), Quantity: fill(t.QuantityOf, "name", it.Name),
			Less: fill(t.Less, "name", it.Name), More: fill(t.More, "name", it.Name),
		})
	}
	pg := p.page(loc, "shop", t.Title)
	pg.Script, pg.Data, pg.View = "shop.js", data, views
	return p.render(w, http.StatusOK, pg)
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
