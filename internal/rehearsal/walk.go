package rehearsal

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// walk is a case while it runs. Its first error ends the case: what follows
// does nothing.
type walk struct {
	ctx       context.Context //nolint:containedctx // a case is one call, in many small steps
	cfg       Config
	transport http.RoundTripper
	first     int // number of the first buyer's address
	buyers    int
	charged   int // charges before the case
	err       error
}

// charges returns how many charges have succeeded since the case began.
func (w *walk) charges() int { return w.cfg.Stripe.Charged() - w.charged }

func (w *walk) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// reply is an answer of the shop, or of the offline Stripe.
type reply struct {
	status int
	body   map[string]any
}

// text returns a member of the answer, "" if it is none.
func (r reply) text(name string) string {
	s, _ := r.body[name].(string)
	return s
}

// code and message return those of a refusal, which is a problem document or
// looks like Stripe's errors.
func (r reply) code() string    { return r.said("code", "code") }
func (r reply) message() string { return r.said("detail", "message") }

func (r reply) said(problem, stripe string) string {
	if e, ok := r.body["error"].(map[string]any); ok {
		s, _ := e[stripe].(string)
		return s
	}
	return r.text(problem)
}

// refused reports whether the shop has refused a request as one of its own
// answers, not by accident.
func (r reply) refused() bool { return r.status >= 400 && r.status < 500 && r.code() != "" }

// String returns the answer in words.
func (r reply) String() string {
	if r.status < 400 {
		return strings.TrimSpace(fmt.Sprintf("the answer %d %s", r.status, r.text("status")))
	}
	text := fmt.Sprintf("the answer %d", r.status)
	if code := r.code(); code != "" {
		text += " " + code
	}
	return text + ": “" + r.message() + "”"
}

// answerTime bounds the wait for each answer of the shop: longer than the shop
// waits for Stripe.
const answerTime = 2 * time.Minute

// buyer is somebody with a browser.
type buyer struct {
	*walk
	http http.Client
	ip   string
}

// buyer returns a new buyer, whose address is nobody else's.
func (w *walk) buyer() *buyer {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.fail(err)
	}

	n := w.first + w.buyers
	w.buyers++
	return &buyer{
		walk: w,
		http: http.Client{
			Jar:           jar,
			Transport:     w.transport,
			Timeout:       answerTime,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		ip: fmt.Sprintf("198.51.%d.%d", 100+n/250, 1+n%250),
	}
}

// send sends a request. Not every body is JSON: what is none is left out.
func (b *buyer) send(method, address, kind string, body []byte, headers ...string) (r reply) {
	if b.err != nil {
		return r
	}

	req, err := http.NewRequestWithContext(b.ctx, method, address, bytes.NewReader(body))
	if err != nil {
		b.fail(err)
		return r
	}

	req.Header.Set("X-Forwarded-For", b.ip)
	if len(body) > 0 {
		req.Header.Set("Content-Type", kind)
	}

	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}

	resp, err := b.http.Do(req)
	if err != nil {
		b.fail(fmt.Errorf("%s %s got no answer", method, req.URL.Path))
		return r
	}
	defer func() { _ = resp.Body.Close() }()

	r.status = resp.StatusCode
	_ = json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&r.body) // a page is no JSON
	return r
}

// call sends JSON to the shop.
func (b *buyer) call(method, path string, body any) reply {
	text, err := json.Marshal(body)
	if err != nil {
		b.fail(err)
	}
	if body == nil {
		text = nil
	}
	return b.send(method, b.cfg.Shop+path, "application/json", text)
}

// backend sends JSON to the shop as its backend does.
func (w *walk) backend(method, path string, body any) reply {
	text, err := json.Marshal(body)
	if err != nil {
		w.fail(err)
	}
	if body == nil {
		text = nil
	}
	return w.buyer().send(method, w.cfg.Shop+path, "application/json", text, "Authorization", "Bearer "+w.cfg.APIKey)
}

// token creates a ConfirmationToken of a card as Stripe.js does for the page of
// an order.
func (b *buyer) token(o order, card string) string {
	form := url.Values{
		"key":                                                        {b.cfg.PublishableKey},
		"use_stripe_sdk":                                             {"true"},
		"client_context[mode]":                                       {o.mode},
		"client_context[setup_future_usage]":                         {o.reuse},
		"payment_method_data[type]":                                  {"card"},
		"payment_method_data[card][number]":                          {card},
		"payment_method_data[card][exp_month]":                       {"12"},
		"payment_method_data[card][exp_year]":                        {strconv.Itoa(b.cfg.Now().Year() + 4)},
		"payment_method_data[card][cvc]":                             {"123"},
		"payment_method_data[billing_details][name]":                 {"Rehearsal"},
		"payment_method_data[billing_details][email]":                {rehearsalEmail},
		"payment_method_data[billing_details][address][country]":     {"US"},
		"payment_method_data[billing_details][address][line1]":       {"1 Rehearsal Street"},
		"payment_method_data[billing_details][address][city]":        {"San Francisco"},
		"payment_method_data[billing_details][address][state]":       {"CA"},
		"payment_method_data[billing_details][address][postal_code]": {"94107"},
	}

	r := b.form(b.cfg.StripeOrigin+"/v1/confirmation_tokens", form)
	if b.err == nil && r.text("id") == "" {
		b.fail(fmt.Errorf("the form made no ConfirmationToken: %s", r))
	}

	return r.text("id")
}

const rehearsalEmail = "rehearsal@example.com"

func (b *buyer) form(address string, form url.Values) reply {
	return b.send(http.MethodPost, address, "application/x-www-form-urlencoded", []byte(form.Encode()))
}

// authenticate passes, fails or leaves the 3D Secure of a payment on the page
// of the buyer's bank.
func (b *buyer) authenticate(confirmed reply, outcome string) {
	secret := confirmed.text("client_secret")
	id, _, ok := strings.Cut(secret, "_secret_")
	if b.err == nil && (!ok || confirmed.text("status") != "requires_action") {
		b.fail(fmt.Errorf("no 3D Secure was asked for: %s", confirmed))
	}

	r := b.form(b.cfg.StripeOrigin+"/3ds/"+id, url.Values{"client_secret": {secret}, "outcome": {outcome}})
	if b.err == nil && r.status >= 400 {
		b.fail(fmt.Errorf("3D Secure could not be done: %s", r))
	}
}

// webhook sends an event as Stripe does, signed at a time.
func (w *walk) webhook(id, kind, secret string, at time.Time) reply {
	body := fmt.Sprintf(`{"id":%q,"object":"event","api_version":"2025-02-24.acacia","created":%d,"type":%q,`+
		`"livemode":false,"data":{"object":{"id":"x_rehearsal","object":"rehearsal"}}}`, id, at.Unix(), kind)

	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%d.%s", at.Unix(), body) // a hash returns no errors
	signature := fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))

	return w.buyer().send(http.MethodPost, w.cfg.Shop+"/webhooks/stripe", "application/json", []byte(body),
		"Stripe-Signature", signature)
}

// events returns the states of all events in the inbox.
func (w *walk) events() map[string]string {
	states, err := w.cfg.Inbox.States(w.ctx)
	if err != nil {
		w.fail(errors.New("the inbox cannot be read"))
	}
	return states
}

// until asks again and again until ok returns true, and reports whether it did
// in time.
func (w *walk) until(ok func() bool) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()

	deadline := time.NewTimer(w.cfg.Patience)
	defer deadline.Stop()

	for w.err == nil {
		if ok() {
			return true
		}

		select {
		case <-tick.C:
		case <-deadline.C:
			return false
		case <-w.ctx.Done():
			w.fail(errors.New("interrupted"))
		}
	}

	return false
}
