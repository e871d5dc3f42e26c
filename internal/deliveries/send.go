package deliveries

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"checkoutd/internal/tracing"
)

// The headers of a webhook.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// Sender sends signed webhooks. It is safe for concurrent use.
type Sender struct {
	plain, secure *http.Client // for http and https
	agent         string
	now           func() time.Time
}

// The limits of a request. An endpoint shall store what it gets and answer, and
// work afterwards.
const (
	answerTime = 15 * time.Second // for everything up to the head of the answer
	bodyTime   = 2 * time.Second  // for the body of the answer
	maxHead    = 16 << 10
	maxBody    = 16 << 10 // what is read of an answer, so that its connection can be used again
	maxExcerpt = 300      // characters
)

// NewSender returns a Sender that reaches public addresses and the networks.
func NewSender(n Networks, version string, now func() time.Time) *Sender {
	return &Sender{
		plain:  newClient(n, true),
		secure: newClient(n, false),
		agent:  "checkoutd/" + version,
		now:    now,
	}
}

// newClient returns a client without a proxy, which would connect in place of
// the guarded dialer. It follows no redirect.
func newClient(n Networks, plain bool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            n.dialer(plain).DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    connectTime,
			MaxResponseHeaderBytes: maxHead,
			DisableCompression:     true,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    workers,
			IdleConnTimeout:        time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// answer is the outcome of a request.
type answer struct {
	Try
	retryAfter time.Duration // 0 if the endpoint asks for nothing
}

// ok reports whether the endpoint has taken the delivery.
func (t Try) ok() bool { return t.Status >= 200 && t.Status < 300 }

// OK reports whether the endpoint has taken the delivery.
func (t Try) OK() bool { return t.ok() }

// send sends a body under an ID to an endpoint, once.
func (s *Sender) send(ctx context.Context, e *Endpoint, id string, body []byte) answer {
	began, sentAt := time.Now(), s.now()
	a := answer{Try: Try{At: sentAt}}

	signature, err := sign(e.signing(sentAt), id, sentAt, body)
	if err == nil {
		head := http.Header{
			"Content-Type":  {"application/json"},
			"User-Agent":    {s.agent},
			HeaderID:        {id},
			HeaderTimestamp: {strconv.FormatInt(sentAt.Unix(), 10)},
			HeaderSignature: {signature},
		}
		if trace := tracing.Traceparent(ctx); trace != "" {
			head.Set("Traceparent", trace) // the shop's work joins the purchase's trace
		}

		err = s.exchange(ctx, e.URL, head, body, &a)
	}

	if err != nil {
		a.Status, a.Problem = 0, problemOf(err)
	}

	// A receiver that answers with what it got must not bring the signature
	// into the log.
	a.Excerpt = strings.ReplaceAll(a.Excerpt, signature, "…")
	a.Took = time.Since(began)

	return a
}

// sign returns the signatures of a message, one for each secret.
func sign(secrets []Secret, id string, at time.Time, body []byte) (string, error) {
	var list []string
	for _, secret := range secrets {
		if err := CheckSecret(secret.Value); err != nil {
			return "", err
		}

		w, err := standardwebhooks.NewWebhook(secret.Value)
		if err != nil {
			return "", err
		}
		signature, err := w.Sign(id, at, body)
		if err != nil {
			return "", err
		}

		list = append(list, signature)
	}

	if len(list) == 0 {
		return "", errors.New("the endpoint has no signing secret")
	}

	return strings.Join(list, " "), nil
}

// Verify returns an error unless one of the endpoint's secrets signed a
// webhook, within the last five minutes.
func (e *Endpoint) Verify(head http.Header, body []byte) error {
	err := errors.New("the endpoint has no signing secret")
	for _, secret := range e.Secrets {
		var w *standardwebhooks.Webhook
		if w, err = standardwebhooks.NewWebhook(secret.Value); err == nil {
			err = w.Verify(body, head)
		}
		if err == nil {
			return nil
		}
	}
	return err
}

// exchange makes the request and reads the answer.
func (s *Sender) exchange(ctx context.Context, address string, head http.Header, body []byte, a *answer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	limit := time.AfterFunc(answerTime, func() { cancel(errNoAnswer) })
	defer limit.Stop()

	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = head

	client := s.secure
	if req.URL.Scheme == "http" {
		client = s.plain
	}

	res, err := client.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	defer func() { _ = res.Body.Close() }()

	// The status decides; the body is only for the log.
	limit.Stop()
	defer time.AfterFunc(bodyTime, func() { cancel(errNoAnswer) }).Stop()

	a.Status = res.StatusCode
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if !a.ok() {
		a.Excerpt = excerpt(text)
		a.retryAfter = retryAfter(res.Header.Get("Retry-After"), s.now())
	}

	return nil
}

var errNoAnswer = errors.New("no answer within 15 seconds")

// excerpt returns the beginning of an answer as one line of text.
func excerpt(body []byte) string {
	line := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(string(body), "\uFFFD"))

	text := []rune(strings.Join(strings.Fields(line), " "))
	return string(text[:min(len(text), maxExcerpt)])
}

// retryAfter returns the delay that a Retry-After header asks for, seconds or a
// date, 0 for none.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), int(patience/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), patience)
	}
	return 0
}

// problemOf returns why there was no answer, without the endpoint's address,
// whose query may hold a secret.
func problemOf(err error) string {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errNotPublic), errors.Is(err, errPlain), errors.Is(err, errNoAnswer):
		return cmp.Or(unwrapped(err, errNotPublic, errPlain, errNoAnswer), "refused")
	case errors.As(err, &dns):
		return "the name could not be looked up"
	case errors.As(err, &certificate):
		return "the certificate is not valid for this name"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return errNoAnswer.Error()
	case errors.Is(err, context.Canceled):
		return "the server was stopped"
	}

	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return "the connection failed"
	}

	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	return excerpt([]byte(err.Error()))
}

// unwrapped returns the text of the first of the errors that err is.
func unwrapped(err error, list ...error) string {
	for _, one := range list {
		if errors.Is(err, one) {
			return one.Error()
		}
	}
	return ""
}
