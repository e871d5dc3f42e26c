package customersession_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func FuzzBody(f *testing.F) {
	s, b := newShop(f), browser{}
	id := s.order(b)
	for _, body := range []string{"", "{}", "null", "[]", `{"orderId":null}`, `{"orderId":"` + id + `"}`, `{"orderid":"x"}`, `{"orderId":"a","orderId":"b"}`, "\x00", `{"orderId":"\ud800"}`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		w := maps.Clone(b).send(s.call, body, "application/json")
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%q: answered %s", body, w.Body)
		}
		switch w.Code {
		case 200, 400, 404, 413:
		default:
			t.Fatalf("%q: status %d: %s", body, w.Code, w.Body)
		}
	})
}

func FuzzBuyerCookie(f *testing.F) {
	s, b := newShop(f), browser{}
	s.order(b)
	s.session(b)
	good := b["checkoutd_buyer"]
	id, mac, _ := strings.Cut(good, ".")
	for _, v := range []string{good, id, mac, id + "." + mac + ".", "", ".", "buy_.", good + "|" + good, `"` + good + `"`, strings.ToUpper(good)} {
		f.Add(v)
	}
	victim := "cus_" + id
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		thief := browser{}
		mine := *s
		mine.TB = t
		order := mine.order(thief)
		r.Header.Set("Cookie", "checkoutd_order="+thief["checkoutd_order"]+"; checkoutd_buyer="+value)
		w := httptest.NewRecorder()
		s.call(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%q: status %d", value, w.Code)
		}
		if mine.customerOf(order) == victim && !strings.Contains(value, good) {
			t.Fatalf("%q passes for %s", value, id)
		}
	})
}
