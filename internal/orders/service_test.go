package orders_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
)

// memory is an orders.Store in memory; storetest checks the real one.
type memory struct {
	mu   sync.Mutex
	list map[string]orders.Order
	uses map[string]int64 // of promotion codes
	fail error
}

func (m *memory) CreateOrder(_ context.Context, o orders.Order) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	for _, other := range m.list {
		if o.Reference != "" && other.Reference == o.Reference {
			return orders.ErrReferenceTaken
		}
	}
	m.list[o.ID] = o
	return nil
}

func (m *memory) OrderByReference(_ context.Context, reference string) (orders.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range m.list {
		if o.Reference == reference {
			return o, nil
		}
	}
	return orders.Order{}, orders.ErrNotFound
}

func (m *memory) Order(_ context.Context, id string) (orders.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.list[id]
	if !ok {
		return orders.Order{}, orders.ErrNotFound
	}
	return o, nil
}

func (m *memory) UpdateOrder(_ context.Context, id string, change func(*orders.Order) error) (orders.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()

	o, ok := m.list[id]
	if !ok {
		return orders.Order{}, orders.ErrNotFound
	}
	if err := change(&o); err != nil {
		return orders.Order{}, err
	}

	m.list[id] = o
	return o, m.fail
}

func (m *memory) OrdersByNumber(_ context.Context, number string) (list []orders.Order, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()

	for _, o := range m.list {
		if orders.ShortID(o.ID) == strings.ToUpper(number) || o.Reference != "" && strings.TrimPrefix(o.Reference, "#") == number {
			list = append(list, o)
		}
	}
	return list, nil
}

func (m *memory) PromotionUses(_ context.Context, code string) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.uses[code], nil
}

var start = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// shop is the orders of a shop, with a browser that keeps its cookie.
type shop struct {
	testing.TB
	store  *memory
	cfg    orders.Config
	svc    *orders.Service
	now    time.Time
	cookie string // as the browser sends it
}

func newShop(t testing.TB, baseURL string) *shop { return newShopOf(t, baseURL, catalog(t)) }

// newFullShop returns a shop that sells fullCatalog.
func newFullShop(t testing.TB) *shop { return newShopOf(t, "http://shop.test", full(t)) }

func newShopOf(t testing.TB, baseURL string, c *orders.Catalog) *shop {
	s := &shop{
		TB:    t,
		store: &memory{list: map[string]orders.Order{}, uses: map[string]int64{}},
		now:   start,
	}

	s.configure(orders.Config{
		Store:        s.store,
		Catalog:      c.Always(),
		Now:          func() time.Time { return s.now },
		ExpiresAfter: time.Hour,
		BaseURL:      baseURL,
		SetupOrders:  true,
	})

	return s
}

// configure gives the shop a service with another configuration.
func (s *shop) configure(c orders.Config) { s.cfg, s.svc = c, orders.New(c) }

// share lets the shop keep its orders in the store of another one.
func (s *shop) share(other *shop) {
	s.store, s.cfg.Store = other.store, other.store
	s.configure(s.cfg)
}

func (s *shop) request(method, path, body string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", httpio.Handle(s.svc.ServeCreate))
	mux.HandleFunc("GET /orders/{id}", httpio.Handle(s.svc.ServeGet))
	mux.HandleFunc("PATCH /orders/{id}", httpio.Handle(s.svc.ServeChange))
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}

	if s.cookie != "" {
		r.Header.Set("Cookie", s.cookie)
	}

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

// create creates an order and keeps its cookie.
func (s *shop) create(body string) (id string) {
	s.Helper()
	w := s.request(http.MethodPost, "/orders", body)
	var got struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusCreated {
		s.Fatalf("status %d: %s", w.Code, w.Body)
	}

	c := w.Result().Cookies()
	if len(c) != 1 {
		s.Fatalf("%d cookies, want 1", len(c))
	}

	s.cookie = c[0].Name + "=" + c[0].Value
	return got.ID
}

const oneMug = `{"items":[{"sku":"mug","quantity":1}]}`

func TestServeCreate(t *testing.T) {
	t.Parallel()
	s := newShop(t, "https://shop.test")
	w := s.request(http.MethodPost, "/orders", `{"items":[{"sku":"mug","quantity":2},{"sku":"dust","quantity":3}]}`)

	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusCreated {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}

	id, _ := got["id"].(string)
	if len(got) != 5 || got["mode"] != "payment" || got["amount"] != 3603.0 || got["currency"] != "usd" || got["url"] != "https://shop.test/checkout/"+id {
		t.Errorf("answered %v", got)
	}
	if loc := w.Header().Get("Location"); loc != got["url"] {
		t.Errorf("Location is %q", loc)
	}

	c := w.Result().Cookies()[0]
	if c.Name != "__Host-checkoutd_order" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie is %+v", c)
	}
	if want := int((time.Hour + 30*24*time.Hour).Seconds()); c.MaxAge != want {
		t.Errorf("the cookie lives %d s, want %d: longer than the order", c.MaxAge, want)
	}

	o := s.store.list[id]

	_, token, _ := strings.Cut(c.Value, ":")
	if !o.OpenedBy(token) || o.Status != orders.Open || o.PaymentStatus != orders.Unpaid || o.Version != 1 ||
		!o.CreatedAt.Equal(start) || !o.ExpiresAt.Equal(start.Add(time.Hour)) || len(o.Items) != 2 {
		t.Errorf("stored %+v", o)
	}

	if strings.Contains(w.Body.String(), token) {
		t.Error("the token is in the body")
	}
}

func TestServeCreateRefusesAndStoresNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t, "http://shop.test")
	for name, tt := range map[string]struct {
		body   string
		status int
		want   string
	}{
		"no body":            {"", 415, "unsupported_content_type"},
		"not JSON":           {"{", 400, "invalid_json"},
		"a price of its own": {`{"items":[{"sku":"mug","quantity":1,"price":1}]}`, 400, `"field":"items[0].price"`},
		"an amount":          {`{"items":[{"sku":"mug","quantity":1}],"amount":1}`, 400, `"field":"amount"`},
		"a fraction":         {`{"items":[{"sku":"mug","quantity":1.5}]}`, 422, "quantity"},
		"unknown sku":        {`{"items":[{"sku":"nope","quantity":1}]}`, 422, `"field":"items[0].sku"`},
		"no quantity":        {`{"items":[{"sku":"mug"}]}`, 422, `"field":"items[0].quantity"`},
		"nothing":            {`{"items":[]}`, 422, "items_empty"},
		"over the limit":     {`{"items":[` + strings.Repeat(" ", 17<<10) + `]}`, 413, "body_too_large"},
	} {
		w := s.request(http.MethodPost, "/orders", tt.body)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: %d %s, want %d with %s", name, w.Code, w.Body, tt.status, tt.want)
		}
		if len(w.Result().Cookies()) > 0 || len(s.store.list) > 0 {
			t.Errorf("%s: it left something behind", name)
		}
	}

	s.store.fail = errors.New("disk full")

	w := s.request(http.MethodPost, "/orders", oneMug)
	if w.Code != http.StatusInternalServerError || len(w.Result().Cookies()) > 0 || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("a store that fails: %d %s, cookies %v", w.Code, w.Body, w.Result().Cookies())
	}
}

func TestServeGet(t *testing.T) {
	t.Parallel()
	s := newShop(t, "http://shop.test")
	id := s.create(`{"items":[{"sku":"mug","quantity":2}]}`)
	w := s.request(http.MethodGet, "/orders/"+id, "")

	var got orders.View
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	if got.ID != id || got.Status != orders.Open || got.Amount != 3600 || len(got.Items) != 1 || got.Items[0].Amount != 3600 || got.PaidAt != nil {
		t.Errorf("got %+v", got)
	}

	for _, private := range []string{"token", "customer", "review", "livemode", "version"} {
		if strings.Contains(w.Body.String(), private) {
			t.Errorf("the answer tells of %q: %s", private, w.Body)
		}
	}

	other := newShop(t, "http://shop.test")
	other.store = s.store
	other.share(s)

	theirs := other.create(oneMug)
	for name, tt := range map[string]struct{ cookie, id string }{
		"no cookie":              {"", id},
		"another order's cookie": {other.cookie, id},
		"the other way round":    {s.cookie, theirs},
		"no such order":          {s.cookie, "ord_nobody"},
		"another's token":        {"checkoutd_order=" + id + ":" + strings.Split(other.cookie, ":")[1], id},
		"no token":               {"checkoutd_order=" + id + ":", id},
		"the https cookie":       {"__Host-" + s.cookie, id},
	} {
		asks := *s
		asks.cookie = tt.cookie
		w := asks.request(http.MethodGet, "/orders/"+tt.id, "")
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "order_not_found") {
			t.Errorf("%s: %d %s, want 404", name, w.Code, w.Body)
		}
	}
}

func TestCookieKeepsTheEightNewestOrders(t *testing.T) {
	t.Parallel()
	s := newShop(t, "http://shop.test")
	var ids []string
	for range 10 {
		ids = append(ids, s.create(oneMug))
	}

	if n := strings.Count(s.cookie, "|") + 1; n != 8 || len(s.cookie) > 600 {
		t.Errorf("the cookie holds %d orders in %d bytes, want 8 in at most 600", n, len(s.cookie))
	}

	for i, id := range ids {
		want := http.StatusOK
		if i < 2 {
			want = http.StatusNotFound
		}

		if w := s.request(http.MethodGet, "/orders/"+id, ""); w.Code != want {
			t.Errorf("order %d of 10: status %d, want %d", i+1, w.Code, want)
		}
	}

	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Cookie", s.cookie)

	if o, err := s.svc.Opened(r, ""); err != nil || o.ID != ids[9] {
		t.Errorf("the newest is %s, %v; want %s", o.ID, err, ids[9])
	}
}

func TestHostileCookieOpensNothingAndDoesNotStay(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"rubbish":        "}{",
		"many":           strings.Repeat("a:b|", 5000),
		"long words":     strings.Repeat("a", 5000) + ":" + strings.Repeat("b", 5000),
		"injection":      "x'--:y|<script>:z|a:b:c|ord_1:../..",
		"only dividers":  "|||:::|||",
		"not ASCII":      "örd:tökén",
		"a line of text": "a:b c:d",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, "http://shop.test")
			s.cookie = "checkoutd_order=" + value

			if w := s.request(http.MethodGet, "/orders/ord_1", ""); w.Code != http.StatusNotFound {
				t.Errorf("status %d, want 404", w.Code)
			}

			id := s.create(oneMug)
			if w := s.request(http.MethodGet, "/orders/"+id, ""); w.Code != http.StatusOK {
				t.Errorf("the new order is not opened: %d", w.Code)
			}
			if len(s.cookie) > 8*131+len("checkoutd_order=") || strings.ContainsAny(s.cookie, "<'\" ") {
				t.Errorf("the new cookie carries the hostile one on: %q", s.cookie)
			}
		})
	}
}

// What the buyer sees of an order that has expired.
func TestView(t *testing.T) {
	t.Parallel()
	s := newShop(t, "http://shop.test")
	late := start.Add(2 * time.Hour)
	for _, tt := range []struct {
		status  orders.Status
		payment orders.PaymentStatus
		now     time.Time
		want    orders.Status
	}{
		{orders.Open, orders.Unpaid, start, orders.Open},
		{orders.Open, orders.Unpaid, late, orders.Expired},
		{orders.Open, orders.PaymentFailed, late, orders.Expired},
		{orders.Open, orders.Checking, late, orders.Open}, // it may be paid yet
		{orders.Open, orders.Processing, late, orders.Open},
		{orders.Open, orders.RequiresAction, late, orders.Open},
		{orders.Paid, orders.PaymentPaid, late, orders.Paid},
		{orders.Review, orders.PaymentReview, late, orders.Review},
	} {
		s.now = tt.now
		v := s.svc.View(t.Context(), orders.Order{
			Status:        tt.status,
			PaymentStatus: tt.payment,
			ExpiresAt:     start.Add(time.Hour),
			Amount:        100,
			ReviewReason:  "secret",
		})
		if v.Status != tt.want || v.PaymentStatus != tt.payment {
			t.Errorf("%s, %s at %s: shown as %s, %s; want %s", tt.status, tt.payment, tt.now, v.Status, v.PaymentStatus, tt.want)
		}
		if raw, err := json.Marshal(v); err != nil || strings.Contains(string(raw), "secret") || !strings.Contains(string(raw), `"items":[]`) {
			t.Errorf("shown as %s, %v", raw, err)
		}
	}

	zone := time.FixedZone("", 3600)
	v := s.svc.View(t.Context(), orders.Order{
		Status:    orders.Paid,
		PaidAt:    start.In(zone),
		CreatedAt: start.In(zone),
		ExpiresAt: start.In(zone),
	})
	if v.PaidAt == nil || v.PaidAt.Location() != time.UTC || v.CreatedAt.Location() != time.UTC || v.ExpiresAt.Location() != time.UTC {
		t.Errorf("times are not in UTC: %+v", v)
	}
}

func FuzzCreateBody(f *testing.F) {
	for _, body := range []string{oneMug, ``, `{}`, `null`, `[]`, `{"items":null}`, `{"items":[{}]}`, `{"items":[{"sku":"mug","quantity":1e0}]}`,
		`{"items":[{"sku":"mug","quantity":99999999999999999999}]}`, `{"items":[{"sku":"mug","sku":"tea","quantity":1}]}`,
		`{"ITEMS":[{"sku":"mug","quantity":1}]}`, "{\"items\":[{\"sku\":\"mug\\u0000\",\"quantity\":1}]}", strings.Repeat("[", 100)} {
		f.Add(body)
	}

	f.Fuzz(func(t *testing.T, body string) {
		s := newShop(t, "http://shop.test")
		w := s.request(http.MethodPost, "/orders", body)
		switch w.Code {
		case http.StatusCreated:
			if len(s.store.list) != 1 {
				t.Fatalf("created %d orders from %q", len(s.store.list), body)
			}

			for _, o := range s.store.list {
				var sum int64
				for _, i := range o.Items {
					sum += i.Amount()
				}

				if o.Amount != sum || o.Amount < 1 {
					t.Fatalf("%q costs %d, its items %d", body, o.Amount, sum)
				}
			}

		case 400, 413, 415, 422:
			if len(s.store.list) != 0 || len(w.Result().Cookies()) != 0 || !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%q was refused and left something: %s", body, w.Body)
			}

		default:
			t.Fatalf("%q: status %d: %s", body, w.Code, w.Body)
		}
	})
}

func FuzzCookie(f *testing.F) {
	s := newShop(f, "http://shop.test")
	id := s.create(oneMug)
	_, good, _ := strings.Cut(s.cookie, "=")
	for _, v := range []string{good, id + ":x", "", ":", "|", "a:b|" + good, good + "|" + good, strings.Repeat("a:b|", 9) + good, `"` + good + `"`, "a:b;c:d"} {
		f.Add(v)
	}

	o := s.store.list[id]
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", "checkoutd_order="+value)
		got, err := s.svc.Opened(r, id)
		if err == nil && (got.ID != id || !strings.Contains(value, good)) {
			t.Fatalf("%q opens %s, whose entry it does not hold", value, got.ID)
		}
		if err != nil && !errors.Is(err, orders.ErrNotFound) {
			t.Fatalf("%q: %v, want %v", value, err, orders.ErrNotFound)
		}
		if _, token, _ := strings.Cut(good, ":"); !o.OpenedBy(token) {
			t.Fatal("the order lost its token")
		}

		w := httptest.NewRecorder()
		r = httptest.NewRequest(http.MethodPost, "/orders", strings.NewReader(oneMug))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Cookie", "checkoutd_order="+value)

		if err := newShop(t, "http://shop.test").svc.ServeCreate(w, r); err != nil {
			t.Fatal(err)
		}
		if c := w.Result().Cookies(); len(c) != 1 || len(c[0].Value) > 8*130 || strings.Count(c[0].Value, "|") > 7 {
			t.Fatalf("%q makes the cookie %v", value, c)
		}
	})
}

// With two open tabs nobody but the buyer knows which order is meant.
func TestNobodyGuessesWhichOpenOrderToPay(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	first, second := s.create(oneMug), s.create(oneMug)

	pays := func(id string) string {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "/create-confirm-intent", nil)
		r.Header.Set("Cookie", s.cookie)
		o, err := s.svc.OpenedToPay(r, id)
		if err != nil {
			return fault.Of(err).Code
		}
		return o.ID
	}

	if got := pays(""); got != "order_ambiguous" {
		t.Errorf("without an ID it pays %s, want order_ambiguous", got)
	}
	if got := pays(first); got != first {
		t.Errorf("with the ID %s it pays %s", first, got)
	}
	if got := pays("ord_nobody"); got != "order_not_found" {
		t.Errorf("a stranger's order: %s", got)
	}

	end := func(id string, status orders.Status) {
		o := s.store.list[id]
		o.Status = status
		s.store.list[id] = o
	}

	end(first, orders.Paid)
	if got := pays(""); got != second {
		t.Errorf("with one open order it pays %s, want %s", got, second)
	}

	end(second, orders.Paid)
	if got := pays(""); got != second {
		t.Errorf("with none open it answers for %s, want the newest, %s", got, second)
	}

	end(first, orders.Open) // a repeated call about the newest must not pay the older one
	if got := pays(""); got != second {
		t.Errorf("with an older one open it answers for %s, want the newest, %s", got, second)
	}
}
