package pages_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
)

// lastTime is a pages.Buyers that knows one buyer.
type lastTime orders.Contact

func (l lastTime) Contact(*http.Request, orders.Order) orders.Contact { return orders.Contact(l) }

// shipped plays an order of goods that go to two countries, or nowhere.
type shipped struct {
	known
	ships bool
}

func (s shipped) View(ctx context.Context, o orders.Order) orders.View {
	v := s.known.View(ctx, o)
	v.Ships, v.ShippingCountries = s.ships, []string{"DE", "FR"}
	return v
}

func TestTheFormOfAReturningBuyer(t *testing.T) {
	t.Parallel()
	home := func(country string) *orders.Address {
		return &orders.Address{Name: "Jenny", Address: orders.Place{Line1: "1 rue de la Paix", Country: country}}
	}

	rough := &orders.Address{Address: orders.Place{Country: "FR"}}
	last := lastTime{Email: "jenny@example.com", Shipping: home("FR"), Billing: home("DE")}
	for name, c := range map[string]struct {
		last    lastTime
		own     orders.Contact
		digital bool
		payment string // status, unpaid if ""
		want    string
	}{
		"has all of it":                     {last: last, want: "email shipping billing FR"},
		"that was told the country has it":  {last: last, own: orders.Contact{Shipping: rough}, want: "email shipping billing FR"},
		"with nothing known is empty":       {},
		"of goods that do not ship":         {last: last, digital: true, want: "email billing"},
		"that has gone to another country":  {last: last, own: orders.Contact{Shipping: &orders.Address{Address: orders.Place{Country: "DE"}}}, want: "email billing"},
		"with an address of its own":        {last: last, own: orders.Contact{Shipping: home("FR"), Billing: home("FR")}, want: "email"},
		"with an incomplete last address":   {last: lastTime{Email: "jenny@example.com", Shipping: rough}, want: "email"},
		"with a last address that is far":   {last: lastTime{Shipping: home("JP")}},
		"for the same e-mail address":       {last: last, own: orders.Contact{Email: "Jenny@example.com"}, want: "shipping billing FR"},
		"for another e-mail address":        {last: last, own: orders.Contact{Email: "tom@example.com"}},
		"for a name of the shop's":          {last: last, own: orders.Contact{Name: "Tom"}},
		"for another name, same address":    {last: last, own: orders.Contact{Email: "jenny@example.com", Name: "Tom"}},
		"with a failed payment has it":      {last: last, payment: "failed", want: "email shipping billing FR"},
		"whose payment is in flight is not": {last: last, payment: "requires_action"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPages(t, func(cfg *pages.Config) { cfg.Buyers, cfg.Form.CollectEmail = c.last, true })
			o := order("open", "unpaid")
			o.Contact = c.own
			if c.payment != "" {
				o.PaymentStatus = orders.PaymentStatus(c.payment)
			}

			body := get(t, p, view{"config", func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
				return p.Knowing(shipped{known{order: o}, !c.digital}).ServeConfig(w, r)
			}}, "en").Body.Bytes()

			var got struct {
				Known   orders.Contact
				Address struct{ Country string }
			}
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatal(err)
			}

			var has []string
			if got.Known.Email != "" {
				has = append(has, "email")
			}
			if got.Known.Shipping != nil {
				has = append(has, "shipping")
			}
			if got.Known.Billing != nil {
				has = append(has, "billing")
			}
			if got.Address.Country != "" {
				has = append(has, got.Address.Country)
			}

			if what := strings.Join(has, " "); what != c.want {
				t.Errorf("it has %q, want %q", what, c.want)
			}
		})
	}
}
