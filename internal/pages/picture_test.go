package pages_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"checkoutd/internal/orders"
)

func TestAPictureIsOnlyWhatTheProductNames(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	for _, tt := range []struct{ name, sku, image, src string }{
		{"an address", "x", "https://cdn.example/a.jpg", "https://cdn.example/a.jpg"},
		{"a path that a proxy serves", "x", "/img/a.jpg", "/img/a.jpg"},
		{"one of ours by its name", "x", "tote.svg", strings.TrimSuffix(theme(t, p), "theme.css") + "products/tote.svg"},
		{"none, though one of ours is called like the sku", "tote", "", ""},
		{"a name that we do not have", "tote", "tote.png", ""},
		{"a way out of our pictures", "x", "../favicon.svg", ""},
		{"no address", "x", "javascript:alert(1)//", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := order("paid", "paid")
			o.Items = []orders.Item{{SKU: tt.sku, Name: "Tote", Image: tt.image, Quantity: 1}}

			product := orders.Product{SKU: tt.sku, Name: "Tote", Image: tt.image, Currency: "eur"}
			for _, v := range []view{checkout(o), shop("one", catalog{products: []orders.Product{product}})} {
				checkPicture(t, get(t, p, v, "en"), tt.src)
			}
		})
	}
}

func checkPicture(t *testing.T, w *httptest.ResponseRecorder, src string) {
	t.Helper()
	found := find(parse(t, w.Body.String()), func(n *node) bool { return strings.HasPrefix(n.attr["class"], "picture") })
	if len(found) != 1 {
		t.Fatalf("got %d pictures, want 1", len(found))
	}
	if got := found[0]; got.attr["src"] != src || (src == "" && got.text != "T") {
		t.Errorf("got %v %q, want src %q", got.attr, got.text, src)
	}
}
