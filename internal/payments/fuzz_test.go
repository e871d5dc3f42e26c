package payments_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// oneOrder is an orders.Store that holds the fixture's order.
type oneOrder struct{ orders.Store }

func (oneOrder) Order(_ context.Context, id string) (orders.Order, error) {
	if id != orderID {
		return orders.Order{}, orders.ErrNotFound
	}
	return orders.Order{ID: id, TokenHash: orders.HashToken("token"), Status: orders.Open}, nil
}

// FuzzConfirmBody: whatever is posted, only a well-formed request by the
// order's own buyer reaches Stripe, once, and for the order's own amount.
func FuzzConfirmBody(f *testing.F) {
	for _, body := range []string{
		`{"confirmationTokenId":"ctoken_1"}`, `{"confirmationTokenId":"ctoken_1","orderId":"ord_1"}`,
		`{"confirmationTokenId":"ctoken_1","orderId":"ord_2"}`,
		`{"confirmationTokenId":"ctoken_1","expectedAmount":1099}`,
		`{"confirmationTokenId":"ctoken_1","expectedAmount":1}`,
		`{"confirmationTokenId":"ctoken_1","expectedAmount":null}`,
		`{"confirmationTokenId":"ctoken_1","amount":1}`, `{"confirmationTokenId":"pm_1"}`, `{"confirmationTokenId":""}`,
		`{"confirmationTokenId":"ctoken_1","confirmationTokenId":"ctoken_2"}`, `{"ConfirmationTokenID":"ctoken_1"}`,
		`{"confirmationTokenId":"ctoken_1","expectedAmount":1e400}`,
		`{"confirmationTokenId":"ctoken_\u0000"}`, `{}`, `null`, `[]`, ``, `{`,
	} {
		f.Add(body)
	}

	f.Fuzz(func(t *testing.T, body string) {
		fx := newFixture(t)
		shop := orders.New(orders.Config{
			Store:        oneOrder{},
			Now:          fx.clock.Now,
			ExpiresAfter: time.Hour,
			BaseURL:      "http://shop.test",
		})

		r := httptest.NewRequest(http.MethodPost, "/create-confirm-intent", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.AddCookie(&http.Cookie{Name: "checkoutd_order", Value: orderID + ":token"})
		w := httptest.NewRecorder()
		httpio.HandleStripe(payments.NewHandler(fx.svc, shop, nil, nil).ServeHTTP)(w, r)

		var answer struct {
			Error *struct {
				Message string `json:"message"`
			} `json:"error"`
			Status any `json:"status"` // a problem has a number there
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%q: answered %s", body, w.Body)
		}

		switch w.Code {
		case http.StatusOK:
			if fx.calls() != 1 || fx.sent(0).Amount != 1099 || answer.Status != "succeeded" || answer.Error != nil {
				t.Fatalf("%q: %d calls, answered %s", body, fx.calls(), w.Body)
			}

		case 400, 404, 409, 413, 422:
			if fx.calls() != 0 || answer.Error == nil || answer.Error.Message == "" {
				t.Fatalf("%q was refused: %d calls, answered %s", body, fx.calls(), w.Body)
			}

		default:
			t.Fatalf("%q: status %d: %s", body, w.Code, w.Body)
		}
	})
}
