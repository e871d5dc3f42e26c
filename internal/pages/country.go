package pages

import (
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
)

// country returns where the buyer seems to be: by the header of the shop's CDN,
// or else by the region of the browser's language. It is one of allowed, unless
// that is empty, and "" where nothing says so.
func (p *Pages) country(r *http.Request, allowed []string) string {
	if name := p.cfg.Form.CountryHeader; name != "" && httpio.ExchangeOf(r.Context()).ViaProxy() {
		if code := countryCode(r.Header.Get(name)); serves(allowed, code) {
			return code
		}
	}

	// The list is the browser's own: a broken one only costs the guess.
	tags, _, _ := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	for _, t := range tags {
		region, confidence := t.Region()
		if confidence != language.Exact {
			continue
		}
		if code := countryCode(region.String()); serves(allowed, code) {
			return code
		}
	}

	return ""
}

// serves reports whether code is a country that is allowed, as all are if none
// is named.
func serves(allowed []string, code string) bool {
	return code != "" && (len(allowed) == 0 || slices.Contains(allowed, code))
}

// countryCode returns the code of a country that Stripe's address form knows,
// "" for anything else: that of the United Kingdom for UK, which people and
// some CDNs write. CDNs also write XX for an unknown country and T1 for Tor.
func countryCode(s string) string {
	s = strings.TrimSpace(s)
	region, err := language.ParseRegion(s)
	if err != nil || len(s) != 2 {
		return ""
	}

	if code := region.Canonicalize().String(); orders.IsCountry(code) {
		return code
	}
	return ""
}
