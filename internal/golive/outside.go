package golive

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Outside is the shop as it looks from outside.
type Outside struct {
	Page Page   // of the public address
	HTTP Page   // of the same address without TLS
	Hook []Hook // the answers to webhooks, one for each secret
}

// Page is an answer to a GET, or why there was none.
type Page struct {
	Status    int
	Location  string
	Policy    []string // the Content-Security-Policy headers
	Strict    string   // the Strict-Transport-Security header
	RequestID string
	CertEnds  time.Time // of the certificate; zero without TLS
	Err       error
}

// Hook is the answer to a webhook that is signed, but no event.
type Hook struct {
	Option   string // that holds the secret
	Status   int
	Code     string // of the problem
	Location string
	Err      error
}

// HookSecret is a secret of webhooks with the option that holds it.
type HookSecret struct {
	Option, Value string
}

// Canary is what a request carries that no log may hold.
type Canary struct {
	Email, Card, Secret string
}

// newCanary returns values that nobody else has.
func newCanary() Canary {
	id := strings.ToLower(rand.Text())
	return Canary{
		Email:  "golive-" + id + "@canary.example",
		Card:   testCard(),
		Secret: "pi_golive" + id + "_secret_" + id,
	}
}

// testCard returns a card number that cannot be charged: it begins as those of
// Visa's for tests do, and its last digit is the sum that makes it look real.
func testCard() string {
	var random [8]byte
	rand.Read(random[:]) //nolint:errcheck // it never fails: https://pkg.go.dev/crypto/rand#Read
	number := "4242424"
	for _, b := range random {
		number += string('0' + b%10)
	}

	sum := 0
	for i := range len(number) { // the Luhn sum, seen from the end
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}

		sum += d
	}

	return number + strconv.Itoa((10-sum%10)%10)
}

// probeTimeout bounds each request to our own address.
const probeTimeout = 15 * time.Second

// LookFromOutside asks the shop at its public address, as a browser and as
// Stripe would. The requests change nothing: the page is that of an order that
// does not exist, and the webhook is refused because it is no event.
func LookFromOutside(
	ctx context.Context, client *http.Client, s Setup, secrets []HookSecret, c Canary, now func() time.Time,
) (o Outside) {
	plain := *client
	plain.Timeout = probeTimeout
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	page := s.BaseURL + "/complete?" + url.Values{
		"order":                        {"ord_golive"},
		"payment_intent_client_secret": {c.Secret},
		"email":                        {c.Email},
		"card":                         {c.Card},
	}.Encode()

	o.Page = getPage(ctx, &plain, page)

	if rest, ok := strings.CutPrefix(s.BaseURL, "https://"); ok {
		o.HTTP = getPage(ctx, &plain, "http://"+rest+"/")
	}

	for _, secret := range secrets {
		o.Hook = append(o.Hook, sendHook(ctx, &plain, s.WebhookURL, secret, now()))
	}

	return o
}

func getPage(ctx context.Context, client *http.Client, address string) (p Page) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		p.Err = err
		return p
	}

	req.Header.Set("Accept", "text/html")

	resp, err := client.Do(req)
	if err != nil {
		p.Err = withoutAddress(err)
		return p
	}
	defer func() { _ = resp.Body.Close() }()

	p.Status, p.Location = resp.StatusCode, resp.Header.Get("Location")
	p.Policy = resp.Header.Values("Content-Security-Policy")
	p.Strict = resp.Header.Get("Strict-Transport-Security")
	p.RequestID = resp.Header.Get("Request-Id")

	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 {
		p.CertEnds = resp.TLS.PeerCertificates[0].NotAfter
	}

	return p
}

// withoutAddress returns the cause of a client's error, which would repeat the
// address with the canary.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// sendHook sends a body that is no event, with a good signature. A server that
// gets it byte for byte says that it is no event; one that gets other bytes, or
// has another secret, says that the signature is wrong. Neither stores
// anything.
func sendHook(ctx context.Context, client *http.Client, address string, secret HookSecret, now time.Time) (h Hook) {
	h.Option = secret.Option

	// What proxies like to change: white space, escapes and what is not ASCII.
	body := `{ "probe":"golive",  "text":"é\u00e9 <&>", ` + "\n" + `"number": 1.50 }`
	at := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret.Value))
	_, _ = io.WriteString(mac, at+"."+body) // a hash returns no errors

	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		h.Err = err
		return h
	}

	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Stripe-Signature", "t="+at+",v1="+hex.EncodeToString(mac.Sum(nil)))

	resp, err := client.Do(req)
	if err != nil {
		h.Err = withoutAddress(err)
		return h
	}
	defer func() { _ = resp.Body.Close() }()

	h.Status, h.Location = resp.StatusCode, resp.Header.Get("Location")
	var problem struct {
		Code string `json:"code"`
	}
	_ = json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&problem) // a proxy's page has no code
	h.Code = problem.Code

	return h
}

// isCertificate reports whether an error says that a certificate is not good.
func isCertificate(err error) bool {
	var verify *tls.CertificateVerificationError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &verify) || errors.As(err, &host) || errors.As(err, &invalid) || errors.As(err, &unknown)
}

// describe returns the status of an answer as a text.
func describe(status int, location string) string {
	if location != "" {
		return fmt.Sprintf("%d, a redirect to %s", status, location)
	}
	return strconv.Itoa(status)
}
