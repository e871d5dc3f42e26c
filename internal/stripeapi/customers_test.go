package stripeapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"checkoutd/internal/customersession"
	"checkoutd/internal/payments"
)

func TestMissingCustomerIsTold(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		body   string
		want   bool
	}{
		"no such customer": {400, `{"error":{"type":"invalid_request_error","code":"resource_missing","param":"customer","message":"No such customer: 'cus_1'"}}`, true},
		"something else":   {400, `{"error":{"type":"invalid_request_error","code":"resource_missing","param":"components","message":"x"}}`, false},
		"another mistake":  {400, `{"error":{"type":"invalid_request_error","code":"parameter_invalid_empty","param":"customer","message":"x"}}`, false},
		"an outage":        {500, `{"error":{"type":"api_error","message":"x"}}`, false},
	} {
		c := client(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			_, _ = w.Write([]byte(tt.body))
		})
		_, err := c.CreateCustomerSession(context.Background(), "cus_1", true, "checkoutd-1")
		var e *payments.CallError
		if got := errors.Is(err, customersession.ErrNoCustomer); got != tt.want || !errors.As(err, &e) {
			t.Errorf("%s: ErrNoCustomer %t, want %t, in %v", name, got, tt.want, err)
		}
	}
}

// Stripe calls save_usage beside an intent's own setup_future_usage a conflict.
func TestSessionAsksToSaveOrDoesNot(t *testing.T) {
	t.Parallel()
	const prefix = "components[payment_element][features][payment_method_"
	for ask, want := range map[bool]map[string]string{
		true:  {"redisplay]": "enabled", "save]": "enabled", "save_usage]": "on_session"},
		false: {"redisplay]": "enabled", "save]": "disabled", "save_usage]": ""},
	} {
		var form url.Values
		c := client(t, func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}
			form = r.PostForm
			_, _ = w.Write([]byte(`{"object":"customer_session","client_secret":"cuss_1"}`))
		})
		if secret, err := c.CreateCustomerSession(context.Background(), "cus_1", ask, "checkoutd-1"); err != nil || secret != "cuss_1" {
			t.Fatalf("got %q, %v", secret, err)
		}
		for name, value := range want {
			if got := form.Get(prefix + name); got != value {
				t.Errorf("ask %t: %s is %q, want %q", ask, name, got, value)
			}
		}
	}
}
