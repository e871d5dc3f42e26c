package pages_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestEveryPageInEveryStateAndLanguage(t *testing.T) {
	t.Parallel()
	for _, live := range []bool{false, true} {
		p := newPages(t, func(c *pages.Config) { c.Sandbox, c.Live, c.LogoURL = !live, live, "https://cdn.example/logo.svg" })
		for _, language := range []string{"en", "fr"} {
			for _, v := range views() {
				w := get(t, p, v, language)
				t.Run(v.name+" in "+language, func(t *testing.T) {
					t.Parallel()
					checkPage(t, w, language, !live)
				})
			}
		}
	}
}

// checkPage checks what every page guarantees.
func checkPage(t *testing.T, w *httptest.ResponseRecorder, language string, sandbox bool) {
	t.Helper()
	body := w.Body.String()
	all := parse(t, body)

	if h := w.Header(); h.Get("Content-Type") != "text/html; charset=utf-8" || h.Get("Cache-Control") != "no-store" || h.Get("Content-Language") != language {
		t.Errorf("got headers %v", h)
	}
	if all[0].attr["lang"] != language {
		t.Errorf("got lang %q, want %q", all[0].attr["lang"], language)
	}
	if has(all, "sandbox-banner") != sandbox {
		t.Errorf("sandbox banner: got %v, want %v", !sandbox, sandbox)
	}
	if n := len(find(all, named("h1"))); n != 1 {
		t.Errorf("got %d h1, want 1", n)
	}
	if strings.Contains(body, "ZgotmplZ") && !strings.Contains(body, "onerror") {
		t.Error("the template filtered a value that is not hostile")
	}

	seen := map[string]bool{}
	for _, n := range all {
		checkElement(t, n)
		if n.name == "input" && !labelled(all, n) {
			t.Errorf("an input has no label: %v", n.attr)
		}

		if id := n.attr["id"]; id != "" && seen[id] {
			t.Errorf("two elements have the id %q", id)
		} else {
			seen[id] = true
		}
	}

	for _, part := range []string{"title", "h1", "main"} {
		if n := find(all, named(part)); len(n) != 1 || strings.TrimSpace(n[0].text) == "" {
			t.Errorf("got %d <%s>, or an empty one", len(n), part)
		}
	}
}

// checkElement checks the rules of the CSP (nothing inline), that hostile names
// are still text, and that controls have names.
func checkElement(t *testing.T, n *node) {
	t.Helper()
	for a := range n.attr {
		if a == "style" || strings.HasPrefix(a, "on") {
			t.Errorf("<%s> has the inline attribute %s", n.name, a)
		}
	}

	switch n.name {
	case "style":
		t.Error("there is an inline style")
	case "script":
		if n.attr["src"] == "" && n.attr["type"] != "application/json" {
			t.Errorf("there is an inline script: %.80s", n.text)
		}

	case "img":
		if _, ok := n.attr["alt"]; !ok || n.attr["src"] == "x" || strings.HasPrefix(n.attr["src"], "javascript:") {
			t.Errorf("got img %v", n.attr)
		}

	case "a", "button", "summary":
		if n.label() == "" && n.parent.parent.name != "template" && n.attr["class"] != "remove" {
			t.Errorf("<%s %v> has no name", n.name, n.attr)
		}

	case "section":
		if n.attr["aria-labelledby"] == "" && n.attr["id"] != "order-state" {
			t.Errorf("a section has no label: %v", n.attr)
		}
	}

	if href := n.attr["href"]; n.name == "a" && href != "" && href[0] != '/' && href[0] != '#' {
		t.Errorf("a link leaves the site: %q", href)
	}
}

// labelled reports whether an input has a name of its own or a label.
func labelled(all []*node, input *node) bool {
	inside := input.parent.name == "label"
	return inside || input.attr["aria-label"] != "" || len(find(all, func(n *node) bool {
		return n.name == "label" && n.attr["for"] == input.attr["id"]
	})) == 1
}

func TestCheckoutShowsTheFormOnlyWhileTheOrderCanBePaid(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	for _, tt := range []struct {
		status, payment string
		state           string // "" for the form
	}{
		{"open", "unpaid", ""}, {"open", "failed", ""}, {"open", "requires_action", ""},
		{"open", "checking", "progress"}, {"open", "processing", "progress"},
		{"authorized", "authorized", "authorized"}, {"paid", "paid", "paid"}, {"paid", "refunded", "paid"},
		{"review", "review", "review"}, {"expired", "unpaid", "expired"}, {"canceled", "unpaid", "canceled"},
		{"something new", "", "review"},
	} {
		t.Run(tt.status+" "+tt.payment, func(t *testing.T) {
			t.Parallel()
			all := parse(t, get(t, p, checkout(order(tt.status, tt.payment)), "en").Body.String())
			if got := has(all, "payment-form"); got != (tt.state == "") {
				t.Fatalf("form: got %v", got)
			}
			if got := has(all, "stripe-js"); got != (tt.state == "") {
				t.Errorf("Stripe.js: got %v", got)
			}
			if tt.state == "" {
				return
			}
			if got := byID(t, all, "order-state").attr["data-state"]; got != tt.state {
				t.Errorf("got state %q, want %q", got, tt.state)
			}
		})
	}
}

func TestCompleteTellsTheOrdersState(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	for _, tt := range []struct {
		status, payment, state, poll string
		refresh, receipt             bool
	}{
		{"open", "checking", "checking", "fast", true, false},
		{"open", "paid", "checking", "fast", true, false},
		{"open", "requires_action", "requires_action", "fast", true, false},
		{"open", "processing", "processing", "slow", false, false},
		{"open", "unpaid", "unpaid", "slow", false, false},
		{"open", "failed", "failed", "slow", false, false},
		{"authorized", "authorized", "authorized", "", false, false},
		{"paid", "paid", "paid", "", false, true},
		{"paid", "failed", "paid", "", false, true},
		{"paid", "refunded", "refunded", "", false, true},
		{"paid", "partially_refunded", "partly_refunded", "", false, true},
		{"paid", "review", "review", "", false, false},
		{"review", "paid", "review", "", false, false},
		{"expired", "unpaid", "expired", "", false, false},
		{"canceled", "failed", "canceled", "", false, false},
	} {
		t.Run(tt.status+" "+tt.payment, func(t *testing.T) {
			t.Parallel()
			body := get(t, p, complete(order(tt.status, tt.payment)), "en").Body.String()
			all := parse(t, body)
			if got := byID(t, all, "order-state").attr["data-state"]; got != tt.state {
				t.Errorf("got state %q, want %q", got, tt.state)
			}
			if got := strings.Contains(body, `http-equiv="refresh"`); got != tt.refresh {
				t.Errorf("refresh without scripts: got %v", got)
			}
			if got := has(all, "print-button"); got != tt.receipt {
				t.Errorf("print button: got %v", got)
			}
			if got := data(t, all)["poll"]; got != tt.poll {
				t.Errorf("got poll %q, want %q", got, tt.poll)
			}
		})
	}
}

// data returns the JSON for the page's script.
func data(t *testing.T, all []*node) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(byID(t, all, "page-data").text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestHostileNamesReachTheScriptUnharmed(t *testing.T) {
	t.Parallel()
	v := shop("hostile", catalog{products: []orders.Product{{
		SKU:      "x",
		Name:     hostile,
		Currency: "jpy",
		Prices:   map[string]int64{"jpy": 500},
	}}})

	all := parse(t, get(t, newPages(t, nil), v, "en").Body.String())
	product := data(t, all)["products"].([]any)[0].(map[string]any)
	if product["name"] != hostile || product["prices"].(map[string]any)["jpy"].(map[string]any)["decimals"] != 0.0 {
		t.Errorf("got %v", product)
	}
}

func TestTheLanguageIsTheBrowsersFirstThatWeSpeak(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	for _, tt := range []struct{ header, lang, locale string }{
		{"", "en", "en"},
		{"fr", "fr", "fr"},
		{"fr-CA,en;q=0.5", "fr", "fr-CA"},
		{"de-DE,de;q=0.9,fr;q=0.5,en;q=0.4", "de", "de-DE"},
		{"zh-CN,zh;q=0.9,fr;q=0.5", "fr", "fr"},
		{"en;q=0.5,fr;q=0.9", "fr", "fr"},
		{"en-GB-oxendict", "en", "en-GB"},
		{"de-AT", "de", "de-AT"},
		{"*", "en", "en"},
		{"<script>,;;;", "en", "en"},
		{strings.Repeat("fr,", 5000), "fr", "fr"},
	} {
		t.Run(tt.header[:min(len(tt.header), 20)], func(t *testing.T) {
			t.Parallel()
			all := parse(t, get(t, p, checkout(order("open", "unpaid")), tt.header).Body.String())
			d := data(t, all)
			if d["lang"] != tt.lang || d["locale"] != tt.locale {
				t.Errorf("got %v %v, want %s %s", d["lang"], d["locale"], tt.lang, tt.locale)
			}
		})
	}
}

// Names and addresses of people are in any language: on a page from right to
// left they stand isolated, so that nothing around moves into them.
func TestAPageFromRightToLeftIsolatesNames(t *testing.T) {
	t.Parallel()
	o := withGoods(order("paid", "paid"))
	o.Contact.Email = "ada@buyer.example"
	page := get(t, newPages(t, nil), complete(o), "ar").Body.String()
	all := parse(t, page)
	if got := find(all, named("html"))[0].attr; got["lang"] != "ar" || got["dir"] != "rtl" {
		t.Errorf("got %v", got)
	}

	for _, text := range []string{o.Contact.Email, o.Items[0].Name} {
		if !strings.Contains(page, "<bdi>"+text+"</bdi>") {
			t.Errorf("%s is not isolated", text)
		}
	}
}

func TestAnErrorPageSpeaksTheBuyersLanguage(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	known := fault.New(fault.NotFound, "order_not_found", "There is no such order, or it is not yours to see.")

	unknown := fault.New(fault.Conflict, "never_heard_of", "An English sentence.")
	for _, tt := range []struct {
		name, language string
		f              *fault.Error
		want           string
	}{
		{"English shows the fault's words", "en", known, known.Message},
		{"French shows its own for a known code", "fr", known, "appartient à un autre acheteur"},
		{"French shows general words otherwise", "fr", unknown, "La demande n’a pas pu être exécutée."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := get(t, p, failure(http.StatusConflict, tt.f), tt.language)
			text := byID(t, parse(t, w.Body.String()), "error-page").text
			if w.Code != http.StatusConflict || !strings.Contains(text, tt.want) {
				t.Errorf("got %d %q, want %q in it", w.Code, text, tt.want)
			}
			if tt.language == "fr" && strings.Contains(text, tt.f.Message) {
				t.Errorf("got English words in %q", text)
			}
		})
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	p := newPages(t, func(c *pages.Config) { c.Form.SaveMethods = false })
	hash := regexp.MustCompile(`/static/[0-9a-f]{16}/`)
	for _, tt := range []struct {
		file, language string
		v              view
	}{
		{"shop.en.html", "en-GB", shop("golden", catalog{products: []orders.Product{mug}})},
		{"checkout.fr.html", "fr", checkout(order("open", "unpaid"))},
		{"checking.en.html", "en", complete(order("open", "checking"))},
		{"receipt.fr.html", "fr", complete(order("paid", "paid"))},
		{"not-found.en.html", "en", failure(404, fault.New(fault.NotFound, "not_found", "There is nothing at this address."))},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			got := hash.ReplaceAllString(get(t, p, tt.v, tt.language).Body.String(), "/static/HASH/")
			file := filepath.Join("testdata", tt.file)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}

			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the page differs from %s; look at the difference and run the test with -update", file)
			}
		})
	}
}

func TestNewRefusesAConfigurationThatCannotWork(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]pages.Config{
		"no Stripe.js": {BrandName: "X"},
		"a named color": {
			BrandName: "X",
			ScriptURL: "https://js.stripe.com/v3",
			Theme:     pages.Theme{Light: pages.Colors{Primary: "red"}},
		},
		"a short color": {
			BrandName: "X",
			ScriptURL: "https://js.stripe.com/v3",
			Theme:     pages.Theme{Light: pages.Colors{Primary: "#fff"}},
		},
		"style injected": {
			BrandName: "X",
			ScriptURL: "https://js.stripe.com/v3",
			Theme:     pages.Theme{Light: pages.Colors{Primary: "#12345}"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := pages.New(cfg); err == nil {
				t.Error("got no error")
			}
		})
	}
}

// The page shows why a payment failed, in the buyer's language if there is a
// text for it, also after a reload.
func TestRefusal(t *testing.T) {
	t.Parallel()
	noFunds := fault.New(fault.Declined, "payment_declined", "Your card has insufficient funds.")
	noFunds.Payment = &fault.Payment{
		Type:        "card_error",
		Code:        "card_declined",
		DeclineCode: "insufficient_funds",
	}

	strange := fault.New(fault.Declined, "never_heard_of", "Something new.")
	for _, tt := range []struct {
		name, language string
		refusal        *fault.Error
		want           string
	}{
		{"English has Stripe's words", "en", noFunds, "Your card has insufficient funds."},
		{"French has its own", "fr", noFunds, "Les fonds disponibles sur votre carte sont insuffisants."},
		{"an unknown code keeps its words", "fr", strange, "Something new."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := order("open", "failed")
			p := newPages(t, nil)
			for _, v := range []view{checkoutAfter(o, tt.refusal), completeAfter(o, tt.refusal)} {
				if body := get(t, p, v, tt.language).Body.String(); !strings.Contains(body, tt.want) {
					t.Errorf("%s does not say %q", v.name, tt.want)
				}
			}
		})
	}
}

// After a failed payment the form opens with what was tried, also where the
// shop's form opens with nothing chosen. Otherwise Stripe orders the methods.
func TestTheTriedMethodComesFirst(t *testing.T) {
	t.Parallel()
	collapsed := true
	p := newPages(t, func(c *pages.Config) { c.Form.Layout = pages.Layout{Type: "tabs", DefaultCollapsed: &collapsed} })
	config := func(k known) string {
		v := view{"config", func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
			return p.Knowing(k).ServeConfig(w, r)
		}}
		return get(t, p, v, "en").Body.String()
	}

	failed := known{order: order("open", "failed"), refusal: fault.New(fault.Declined, "payment_declined", "No."), tried: "ideal"}
	for name, c := range map[string]struct {
		known
		want string
	}{
		"after a failure": {failed, `"layout":{"type":"tabs","defaultCollapsed":false},"business":{"name":"Atelier Lumen"},` +
			`"paymentMethodOrder":["ideal"]}`},
		"before any": {known{order: order("open", "unpaid")},
			`"layout":{"type":"tabs","defaultCollapsed":true},"business":{"name":"Atelier Lumen"}}`},
	} {
		if body := config(c.known); !strings.Contains(body, c.want) {
			t.Errorf("%s: %s does not have %s", name, body, c.want)
		}
	}
}
