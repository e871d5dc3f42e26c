package stripejs_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/testhost"
)

// packageFile reads a file of an npm package for development.
func packageFile(t *testing.T, name string) string {
	t.Helper()

	data, err := os.ReadFile("../../../node_modules/" + name)
	if os.IsNotExist(err) {
		testhost.Missing(
			t,
			"this test needs the packages of package-lock.json, and node_modules has no "+name+" (run: npm ci)",
		)
	}
	if err != nil {
		t.Fatal(err)
	}

	return string(data)
}

// openLoader loads a page with the stand-in at path, where WIRE is the address
// of w, and the npm package's own loader as window.loader.
func openLoader(t *testing.T, tab context.Context, w *wire, path, loader string) *shop {
	t.Helper()

	source := packageFile(t, loader)
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/loader.js":
			rw.Header().Set("Content-Type", "text/javascript")
			_, _ = fmt.Fprintf(
				rw,
				"window.warnings = []; console.warn = (...args) => warnings.push(args.join(' "+
					"'));\nwindow.loader = {}; (function (exports, module) {\n%s\n})(window.loader, {});",
				source,
			)
		default:
			rw.Header().Set("Content-Type", "text/html; charset=utf-8")
			script := strings.Replace(path, "WIRE", w.URL, 1)
			_, _ = fmt.Fprintf(
				rw,
				`<!doctype html><title>loader</title><link rel="icon" href="data:,"><script `+
					`src="/loader.js"></script><script src="%s"></script><body></body>`,
				script,
			)
		}
	}))

	t.Cleanup(site.Close)
	s := newVisit(t, tab, w, site.URL)

	s.do(chromedp.Navigate(site.URL))

	return s
}

func TestStripeLoader(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("the loader of stripe-js 5 takes the stand-in without a warning and injects nothing", func(t *testing.T) {
		s := openLoader(t, tab, newWire(t), "WIRE/v3/stripe.js", "@stripe/stripe-js/dist/pure.js")
		s.run("loader.loadStripe('pk_test_shop').then((stripe) => { window.stripe = stripe; })")
		s.want("stripe.wrapper.version", `"5.10.0"`)
		s.want("typeof stripe.createConfirmationToken", `"function"`)
		s.want("[...document.scripts].filter((script) => script.src.includes('stripe.com')).length", "0")
		s.want("warnings.filter((text) => !text.includes('over HTTP'))", "[]")
	})

	t.Run("a named build has its name as version and refuses another API version", func(t *testing.T) {
		s := openShop(t, tab, newWire(t), "/acacia/stripe.js")
		s.want("Stripe.version", `"acacia"`)
		s.want("failure(() => Stripe('pk_test_shop', {apiVersion: '2024-06-20'})).then((text) => text.slice(0, 70))",
			`"IntegrationError: The apiVersion option cannot be used with the acacia"`)
	})

	t.Run("the v3 build takes an API version and sends it", func(t *testing.T) {
		s := openShop(t, tab, newWire(t), "/v3/stripe.js")
		s.want("Stripe.version", "3")
		s.boot(deferred, "{}", "payment", "{apiVersion: '2024-06-20', stripeAccount: 'acct_9'}")
		s.wantForm(
			"GET /v1/elements/sessions",
			map[string]string{"_stripe_version": "2024-06-20", "_stripe_account": "acct_9"},
		)
	})
}
