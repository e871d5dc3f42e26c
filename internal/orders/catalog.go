package orders

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"checkoutd/internal/fault"
	"checkoutd/internal/money"
)

// MaxQuantity and MaxLines bound an order, so that a total cannot overflow and a
// request cannot be made to work long.
const (
	MaxQuantity = 99
	MaxLines    = 50
)

// Product is a thing for sale.
type Product struct {
	SKU         string
	Name        string
	Description string
	Image       string // URL or path, may be empty
	Currency    string
	UnitAmount  int64 // minor units
}

// Catalog is the products in the order of their file. It does not change after
// it was parsed and is safe for concurrent use.
type Catalog struct {
	products []Product
	bySKU    map[string]Product
}

// Wanted is a line of a cart as the browser sends it.
type Wanted struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

var skuPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// ParseCatalog reads a catalog: JSON with a default "currency" and "products",
// whose prices are decimals in quotes ("10.99"). It reports everything that is wrong
// with the file at once.
func ParseCatalog(data []byte) (*Catalog, error) {
	var file struct {
		Currency string `json:"currency"`
		Products []struct {
			SKU         string `json:"sku"`
			Name        string `json:"name"`
			Description string `json:"description"`
			Image       string `json:"image"`
			Currency    string `json:"currency"`
			Price       string `json:"price"`
		} `json:"products"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("catalog: there is more after the closing brace")
	}
	if len(file.Products) == 0 {
		return nil, errors.New("catalog: it has no products")
	}
	c := &Catalog{bySKU: make(map[string]Product, len(file.Products))}
	var wrong []error
	for i, f := range file.Products {
		p := Product{SKU: f.SKU, Name: f.Name, Description: f.Description, Image: f.Image, Currency: cmp.Or(f.Currency, file.Currency)}
		var err error
		p.UnitAmount, err = price(f.Price, p.Currency)
		if _, twice := c.bySKU[p.SKU]; twice {
			err = errors.Join(err, errors.New("the sku is there twice"))
		}
		if err = errors.Join(err, p.check()); err != nil {
			wrong = append(wrong, fmt.Errorf("catalog: product %d (%s): %w", i+1, p.SKU, err))
		}
		c.products = append(c.products, p)
		c.bySKU[p.SKU] = p
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return c, nil
}

func price(text, currency string) (int64, error) {
	amount, err := money.Parse(text, currency)
	if err == nil && (amount < 1 || amount > money.MaxAmount) {
		err = fmt.Errorf("price %q is not between the smallest unit and Stripe's maximum", text)
	}
	return amount, err
}

// check says what is wrong with a product besides its price.
func (p *Product) check() error {
	var wrong []error
	if !skuPattern.MatchString(p.SKU) {
		wrong = append(wrong, errors.New("sku must be 1 to 64 letters, digits, dots, dashes or underscores"))
	}
	if p.Name == "" {
		wrong = append(wrong, errors.New("it has no name"))
	}
	return errors.Join(wrong...)
}

// Products lists what is for sale, in the file's order.
func (c *Catalog) Products() []Product { return append([]Product(nil), c.products...) }

// Price turns a cart into priced lines, their total and currency. The same sku
// twice is one line. What cannot be sold is a fault that names the field.
func (c *Catalog) Price(cart []Wanted) (items []Item, amount int64, currency string, err error) {
	if len(cart) == 0 {
		return nil, 0, "", fault.InvalidField("items", "items_empty", "The order has no items.")
	}
	if len(cart) > MaxLines {
		return nil, 0, "", fault.InvalidField("items", "items_too_many", fmt.Sprintf("An order has at most %d lines.", MaxLines))
	}
	line := make(map[string]int, len(cart))
	for i, w := range cart {
		p, ok := c.bySKU[w.SKU]
		field := fmt.Sprintf("items[%d].", i)
		switch {
		case !ok:
			return nil, 0, "", fault.InvalidField(field+"sku", "sku_unknown", "This product is not for sale.")
		case w.Quantity < 1 || w.Quantity > MaxQuantity:
			return nil, 0, "", quantityFault(field)
		case currency != "" && p.Currency != currency:
			return nil, 0, "", fault.InvalidField(field+"sku", "currency_mixed", "Products in different currencies cannot be paid in one order.")
		}
		currency = p.Currency
		amount += w.Quantity * p.UnitAmount
		at, seen := line[w.SKU]
		if !seen {
			line[w.SKU] = len(items)
			items = append(items, Item{SKU: p.SKU, Name: p.Name, Image: p.Image, Quantity: w.Quantity, UnitAmount: p.UnitAmount})
			continue
		}
		if items[at].Quantity += w.Quantity; items[at].Quantity > MaxQuantity {
			return nil, 0, "", quantityFault(field)
		}
	}
	if err := money.Check(amount, currency); err != nil {
		return nil, 0, "", fault.Wrap(err, fault.Invalid, "amount_out_of_range", "This total cannot be paid: "+err.Error()+".")
	}
	return items, amount, currency, nil
}

func quantityFault(field string) error {
	return fault.InvalidField(field+"quantity", "quantity_out_of_range", fmt.Sprintf("A quantity is a whole number from 1 to %d.", MaxQuantity))
}
