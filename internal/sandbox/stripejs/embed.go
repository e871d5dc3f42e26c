// Package stripejs holds the browser side of the offline Stripe: the stand-in for Stripe.js, the one for Connect.js, and
// the pages of the 3D Secure challenge and of redirect payment methods. It owns these files and nothing else; the
// sandbox's API serves them.
//
// # Files of FS
//
//	stripe.js      served as /v3, /v3/ and /v3/stripe.js (also /<train>/stripe.js, which fixes Stripe.version)
//	connect.js     served as /v1.0/connect.js
//	3ds.html       served as /3ds/{intent}?client_secret=
//	redirect.html  served as /redirect/{intent}?client_secret=
//	page.css       served as /v3/page.css, used by both pages
//	page.js        served as /v3/page.js, used by both pages; how amounts are written comes from src/
//
// stripe.js is one classic script that sets window.Stripe at once. Its parts lie in src/ and are joined in the order of
// their names, inside one function, when the program starts: no build step and no globals on the host page. It calls the
// origin that it was loaded from.
//
// # Differences from Stripe.js that matter to tests
//
// Stripe.js puts its inputs into iframes. The stand-in puts them into an open shadow root in the page itself, so that a
// browser test reaches them in one step:
//
//	document.querySelector('[data-stripe-element=payment]').shadowRoot.querySelector('[name=number]')
//
// Stable names of inputs: number, expiry, cvc, country, postal, name, email, iban, save (checkbox); the Address Element
// has name, firstName, lastName, line1, line2, city, state, postal, phone, country (unless one alone is allowed); Link
// Authentication has email. Methods are [data-method=card] and so on (tab or radio), saved methods [data-saved-method=pm_...] or
// [data-saved-method=new], with [data-remove] and [data-confirm-remove]; an input's error is in [data-field=number]
// .Error. Express buttons are [data-express=google_pay] and so on. The challenge and the wallets' sheet are in the shadow
// root of [data-stripe-dialog], with [data-action=close]. The sheet has [data-action=pay], enabled when the page has agreed
// to address and rate, radios wallet-address and wallet-rate (value = the rate's id), and, behind its summary, the inputs
// wallet-name, -email, -phone, -country, -line1, -line2, -city, -state, -postal_code; it is gone when the token is made. The
// challenge has iframe[data-loaded] once its page is there: wait for that before reaching into it. The pages' buttons have
// the ids pass and fail.
//
// Only constructable style sheets and property setting are used, so a host page needs no 'unsafe-inline'; its CSP must
// name the sandbox's origin in script-src, connect-src and frame-src.
package stripejs

import (
	"bytes"
	"embed"
	"io/fs"
	"time"
)

//go:embed src/*.js
var sources embed.FS

//go:embed pages connect.js
var files embed.FS

// FS is the read-only file system described in the package comment. It is safe for concurrent use.
var FS fs.FS = assets{"stripe.js": Script(), "page.js": pageScript()}

// Script gives the stand-in for Stripe.js: the parts of src/ joined by name in one strict function.
func Script() []byte {
	names, err := fs.Glob(sources, "src/*.js")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	var script bytes.Buffer
	script.WriteString("(function () {\n'use strict';\n")
	for _, name := range names {
		part, err := sources.ReadFile(name)
		if err != nil {
			panic(err) // embedded at compile time
		}
		script.WriteString("\n// --- " + name + "\n")
		script.Write(part)
	}
	script.WriteString("})();\n")
	return script.Bytes()
}

// pageScript gives the script of the pages, which writes amounts as the elements do.
func pageScript() []byte {
	money, err := sources.ReadFile("src/11-money.js")
	if err != nil {
		panic(err) // embedded at compile time
	}
	page, err := files.ReadFile("pages/page.js")
	if err != nil {
		panic(err) // embedded at compile time
	}
	return append(money, page...)
}

// assets holds what is joined when the program starts; all else comes from the embedded files.
type assets map[string][]byte

func (a assets) Open(name string) (fs.File, error) {
	if script, joined := a[name]; joined {
		return &memoryFile{Reader: bytes.NewReader(script), name: name, size: int64(len(script))}, nil
	}
	if name == "connect.js" {
		return files.Open(name)
	}
	pages, err := fs.Sub(files, "pages")
	if err != nil {
		return nil, err
	}
	return pages.Open(name)
}

// memoryFile is a joined script as an open file; it can seek, as http.ServeContent wants.
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
