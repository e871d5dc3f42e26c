package pages_test

import (
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
	"checkoutd/internal/payments"
)

// fullOrder has everything that a receipt can show.
func fullOrder() orders.Order {
	o := order("paid", "partially_refunded")
	o.Discount = orders.Discount{Code: "TEN", Amount: 490}
	o.ShippingRate = orders.ShippingRate{ID: "home", Name: "Colissimo", Amount: 690}
	o.Items[0].Ships = true
	o.Amount = o.Subtotal() - o.Discount.Amount + o.ShippingRate.Amount
	o.Captured, o.Refunded = 4000, 1200
	o.Contact.Email = "jenny@example.com"
	o.Contact.Shipping = &orders.Address{Name: "Jenny Rosen", Address: orders.Place{
		Line1:      "1 rue de la Paix",
		City:       "Paris",
		PostalCode: "75002",
		Country:    "FR",
	}}

	o.PaidAt = placed // a Saturday
	o.ShippingRate.MinDays, o.ShippingRate.MaxDays = 2, 3
	o.PaidWith = orders.PaymentMethod{Type: "card", Brand: "visa", Last4: "4242", Wallet: "apple_pay"}

	return o
}

// ofSeller is a shop that says who sells.
func ofSeller(c *pages.Config) {
	c.Seller = orders.Seller{
		Name:      "Atelier Lumen",
		Address:   []string{"2 rue du Four", "75006 Paris"},
		TaxNumber: "FR123",
		Terms:     "https://shop.example/terms",
		Contact:   "mailto:help@shop.example",
		Portal:    "https://billing.stripe.com/p/login/test",
	}
}

// words returns the text of an element in one line.
func words(n *node) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(n.text), " "), "\u202f", "\u00a0")
}

func TestTheReceiptTellsAllOfTheOrder(t *testing.T) {
	t.Parallel()
	p := newPages(t, ofSeller)
	for language, want := range map[string]map[string]string{
		"en": {
			"order-method":   "Visa ending in 4242 (Apple Pay)",
			"seller":         "Atelier Lumen 2 rue du Four75006 Paris Tax number FR123",
			"shop-links":     "Terms Contact",
			"order-delivery": "February 4, 2025 to February 5, 2025",
			"order-subtotal": "Subtotal€49.00",
			"order-discount": "Discount TEN -€4.90",
			"order-shipping": "Shipping Colissimo €6.90",
			"order-total":    "€51.00",
			"order-captured": "€40.00",
			"order-refunded": "€12.00",
			"order-email":    "jenny@example.com",
			"order-ship-to":  "Jenny Rosen1 rue de la Paix75002 ParisFrance",
		},
		"fr": {
			"order-method":   "Visa se terminant par 4242 (Apple Pay)",
			"shop-links":     "Conditions générales Contact",
			"order-delivery": "04/02/2025 au 05/02/2025",
			"order-subtotal": "Sous-total49,00 €",
			"order-discount": "Remise TEN -4,90 €",
			"order-shipping": "Livraison Colissimo 6,90 €",
			"order-total":    "51,00 €",
			"order-captured": "40,00 €",
			"order-refunded": "12,00 €",
		},
	} {
		all := parse(t, get(t, p, complete(fullOrder()), language).Body.String())
		for id, text := range want {
			if got := strings.ReplaceAll(words(byID(t, all, id)), "\u00a0", " "); got != text {
				t.Errorf("%s in %s: got %q, want %q", id, language, got, text)
			}
		}
	}

	t.Run("a method's name is no reason to turn a text around", func(t *testing.T) {
		t.Parallel()
		body := get(t, p, complete(fullOrder()), "ar").Body.String()
		if !strings.Contains(body, "<dd id=\"order-method\">\u2068Visa\u2069 برقم") {
			t.Error("the method's name is not set apart, or the whole text is")
		}
	})

	t.Run("nothing is said to have been shipped", func(t *testing.T) {
		t.Parallel()
		body := get(t, p, complete(fullOrder()), "en").Body.String()
		if !strings.Contains(body, `<dt>Shipping address</dt><dd id="order-ship-to">`) {
			t.Error("the receipt does not name the shipping address as such")
		}
	})

	t.Run("what is not there is not told", func(t *testing.T) {
		t.Parallel()
		all := parse(t, get(t, p, complete(order("paid", "paid")), "en").Body.String())
		for _, id := range []string{"order-captured", "order-refunded", "order-email", "order-method", "order-delivery", "portal-link", "order-ship-to", "promotion-remove", "recurring-note"} {
			if has(all, id) {
				t.Errorf("there is #%s", id)
			}
		}

		for _, id := range []string{"order-subtotal", "order-discount", "order-shipping"} {
			if _, hidden := byID(t, all, id).attr["hidden"]; !hidden {
				t.Errorf("#%s is shown", id)
			}
		}
	})

	t.Run("what is sent for nothing is free", func(t *testing.T) {
		t.Parallel()
		o := fullOrder()
		o.ShippingRate.Amount = 0

		all := parse(t, get(t, p, complete(o), "fr").Body.String())
		if got := words(byID(t, all, "order-shipping")); got != "Livraison Colissimo Gratuit" {
			t.Errorf("got %q", got)
		}
	})
}

func TestAnAddressIsWrittenAsItsCountryDoes(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	for _, tt := range []struct {
		name, language string
		to             *orders.Address
		want           string
	}{
		{"the United States", "fr", &orders.Address{Name: "A", Address: orders.Place{
			Line1:      "1 Main St",
			Line2:      "Apt 2",
			City:       "Boise",
			State:      "ID",
			PostalCode: "83702",
			Country:    "US",
		}},
			"A 1 Main St Apt 2 Boise, ID 83702 États-Unis"},
		{"Germany", "en", &orders.Address{Name: "A", Address: orders.Place{
			Line1:      "Weg 1",
			City:       "Köln",
			PostalCode: "50667",
			Country:    "DE",
		}}, "A Weg 1 50667 Köln Germany"},
		{"no postal code", "en", &orders.Address{Name: "A", Address: orders.Place{
			Line1:   "1 Nathan Rd",
			City:    "Kowloon",
			State:   "HK",
			Country: "HK",
		}}, "A 1 Nathan Rd Kowloon HK Hong Kong SAR China"},
		{"a code that nobody knows", "en", &orders.Address{Name: "A", Address: orders.Place{Line1: "B", Country: "?"}}, "A B ?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := order("paid", "paid")
			o.Contact.Shipping, o.Items[0].Ships = tt.to, true
			all := parse(t, get(t, p, complete(o), tt.language).Body.String())
			var lines []string
			for _, n := range find(all, func(n *node) bool { return n.parent != nil && n.parent.name == "address" }) {
				lines = append(lines, n.text)
			}

			if got := strings.Join(lines, " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A page for saving a method never speaks of paying, in any state.
func TestEveryModeHasItsWords(t *testing.T) {
	t.Parallel()
	p := newPages(t, func(c *pages.Config) { c.Sandbox, c.Live = false, true })
	for _, state := range [][2]string{
		{"open", "unpaid"}, {"open", "checking"}, {"open", "requires_action"}, {"open", "processing"}, {"open", "failed"},
		{"paid", "paid"}, {"review", "paid"}, {"expired", "unpaid"}, {"canceled", "failed"},
	} {
		o := moded("setup", order(state[0], state[1]))
		o.Items, o.Amount = nil, 0

		for _, v := range []view{checkout(o), complete(o)} {
			all := parse(t, get(t, p, v, "en").Body.String())
			title := byID(t, all, "main").text
			for _, wrong := range []string{"order is paid", "Pay €", "received your payment", "receipt", "paid in time", "pay again"} {
				if strings.Contains(title, wrong) {
					t.Errorf("%s: a page that saves a method says %q", v.name, wrong)
				}
			}
		}
	}

	whole := checkout(moded("subscription", order("open", "unpaid")))

	partly, receipt := checkout(withGoods(order("open", "unpaid"))), complete(withGoods(order("paid", "paid")))
	for _, tt := range []struct {
		view               view
		language, id, want string
	}{
		{whole, "en", "pay-label", "Subscribe for €49.00 every 3 months"},
		{whole, "fr", "pay-label", "S’abonner pour 49,00 € tous les 3 mois"},
		{whole, "en", "recurring-note", "You pay €49.00 now and the same amount every 3 months until you cancel."},
		{whole, "fr", "recurring-note", "Vous payez 49,00 € maintenant, puis le même montant tous les 3 mois jusqu’à la résiliation."},
		{partly, "en", "pay-label", "Pay €49.00"},
		{partly, "en", "recurring-note", "You pay €49.00 now, then €12.00 every 3 months until you cancel."},
		{partly, "fr", "recurring-note",
			"Vous payez 49,00 € maintenant, puis 12,00 € tous les 3 mois jusqu’à la résiliation."},
		{receipt, "en", "outcome-title", "Thank you, your order is paid"},
		{receipt, "en", "recurring-note", "After that you pay €12.00 every 3 months until you cancel."},
		{receipt, "fr", "recurring-note", "Vous payez ensuite 12,00 € tous les 3 mois jusqu’à la résiliation."},
	} {
		all := parse(t, get(t, p, tt.view, tt.language).Body.String())
		if got := strings.ReplaceAll(words(byID(t, all, tt.id)), "\u00a0", " "); got != tt.want {
			t.Errorf("%s of %s in %s: got %q, want %q", tt.id, tt.view.name, tt.language, got, tt.want)
		}
	}
}

// Every currency in which something is sold can be chosen, the shop's own
// first. A shop with one price for each product offers no choice.
func TestTheShopOffersItsCurrencies(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	many := orders.Product{
		SKU:      "a",
		Name:     "A",
		Currency: "usd",
		Prices:   map[string]int64{"usd": 100, "chf": 90, "eur": 95},
	}

	one := orders.Product{
		SKU:      "b",
		Name:     "B",
		Currency: "jpy",
		Prices:   map[string]int64{"jpy": 100},
	}
	for name, tt := range map[string]struct {
		products []orders.Product
		want     string
	}{
		"several prices": {[]orders.Product{one, many}, "usd chf eur jpy"},
		"one price each": {[]orders.Product{one, {
			SKU:      "c",
			Name:     "C",
			Currency: "usd",
			Prices:   map[string]int64{"usd": 1},
		}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := shop(name, catalog{currency: "usd", products: tt.products})
			var got []string
			for _, n := range find(parse(t, get(t, p, v, "en").Body.String()), named("option")) {
				got = append(got, n.attr["value"])
			}

			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

func TestASubscriptionSaysWhatComesNext(t *testing.T) {
	t.Parallel()
	p := newPages(t, ofSeller)
	without := newPages(t, nil)

	o := order("paid", "paid")
	o.Mode, o.PaidAt, o.Contact.Email = orders.ModeSubscription, placed, "jenny@example.com"
	o.Items = append(o.Items, orders.Item{
		SKU:        "club",
		Name:       "Club",
		Quantity:   1,
		UnitAmount: 900,
		Recurring:  &orders.Recurring{Interval: "month", IntervalCount: 1},
	})

	for name, tt := range map[string]struct {
		sub   payments.SubscriptionView
		pages *pages.Pages
		want  map[string]string // by their IDs
		none  []string
	}{
		"active": {
			payments.SubscriptionView{Next: placed.AddDate(0, 1, 0)}, p,
			map[string]string{"next-payment": "€9.00 on March 1, 2025", "portal-link": "Manage or cancel the subscription"},
			[]string{"how-to-end", "subscription-notice"},
		},
		"past due": {
			payments.SubscriptionView{PastDue: true}, without,
			map[string]string{
				"subscription-notice": "The last payment of your subscription did not go through. Please check your payment method.",
				"how-to-end":          "To cancel the subscription, please contact the shop.",
			},
			[]string{"next-payment", "portal-link"},
		},
		"ended": {
			payments.SubscriptionView{Ended: true}, p,
			map[string]string{"subscription-notice": "This subscription has ended. Nothing more will be charged."},
			[]string{"next-payment", "portal-link", "how-to-end"},
		},
	} {
		for _, guest := range []bool{false, true} {
			v := view{name, func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
				k := p.Knowing(known{order: o, subscription: tt.sub, guest: guest})
				if guest {
					return k.ServeReceipt(w, r)
				}
				return k.ServeComplete(w, r)
			}}

			all := parse(t, get(t, tt.pages, v, "en").Body.String())
			for id, text := range tt.want {
				if got := words(byID(t, all, id)); got != text {
					t.Errorf("%s: #%s: got %q, want %q", name, id, got, text)
				}
			}

			for _, id := range tt.none {
				if has(all, id) {
					t.Errorf("%s: there is #%s", name, id)
				}
			}

			link := "https://billing.stripe.com/p/login/test"
			if !guest {
				link += "?prefilled_email=jenny%40example.com"
			}
			if has(all, "portal-link") && byID(t, all, "portal-link").attr["href"] != link {
				t.Errorf("%s: the portal is at %s, want %s", name, byID(t, all, "portal-link").attr["href"], link)
			}
		}
	}
}
