package orders_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// receiptShop is a shop with links to receipts and an order whose buyer gave an
// e-mail address.
func receiptShop(t *testing.T) (*shop, orders.Order) {
	t.Helper()
	s := newShop(t, "http://shop.test")
	s.cfg.ReceiptKey = []byte("0123456789abcdef0123456789abcdef")
	s.svc = orders.New(s.cfg)

	o, _, err := s.svc.Create(t.Context(), orders.Cart{Items: []orders.CartLine{{SKU: "mug", Quantity: 1}}})
	if err != nil {
		t.Fatal(err)
	}

	o, err = s.store.UpdateOrder(t.Context(), o.ID, func(o *orders.Order) error {
		o.Contact.Email, o.Reference = "Jenny@example.com", "#A-1"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, o
}

// follow opens a link in a new browser and returns the error of that, or of
// reading the receipt of an order with the cookie that it got.
func follow(s *shop, link, id string) error {
	u, err := url.Parse(link)
	if err != nil {
		return err
	}

	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	if err := s.svc.OpenReceipt(w, r, strings.TrimPrefix(u.Path, "/receipt/"), u.Query().Get("key")); err != nil {
		return err
	}

	next := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, c := range w.Result().Cookies() {
		next.AddCookie(c)
	}
	if _, err := s.svc.Opened(next, id); !errors.Is(err, orders.ErrNotFound) {
		return errors.New("the cookie of a receipt opens the order")
	}

	_, err = s.svc.Receipt(next, id)
	return err
}

func TestAReceiptsLink(t *testing.T) {
	t.Parallel()
	s, o := receiptShop(t)
	link := s.svc.ReceiptURL(&o)
	if err := follow(s, link, o.ID); err != nil {
		t.Errorf("the link: %v", err)
	}

	other, _, err := s.svc.Create(t.Context(), orders.Cart{Items: []orders.CartLine{{SKU: "mug", Quantity: 1}}})
	if err != nil {
		t.Fatal(err)
	}

	_, key, _ := strings.Cut(link, "?key=")
	end, mac, _ := strings.Cut(key, "_")
	for name, tt := range map[string]struct{ link, id string }{
		"for another order":      {strings.Replace(link, o.ID, other.ID, 1), other.ID},
		"its cookie for another": {link, other.ID},
		"with a later end":       {strings.Replace(link, end, "z"+end, 1), o.ID},
		"without its signature":  {strings.Replace(link, mac, "", 1), o.ID},
		"without a key":          {strings.TrimSuffix(link, key), o.ID},
	} {
		if err := follow(s, tt.link, tt.id); !errors.Is(err, orders.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", name, err)
		}
	}

	s.now = s.now.Add(89 * 24 * time.Hour)
	if err := follow(s, link, o.ID); err != nil {
		t.Errorf("after 89 days: %v", err)
	}

	s.now = s.now.Add(24 * time.Hour)
	if err := follow(s, link, o.ID); !errors.Is(err, orders.ErrNotFound) {
		t.Errorf("after 90 days: got %v, want ErrNotFound", err)
	}

	link = s.svc.ReceiptURL(&o)
	if _, err := s.store.UpdateOrder(t.Context(), o.ID, func(o *orders.Order) error {
		o.ErasedAt = s.now
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := follow(s, link, o.ID); !errors.Is(err, orders.ErrNotFound) {
		t.Errorf("of an erased person: got %v, want ErrNotFound", err)
	}
}

func TestAReceiptIsFoundByNumberAndEmail(t *testing.T) {
	t.Parallel()
	s, o := receiptShop(t)
	find := func(number, email string) error {
		id, err := s.svc.FindReceipt(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil), number, email)
		if err == nil && id != o.ID {
			t.Errorf("%s: found %s", number, id)
		}
		return err
	}

	number := orders.ShortID(o.ID)
	for _, number := range []string{number, "\u200b #" + strings.ToLower(number), "#A-1", "A-1"} {
		if err := find(number, " \u202djenny@EXAMPLE.com\u200b"); err != nil { // as copied from a list of contacts
			t.Errorf("%q: %v", number, err)
		}
	}

	for _, pair := range [][2]string{
		{number, "ben@example.com"}, {number, ""}, {"ABCDEFGH", "jenny@example.com"}, {"", "jenny@example.com"},
		{o.ID, "jenny@example.com"}, {"A-1\n", "ben@example.com"}, {strings.Repeat("A", 300), "jenny@example.com"},
	} {
		if err := find(pair[0], pair[1]); !fault.Is(err, "receipt_not_found") {
			t.Errorf("%q: got %v, want receipt_not_found", pair, err)
		}
	}

	for range 10 {
		_ = find(number, "ben@example.com")
	}
	if err := find(number, "jenny@example.com"); !fault.Is(err, "receipt_tries") {
		t.Errorf("after ten tries: got %v, want receipt_tries", err)
	}

	s.now = s.now.Add(time.Hour)
	if err := find(number, "jenny@example.com"); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

// Whoever invents numbers does not close the page for others.
func TestInventedNumbersLeaveTheOthers(t *testing.T) {
	t.Parallel()
	s, o := receiptShop(t)
	find := func(number string) error {
		_, err := s.svc.FindReceipt(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil), number, "jenny@example.com")
		return err
	}

	for i := range 20_001 {
		if err := find("B-" + strconv.Itoa(i)); !fault.Is(err, "receipt_not_found") {
			t.Fatalf("invented number %d: got %v, want receipt_not_found", i, err)
		}
	}
	if err := find(orders.ShortID(o.ID)); err != nil {
		t.Errorf("after them: %v", err)
	}
}
