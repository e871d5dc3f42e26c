package stripeapi_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"checkoutd/internal/customersession"
	"checkoutd/internal/payments"
)

func TestMissingCustomerIsReported(t *testing.T) {
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

		_, err := c.CreateCustomerSession(context.Background(), "cus_1", customersession.Features{}, "checkoutd-1")
		var e *payments.CallError
		if got := errors.Is(err, customersession.ErrNoCustomer); got != tt.want || !errors.As(err, &e) {
			t.Errorf("%s: ErrNoCustomer %t, want %t, in %v", name, got, tt.want, err)
		}
	}
}

// Each feature is independent of the others: Stripe's own page once hid the
// saved methods where none could be saved, and Stripe refuses a usage without
// saving.
func TestSessionSendsEachFeature(t *testing.T) {
	t.Parallel()
	const prefix = "components[payment_element][features][payment_method_"
	all := customersession.Features{
		Redisplay: true,
		Limit:     5,
		Filters:   []string{"always", "limited"},
		Remove:    true,
		Save:      true,
		SaveUsage: "off_session",
	}

	for name, tt := range map[string]struct {
		change func(*customersession.Features)
		want   map[string]string
	}{
		"everything": {func(*customersession.Features) {}, map[string]string{
			"redisplay]":                  "enabled",
			"remove]":                     "enabled",
			"save]":                       "enabled",
			"save_usage]":                 "off_session",
			"redisplay_limit]":            "5",
			"allow_redisplay_filters][0]": "always",
			"allow_redisplay_filters][1]": "limited",
		}},
		"saving off leaves the saved ones shown": {func(f *customersession.Features) { f.Save = false },
			map[string]string{
				"redisplay]":                  "enabled",
				"remove]":                     "enabled",
				"save]":                       "disabled",
				"redisplay_limit]":            "5",
				"allow_redisplay_filters][0]": "always",
				"allow_redisplay_filters][1]": "limited",
			}},
		"showing off leaves saving": {func(f *customersession.Features) {
			f.Redisplay, f.Remove = false,
				false
		}, map[string]string{
			"redisplay]":  "disabled",
			"remove]":     "disabled",
			"save]":       "enabled",
			"save_usage]": "off_session",
		}},
		"removing off": {func(f *customersession.Features) {
			f.Remove, f.Limit, f.Filters = false, 0,
				nil
		}, map[string]string{
			"redisplay]":  "enabled",
			"remove]":     "disabled",
			"save]":       "enabled",
			"save_usage]": "off_session",
		}},
		"nothing": {func(f *customersession.Features) { *f = customersession.Features{SaveUsage: "on_session"} }, map[string]string{
			"redisplay]": "disabled", "remove]": "disabled", "save]": "disabled"}},
	} {
		f := all
		tt.change(&f)
		var form url.Values
		c := client(t, func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}

			form = r.PostForm
			_, _ = w.Write([]byte(`{"object":"customer_session","client_secret":"cuss_1"}`))
		})
		if secret, err := c.CreateCustomerSession(context.Background(), "cus_1", f, "checkoutd-1"); err != nil ||
			secret != "cuss_1" {
			t.Fatalf("got %q, %v", secret, err)
		}

		got := map[string]string{}
		for key := range form {
			if feature, ok := strings.CutPrefix(key, prefix); ok {
				got[feature] = form.Get(key)
			}
		}

		if !maps.Equal(got, tt.want) {
			t.Errorf("%s: sent %v, want %v", name, got, tt.want)
		}
	}
}
