package app_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	formerGoods = `{"currency": "usd",
		"products": [{"sku": "mug", "name": "Blue mug", "price": "18.00", "image": "https://old.example/mug.jpg"}],
		"promotions": [{"code": "OLD", "percent": 10}]}`
	newGoods = `{"currency": "usd",
		"products": [{"sku": "mug", "name": {"en": "Red mug", "fr": "Tasse rouge"}, "price": "20.00", "image": "https://new.example/mug.jpg"}],
		"promotions": [{"code": "NEW", "percent": 10}],
		"shipping_rates": [{"id": "post", "name": "Post", "price": "4.00"}]}`
)

// sees checks what the shop sells: the title of the mug, and that the policy
// allows its picture.
func (r *reloaded) sees(mug, pictures string) {
	r.Helper()
	w := r.page("/")
	if !strings.Contains(w.Body.String(), mug) {
		r.Errorf("the shop sells no %q: %d", mug, w.Code)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, pictures) {
		r.Errorf("the policy does not allow %s: %s", pictures, policy)
	}
}

func (r *reloaded) page(path string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r.Helper()
	return r.do(httptest.NewRequestWithContext(r.Context(), http.MethodGet, "http://localhost:4242"+path, http.NoBody),
		cookies...)
}

func (r *reloaded) do(req *http.Request, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r.Helper()
	req.Header.Set("Content-Type", "application/json")
	for _, c := range cookies {
		req.AddCookie(c)
	}

	w := httptest.NewRecorder()
	r.app.Handler().ServeHTTP(w, req)
	return w
}

// change sends a buyer's change and returns the order, or the problem.
func (r *reloaded) change(id string, cookies []*http.Cookie, body string) string {
	r.Helper()
	return r.do(httptest.NewRequestWithContext(r.Context(), http.MethodPatch, "http://localhost:4242/orders/"+id,
		strings.NewReader(body)), cookies...).Body.String()
}

// A Kubernetes ConfigMap: the file is a link to a file below ..data, itself a
// link, which is replaced.
func newMount(t *testing.T) (file string, swap func(content string)) {
	t.Helper()
	dir := t.TempDir()
	data, version := filepath.Join(dir, "..data"), 0

	swap = func(content string) {
		t.Helper()
		version++
		folder := filepath.Join(dir, ".."+strings.Repeat("v", version))
		next := filepath.Join(dir, "..data_tmp")
		must(t, os.Mkdir(folder, 0o700))
		must(t, os.WriteFile(filepath.Join(folder, "catalog.json"), []byte(content), 0o600))
		must(t, os.Symlink(folder, next))
		must(t, os.Rename(next, data))
	}

	swap(formerGoods)
	file = filepath.Join(dir, "catalog.json")
	must(t, os.Symlink(filepath.Join("..data", "catalog.json"), file))
	return file, swap
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheCatalogChangesWithoutARestart(t *testing.T) {
	t.Parallel()
	file, swap := newMount(t)
	r := newReloaded(t, func(k *keyed) { k.env = append(k.env, "CATALOG_FILE="+file) })
	r.sees("Blue mug", "https://old.example")
	id, cookies := r.cart()

	swap(newGoods)
	r.app.LookAtCatalog(false) // it may be half written
	r.sees("Blue mug", "https://old.example")
	r.app.LookAtCatalog(false)
	r.sees("Red mug", "https://new.example")

	french := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:4242/", http.NoBody)
	french.Header.Set("Accept-Language", "fr-CA,en;q=0.5")
	if body := r.do(french).Body.String(); !strings.Contains(body, "Tasse rouge") {
		t.Errorf("the page in French has no French product")
	}

	// The order keeps its price until it is changed, and its picture, and
	// loses what is no longer offered.
	if _, body := r.get("/orders/"+id, cookies...); !strings.Contains(body, `"amount":1800`) {
		t.Errorf("the order after the change: %s", body)
	}

	page := r.page("/checkout/"+id, cookies...)
	if policy := page.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "https://old.example") {
		t.Errorf("the order's picture is not allowed: %d %s", page.Code, policy)
	}

	for body, want := range map[string]string{
		`{"promotion_code":"OLD"}`:                                      `promotion_unknown`,
		`{"items":[{"sku":"mug","quantity":2}],"promotion_code":"new"}`: `"amount":4000`, // 2 × 20 - 10 % + 4
	} {
		if got := r.change(id, cookies, body); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}

	if n := strings.Count(r.log.String(), "the catalog was reloaded"); n != 1 {
		t.Errorf("the change is logged %d times:\n%s", n, r.log)
	}
}

func TestAWrongCatalogLeavesTheFormerOne(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "catalog.json")
	must(t, os.WriteFile(file, []byte(formerGoods), 0o600))
	r := newReloaded(t, func(k *keyed) {
		k.env = append(k.env, "CATALOG_FILE="+file, "PAYMENT_METHOD_TYPES=card,klarna")
	})

	const refused = "the catalog file was refused; the previous catalog stays in use"
	for i, tt := range []struct {
		content string // "" for no file
		says    []string
	}{
		{" \n", []string{"the file is empty"}},
		{newGoods[:len(newGoods)/2], []string{"the file ends too early"}},
		{`{"currency":"usd","products":[{"sku":"mug","name":"","price":"x"}]}`,
			[]string{"product 1 (mug): name", "product 1 (mug): price"}},
		{`{"currency":"eur","products":[{"sku":"tea","name":"Tea","price":"1","recurring":{"interval":"day"}}]}`,
			[]string{"tea charges its payment method again", "klarna"}},
		{`{"currency":"eur","products":[{"sku":"mug","name":"Mug","price":"1.00","image":"https://{}/"}]}`,
			[]string{"image"}},
		{"", []string{"no such file"}},
	} {
		if tt.content == "" {
			must(t, os.Remove(file))
		} else {
			must(t, os.WriteFile(file+".new", []byte(tt.content), 0o600))
			must(t, os.Rename(file+".new", file)) // as editors do
		}

		for range 4 {
			r.app.LookAtCatalog(false)
		}

		lines := strings.Split(strings.TrimSpace(r.log.String()), "\n")
		if n := strings.Count(r.log.String(), refused); n != i+1 {
			t.Fatalf("%q: refused %d times, want %d:\n%s", tt.content, n, i+1, r.log)
		}

		last := lines[len(lines)-1]
		for _, want := range append(tt.says, `"level":"error"`) {
			if !strings.Contains(last, want) {
				t.Errorf("%q: the log does not say %q: %s", tt.content, want, last)
			}
		}

		r.sees("Blue mug", "https://old.example")
		if r.app.Gauge("checkoutd_catalog_refused") != 1 {
			t.Error("the metric does not say that the catalog is refused")
		}
		if code, _ := r.ready(); code != http.StatusOK {
			t.Errorf("/readyz: %d", code)
		}
	}

	// Whoever asks has finished writing.
	must(t, os.WriteFile(file, []byte(newGoods), 0o600))
	r.app.LookAtCatalog(true)
	r.sees("Red mug", "https://new.example")
	if r.app.Gauge("checkoutd_catalog_refused") != 0 {
		t.Error("the metric says that the catalog is refused")
	}
}
