package pages_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
)

// shipsTo is an order that ships to some countries only; none: to all.
type shipsTo struct {
	known
	countries []string
}

func (k shipsTo) View(ctx context.Context, o orders.Order) orders.View {
	v := k.known.View(ctx, o)
	v.ShippingCountries = k.countries
	return v
}

// The form begins with the country where the buyer seems to be, which has to be
// one that the order ships to. Only a trusted proxy's header counts.
func TestTheFormBeginsWithTheBuyersCountry(t *testing.T) {
	t.Parallel()
	p := newPages(t, func(c *pages.Config) { c.Form.CountryHeader = "CF-IPCountry" })
	for name, tt := range map[string]struct {
		from, header, language string
		allowed                []string
		want                   any
	}{
		"the proxy's header":            {"10.0.0.1", "fr", "en-US", nil, "FR"},
		"a stranger's header":           {"203.0.113.9", "FR", "en-US", nil, "US"},
		"the proxy does not know":       {"10.0.0.1", "XX", "de-AT,en", nil, "AT"},
		"Tor":                           {"10.0.0.1", "T1", "", nil, nil},
		"not an address of a country":   {"10.0.0.1", "<b>", "fr", nil, nil},
		"the header's is not served":    {"10.0.0.1", "FR", "de-DE", []string{"DE", "US"}, "DE"},
		"nothing of it is served":       {"10.0.0.1", "FR", "pt-BR", []string{"US"}, nil},
		"the UK as a language":          {"203.0.113.9", "", "en-UK", nil, "GB"},
		"the UK as a header":            {"10.0.0.1", "uk", "fr-FR", []string{"GB", "FR"}, "GB"},
		"no country of the form":        {"10.0.0.1", "KP", "en-AN,fr-FR", []string{"FR"}, "FR"},
		"a later language names served": {"203.0.113.9", "", "en,fr-CA;q=0.5", []string{"CA"}, "CA"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/config", nil)
		r.RemoteAddr = tt.from + ":1234"
		r.Header.Set("CF-IPCountry", tt.header)
		r.Header.Set("Accept-Language", tt.language)

		w := httptest.NewRecorder()
		serve := httpio.Handle(p.Knowing(shipsTo{known{order: order("open", "unpaid")}, tt.allowed}).ServeConfig)
		httpio.Identify([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, func() string { return "req_1" })(serve).ServeHTTP(w, r)

		var got struct{ Address map[string]any }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Address["country"] != tt.want {
			t.Errorf("%s: got %v (%v), want %v", name, got.Address["country"], err, tt.want)
		}
	}
}
