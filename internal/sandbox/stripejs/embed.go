// Package stripejs holds the browser side of the offline Stripe: the stand-ins
// for Stripe.js and Connect.js, and the pages of the 3D Secure challenge and of
// redirect payment methods. It owns these files and nothing else; the sandbox's
// API serves them.
//
// # Files of FS
//
//	stripe.js      served as /v3, /v3/ and /v3/stripe.js, and as
//	               /<release train>/stripe.js, which fixes Stripe.version
//	connect.js     served as /v1.0/connect.js
//	3ds.html       served as /3ds/{intent}?client_secret=
//	redirect.html  served as /redirect/{intent}?client_secret=
//	login.html     served as /v3/login.html: the login of embedded components
//	login.js       served as /v3/login.js
//	page.css       served as /v3/page.css, used by all pages
//	page.js        served as /v3/page.js, used by both pages; it formats
//	               amounts with src/ground/money.js
//
// stripe.js is one classic script that sets window.Stripe at once and calls the
// origin that it was loaded from; connect.js does the same for
// window.StripeConnect. Their parts lie in src/ and are joined inside
// one function when the program starts: there is no build step, and the host
// page gets no other global. The parts share one scope; the variables parts and
// connectParts below name their order and what it depends on:
//
//	ground/    errors, events, DOM helpers, amounts, texts, API requests
//	checks/    checks of arguments and options
//	look/      style sheets, the Appearance API, fonts
//	fields/    cards, IBANs and postal codes; the labelled input
//	elements/  the four elements and the group that holds them
//	wallet/    the payment sheet of a test wallet
//	client/    dialogs, next actions, tokens, and Stripe() itself
//	connect/   the embedded components and StripeConnect.init
//
// # Differences from Stripe.js that matter to tests
//
// Stripe.js puts its inputs into iframes. The stand-in puts them into an open
// shadow root in the page itself, so that a browser test reaches them in one
// step:
//
//	document.querySelector('[data-stripe-element=payment]').shadowRoot
//		.querySelector('[name=number]')
//
// These names are stable:
//
//   - The Payment Element has the inputs number, expiry, cvc, country, postal,
//     name, email, iban and save (a check box).
//   - The Address Element has name, firstName, lastName, line1, line2, city,
//     state, postal, phone and country; country is missing where only one is
//     allowed.
//   - The Link Authentication Element has email.
//   - The error of an input is in [data-field=number] .Error.
//   - Payment methods are [data-method=card] and so on, each a tab or a radio
//     button. Saved methods are [data-saved-method=pm_...] or
//     [data-saved-method=new], with [data-remove] and [data-confirm-remove].
//   - Express buttons are [data-express=google_pay] and so on.
//   - The challenge and the wallet's sheet are in the shadow root of
//     [data-stripe-dialog], with [data-action=close].
//   - The challenge has iframe[data-loaded] once its page is loaded: wait for
//     that before reaching into it. Its page has the buttons #pass and #fail.
//   - The sheet has [data-action=pay], enabled once the page has accepted the
//     address and the rate; the radio buttons wallet-address and wallet-rate
//     (value = the rate's ID); and, inside its <details>, the inputs
//     wallet-name, -email, -phone, -country, -line1, -line2, -city, -state and
//     -postal_code. It closes as soon as the token exists.
//
// Embedded components have open shadow roots too: [data-payment=pi_...] opens a
// payment, [data-action=refund] and so on are buttons by the names of their
// texts, [data-status] is a status, and fields have the names of the API.
//
// The scripts use constructable style sheets and set properties only, so a host
// page needs no 'unsafe-inline'. Its CSP must name the sandbox's origin in
// script-src, connect-src and frame-src.
package stripejs

import (
	"bytes"
	"embed"
	"encoding/json"
	"io/fs"
	"time"
)

//go:embed src
var sources embed.FS

//go:embed pages
var files embed.FS

// parts lists the files of src/ in the order in which Script joins them.
// Functions may call each other across all parts. Only what runs while the
// script loads needs its definition above it: a class its base class, and the
// table of elements its classes. So each folder stands on those before it, and
// within elements/ the base class comes first.
var parts = []string{
	"ground/core.js",
	"ground/money.js",
	"ground/texts.js",
	"ground/words.js",
	"ground/api.js",

	"checks/arguments.js",
	"checks/options.js",

	"look/elements.css",
	"look/dialog.css",
	"look/sheet.js",
	"look/appearance.js",
	"look/fonts.js",

	"fields/card.js",
	"fields/bank.js",
	"fields/field.js",

	"elements/element.js",
	"elements/methods.js",
	"elements/chooser.js",
	"elements/saved.js",
	"elements/payment.js",
	"elements/address.js",
	"elements/link.js",
	"elements/express.js",
	"elements/group.js",

	"wallet/buyer.js",
	"wallet/sheet.js",

	"client/dialog.js",
	"client/next-action.js",
	"client/token.js",
	"client/stripe.js",
}

// connectParts lists the files of the stand-in for Connect.js in the same way.
var connectParts = []string{
	"ground/core.js",
	"ground/money.js",
	"ground/api.js",

	"connect/connect.css",
	"look/sheet.js",
	"look/fonts.js",

	"connect/texts.js",
	"connect/session.js",
	"connect/element.js",
	"connect/payment.js",
	"connect/payments.js",
	"connect/panels.js",
	"connect/init.js",
}

// styleNames maps each style sheet of src/ to the constant that the other parts
// know it by. types.d.ts declares the constants for the type check.
var styleNames = map[string]string{
	"look/elements.css": "elementStyles",
	"look/dialog.css":   "dialogStyles",

	"connect/connect.css": "connectStyles",
}

// FS is the read-only file system described in the package comment. It is safe
// for concurrent use.
var FS fs.FS = assets{"stripe.js": Script(), "connect.js": join(connectParts), "page.js": pageScript()}

// Script returns the stand-in for Stripe.js.
func Script() []byte { return join(parts) }

// join returns files of src/, joined in one strict function.
func join(names []string) []byte {
	var script bytes.Buffer
	script.WriteString("(function () {\n'use strict';\n")

	for _, name := range names {
		script.WriteString("\n// --- " + name + "\n")

		if constant, isStyle := styleNames[name]; isStyle {
			writeString(&script, constant, read(sources, "src/"+name))
			continue
		}

		script.Write(read(sources, "src/"+name))
	}

	script.WriteString("})();\n")

	return script.Bytes()
}

// writeString writes a JavaScript constant that holds text.
func writeString(script *bytes.Buffer, name string, text []byte) {
	quoted, err := json.Marshal(string(text)) // every JSON string is a JavaScript one
	if err != nil {
		panic(err) // strings always marshal
	}

	script.WriteString("const " + name + " = " + string(quoted) + ";\n")
}

// pageScript returns the script of the two pages, which format amounts as the
// elements do.
func pageScript() []byte {
	return append(read(sources, "src/ground/money.js"), read(files, "pages/page.js")...)
}

// read returns an embedded file. Script runs when the package is initialized,
// so a name that does not exist stops every test.
func read(from embed.FS, name string) []byte {
	data, err := from.ReadFile(name)
	if err != nil {
		panic(err) // the names are constants of this file
	}

	return data
}

// assets holds the files that are joined when the program starts; all others
// come from the embedded files.
type assets map[string][]byte

func (a assets) Open(name string) (fs.File, error) {
	if script, joined := a[name]; joined {
		return &memoryFile{
			Reader: bytes.NewReader(script),
			name:   name,
			size:   int64(len(script)),
		}, nil
	}

	pages, err := fs.Sub(files, "pages")
	if err != nil {
		return nil, err
	}

	return pages.Open(name)
}

// memoryFile is a joined script as an open file. It can seek, which
// http.ServeContent needs.
type memoryFile struct {
	*bytes.Reader
	name string
	size int64
}

func (f *memoryFile) Stat() (fs.FileInfo, error) { return fileInfo{f.name, f.size}, nil }
func (f *memoryFile) Close() error               { return nil }

type fileInfo struct {
	name string
	size int64
}

func (i fileInfo) Name() string     { return i.name }
func (i fileInfo) Size() int64      { return i.size }
func (fileInfo) Mode() fs.FileMode  { return 0o444 }
func (fileInfo) ModTime() time.Time { return time.Time{} }
func (fileInfo) IsDir() bool        { return false }
func (fileInfo) Sys() any           { return nil }
