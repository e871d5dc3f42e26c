package api_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/pages"
)

// exampleFile is the catalog that README and docs/catalog.md recommend to try.
const exampleFile = "../../../examples/catalog.json"

func TestTheExampleCatalogSells(t *testing.T) {
	t.Parallel()
	path, err := filepath.Abs(exampleFile)
	if err != nil {
		t.Fatal(err)
	}

	s := e2etest.OpenShop(t, e2etest.Set("CATALOG_FILE", path))
	b := s.Buyer(t)

	var file struct {
		Products []struct {
			SKU    string            `json:"sku"`
			Prices map[string]string `json:"prices"`

			Variants []struct {
				SKU         string `json:"sku"`
				Unavailable bool   `json:"unavailable"`
			} `json:"variants"`
		} `json:"products"`
		Promotions []struct {
			Code string `json:"code"`
		} `json:"promotions"`
	}
	if err := json.Unmarshal([]byte(read(t, exampleFile)), &file); err != nil {
		t.Fatal(err)
	}

	modes := map[string]bool{}
	for _, p := range file.Products {
		if len(p.Variants) > 0 { // of which the last is sold out
			for i, v := range p.Variants {
				r := b.Call("POST", "/orders", `{"items":[{"sku":"`+v.SKU+`","quantity":1}]}`)
				if sold := r.Status == http.StatusCreated; sold == v.Unavailable || v.Unavailable != (i == len(p.Variants)-1) {
					t.Errorf("%s: %d %s", v.SKU, r.Status, r.Body)
				}
			}
			continue
		}
		for _, currency := range []string{"usd", "eur"} {
			r := b.Call("POST", "/orders", `{"items":[{"sku":"`+p.SKU+`","quantity":1}],"currency":"`+currency+`"}`)
			if r.Status != http.StatusCreated {
				t.Errorf("%s in %s: %d %s", p.SKU, currency, r.Status, r.Body)
				continue
			}

			modes[b.Object(r)["mode"].(string)] = true
		}
	}

	if len(modes) != 2 {
		t.Errorf("the example sells by %v, want payments and subscriptions", modes)
	}

	r := b.Call("POST", "/orders", `{"items":[{"sku":"tote","quantity":2}]}`)
	id := b.Object(r)["id"].(string)
	for _, p := range file.Promotions {
		if v := b.Change(id, `{"promotion_code":"`+p.Code+`"}`); v["discount"] == nil {
			t.Errorf("%s takes nothing off", p.Code)
		}
	}

	b.WantBill(b.Change(id, `{"promotion_code":"","items":[{"sku":"tote","quantity":3}],"shipping":`+inFrance+`}`), "7200 - no code + post 0 = 7200 usd")
	if page := b.Call("GET", "/", "", "Accept: text/html"); page.Status != http.StatusOK || !strings.Contains(page.Body, "Sticker club") {
		t.Errorf("the shop's page: %d", page.Status)
	}
}

func TestTheReadmesCatalogSells(t *testing.T) {
	t.Parallel()
	_, text, _ := strings.Cut(read(t, "../../../README.md"), "### The catalog")
	_, text, _ = strings.Cut(text, "```json")
	text, _, _ = strings.Cut(text, "```")
	s := e2etest.OpenShop(t, e2etest.Selling(text))
	b := s.Buyer(t)
	b.WantBill(b.Change(b.Order("mug"), `{"promotion_code":"welcome10"}`), "1800 - WELCOME10 180 + post 490 = 2110 usd")
	b.Order("club")
}

func TestBuiltInPicturesAreDocumented(t *testing.T) {
	t.Parallel()
	text := read(t, "../../../docs/catalog.md")
	if len(pages.Pictures()) == 0 {
		t.Fatal("there are none")
	}
	for _, name := range pages.Pictures() {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/catalog.md does not name %s", name)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
