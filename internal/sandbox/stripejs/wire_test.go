package stripejs_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"checkoutd/internal/sandbox/stripejs"
)

// wire is the server behind the stand-in's requests: it records them and
// returns the responses that the test set.
type wire struct {
	*httptest.Server

	mu      sync.Mutex
	session map[string]any            // answer of GET /v1/elements/sessions
	intents map[string]map[string]any // by id
	answers map[string]answer         // by "METHOD /path", before anything else
	asked   []request
}

type answer struct {
	status int
	body   any
}

type request struct {
	line string // "POST /v1/confirmation_tokens"
	form url.Values
}

func newWire(t *testing.T) *wire {
	t.Helper()

	w := &wire{
		session: map[string]any{
			"object":        "elements_session",
			"session_id":    "elements_session_1",
			"business_name": "Tea House",
			"customer":      nil,
			"payment_method_preference": map[string]any{
				"ordered_payment_method_types": []string{"card"},
				"country_code":                 "FR",
			},
		},
		intents: map[string]map[string]any{},
		answers: map[string]answer{},
	}

	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Close)

	return w
}

func (w *wire) offer(country string, types ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session["payment_method_preference"] = map[string]any{
		"ordered_payment_method_types": types,
		"country_code":                 country,
	}
}

// saved adds a customer with methods and features to the session.
func (w *wire) saved(features map[string]any, methods ...map[string]any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session["customer"] = map[string]any{
		"payment_methods": methods,
		"customer_session": map[string]any{
			"components": map[string]any{"payment_element": map[string]any{"enabled": true, "features": features}},
		},
	}
}

// intent adds an intent; its client secret is id + "_secret_x".
func (w *wire) intent(id, status string, more map[string]any) {
	intent := map[string]any{
		"id": id, "object": "payment_intent", "status": status, "amount": 1099, "currency": "eur",
		"client_secret": id + "_secret_x", "payment_method_types": []string{"card"},
	}
	for key, value := range more {
		intent[key] = value
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	w.intents[id] = intent
}

// challengeFor returns the next_action of a card with use_stripe_sdk.
func (w *wire) challengeFor(id string) map[string]any {
	return map[string]any{"next_action": map[string]any{"type": "use_stripe_sdk", "use_stripe_sdk": map[string]any{
		"type":      "three_d_secure_redirect",
		"stripe_js": w.URL + "/3ds/" + id + "?client_secret=" + id + "_secret_x",
		"source":    "src_1",
	}}}
}

// calls returns the forms of all requests with this line.
func (w *wire) calls(line string) []url.Values {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []url.Values
	for _, r := range w.asked {
		if r.line == line {
			out = append(out, r.form)
		}
	}
	return out
}

func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	rw.Header().Set("Access-Control-Allow-Origin", "*")
	w.mu.Lock()
	defer w.mu.Unlock()

	line := r.Method + " " + r.URL.Path
	w.asked = append(w.asked, request{line, r.Form})

	if a, ok := w.answers[line]; ok {
		reply(rw, a.status, a.body)
		return
	}

	w.route(rw, r, line)
}

func (w *wire) route(rw http.ResponseWriter, r *http.Request, line string) {
	id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]

	switch {
	case strings.HasPrefix(line, "GET /v3/"):
		http.ServeFileFS(rw, r, stripejs.FS, id)
	case strings.HasSuffix(line, "/stripe.js"): // of a release train
		http.ServeFileFS(rw, r, stripejs.FS, "stripe.js")
	case line == "GET /fonts.css":
		rw.Header().Set("Content-Type", "text/css")
		_, _ = rw.Write(
			[]byte(
				"@font-face { font-family: 'Leaf'; src: url(leaf.woff2); font-weight: 400; " +
					"font-style: italic; font-display: swap } @font-face { font-family: Root; src: " +
					"local(Root) } p { color: red }",
			),
		)
	case strings.HasPrefix(line, "GET /3ds/"):
		http.ServeFileFS(rw, r, stripejs.FS, "3ds.html")
	case strings.HasPrefix(line, "GET /redirect/"):
		http.ServeFileFS(rw, r, stripejs.FS, "redirect.html")
	case strings.HasPrefix(line, "POST /3ds/"), strings.HasPrefix(line, "POST /redirect/"):
		w.decide(rw, id, r.Form)
	case line == "GET /v1/elements/sessions":
		reply(rw, http.StatusOK, w.session)
	case line == "POST /v1/confirmation_tokens":
		reply(rw, http.StatusOK, map[string]any{"id": "ctoken_1", "object": "confirmation_token"})
	case strings.HasPrefix(line, "GET /v1/payment_intents/"), strings.HasPrefix(line, "GET /v1/setup_intents/"):
		w.retrieve(rw, id, r.Form)
	default:
		reply(rw, http.StatusNotFound, stripeError("invalid_request_error", "", "Unrecognized request URL ("+line+")."))
	}
}

// decide ends a challenge or a redirect, as the sandbox does.
func (w *wire) decide(rw http.ResponseWriter, id string, form url.Values) {
	intent, ok := w.intents[id]
	if !ok || form.Get("client_secret") != intent["client_secret"] {
		reply(rw, http.StatusNotFound, stripeError("invalid_request_error", "resource_missing", "No such intent"))
		return
	}

	intent["next_action"] = nil
	if form.Get("outcome") == "pass" {
		intent["status"] = "succeeded"
	} else {
		intent["status"] = "requires_payment_method"
		intent["last_payment_error"] = map[string]any{
			"type": "invalid_request_error", "code": "payment_intent_authentication_failure",
			"message": "The provided PaymentMethod has failed authentication.",
		}
	}

	reply(rw, http.StatusOK, map[string]any{"status": intent["status"]})
}

func (w *wire) retrieve(rw http.ResponseWriter, id string, form url.Values) {
	intent, ok := w.intents[id]
	if !ok || form.Get("client_secret") != intent["client_secret"] || form.Get("key") == "" {
		reply(
			rw,
			http.StatusNotFound,
			stripeError("invalid_request_error", "resource_missing", "No such payment_intent: '"+id+"'"),
		)
		return
	}

	reply(rw, http.StatusOK, intent)
}

func stripeError(kind, code, message string) map[string]any {
	return map[string]any{"error": map[string]any{"type": kind, "code": code, "message": message}}
}

func reply(rw http.ResponseWriter, status int, body any) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(body)
}
