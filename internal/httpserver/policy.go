package httpserver

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"checkoutd/internal/httpio"
)

// Policy lists the addresses from which a page may load resources.
type Policy struct {
	ScriptURL string   // Stripe.js, or the offline stand-in
	APIBase   string   // Stripe's API, or the offline one
	Images    []string // the shop's pictures on other hosts
	Styles    []string // style sheets with fonts
	Fonts     []string
}

// stripeJS is the origin of the real Stripe.js.
const stripeJS = "https://js.stripe.com"

// stripeMaps is where Stripe.js finds the suggestions of the Address Element.
const stripeMaps = "https://maps.googleapis.com"

// hosts are the allowed hosts by directive.
type hosts struct{ script, connect, frame, image []string }

// hosts returns the hosts that Stripe publishes for Stripe.js and Link
// (https://docs.stripe.com/security/guide#content-security-policy), or those of
// the offline Stripe.
func (p Policy) hosts() (hosts, error) {
	script, err := originOf(p.ScriptURL)
	if err != nil {
		return hosts{}, err
	}

	api, err := originOf(p.APIBase)
	if err != nil {
		return hosts{}, err
	}

	if script == stripeJS {
		return hosts{
			script:  []string{stripeJS, "https://*.js.stripe.com", stripeMaps},
			connect: []string{"https://api.stripe.com", stripeMaps, "https://link.com", "https://*.link.com"},
			frame: []string{
				stripeJS, "https://*.js.stripe.com", "https://hooks.stripe.com",
				"https://link.com", "https://*.link.com",
			},
			image: []string{"https://*.stripe.com", "https://*.link.com"},
		}, nil
	}

	offline := slices.Compact([]string{script, api})
	return hosts{
		script:  offline[:1],
		connect: offline,
		frame:   offline,
		image:   offline[:1],
	}, nil
}

// CSP returns the Content-Security-Policy of the pages. It allows the shop's
// own files and Stripe's, but no inline scripts or styles, and no other site
// may frame the page.
func CSP(p Policy) (string, error) {
	h, err := p.hosts()
	if err != nil {
		return "", err
	}
	return p.csp(h, []string{"'self'"})
}

// csp returns a policy that allows hosts, styles and what the shop configured.
func (p Policy) csp(h hosts, ownStyles []string) (string, error) {
	images, errImages := sources(append([]string{"'self'", "data:"}, h.image...), p.Images)
	styles, errStyles := sources(ownStyles, p.Styles)
	fonts, errFonts := sources([]string{"'self'"}, p.Fonts)

	// Stripe.js fetches the style sheets that are passed to elements() as
	// fonts.
	connect, _ := sources(append([]string{"'self'"}, h.connect...), p.Styles)

	if err := errors.Join(errImages, errStyles, errFonts); err != nil {
		return "", err
	}

	return strings.Join([]string{
		"default-src 'none'",
		"script-src " + strings.Join(append([]string{"'self'"}, h.script...), " "),
		"style-src " + styles,
		"img-src " + images,
		"font-src " + fonts,
		"connect-src " + connect,
		"frame-src " + strings.Join(h.frame, " "),
		"form-action 'self'",
		"frame-ancestors 'none'",
		"base-uri 'none'",
		"object-src 'none'",
	}, "; "), nil
}

// connectJS is the origin of the real Connect.js.
const connectJS = "https://connect-js.stripe.com"

// emptyStyle is the hash of an empty <style>, which Connect.js adds.
const emptyStyle = "'sha256-0hAheEzaMe6uXIKV4EehS9pu1am1lj/KnnzrOYqckXk='"

// DashboardCSP returns the Content-Security-Policy of the page with Connect's
// embedded components, which need other hosts than Stripe.js
// (https://docs.stripe.com/connect/get-started-connect-embedded-components#csp-and-http-header-requirements).
func DashboardCSP(p Policy) (string, error) {
	h, err := p.hosts()
	if err != nil {
		return "", err
	}

	if h.script[0] == stripeJS {
		own := []string{connectJS, stripeJS}
		h = hosts{script: own, frame: own, image: []string{"https://*.stripe.com"}}
	}

	return p.csp(h, []string{"'self'", emptyStyle})
}

// sources returns list with the origins of addresses added, without duplicates,
// as a header value.
func sources(list, addresses []string) (string, error) {
	for _, a := range addresses {
		origin, err := originOf(a)
		if err != nil {
			return "", err
		}
		if !slices.Contains(list, origin) {
			list = append(list, origin)
		}
	}
	return strings.Join(list, " "), nil
}

// originOf returns the scheme and host of a URL. The result is safe to use in a
// header.
func originOf(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" ||
		strings.ContainsAny(u.Host, "'\"; ,*") {
		return "", fmt.Errorf("policy: %q is not a web address", raw)
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

// permissions returns the Permissions-Policy. It lets Stripe's frames request
// payment (Apple Pay, Google Pay) and denies what a checkout never needs. It
// lists the frames of the page itself only: the wallets' frames are inside
// Stripe's, which delegate the permission
// (https://www.w3.org/TR/permissions-policy/#define-inherited-policy-in-container).
func permissions(p Policy) (string, error) {
	h, err := p.hosts()
	if err != nil {
		return "", err
	}
	scripts := slices.DeleteFunc(h.script, func(origin string) bool { return origin == stripeMaps })
	frames := `"` + strings.Join(scripts, `" "`) + `"`
	return "payment=(self " + frames + "), camera=(), microphone=(), geolocation=(), usb=()", nil
}

// SecurityHeaders sets the headers that protect pages on every response. A
// handler may overwrite them. In live mode, responses over https also tell the
// browser to use https only from then on.
func SecurityHeaders(p Policy, live bool) (func(http.Handler) http.Handler, error) {
	csp, err := CSP(p)
	if err != nil {
		return nil, err
	}

	payment, err := permissions(p)
	if err != nil {
		return nil, err
	}

	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Security-Policy", csp)
			h.Set("Permissions-Policy", payment)
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("X-Frame-Options", "DENY")

			// The return page's address contains the intent's client
			// secret. Other sites see the origin at most.
			h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")

			// Pages that open ours in a window cannot reach it. Windows that
			// Stripe.js opens for wallets and banks still report back.
			h.Set("Cross-Origin-Opener-Policy", "same-origin-allow-popups")

			if live && httpio.IsHTTPS(r) {
				h.Set("Strict-Transport-Security", "max-age=31536000")
			}

			next.ServeHTTP(w, r)
		})
	}, nil
}
