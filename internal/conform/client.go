package conform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"checkoutd/internal/budget"
)

const (
	maxAnswer   = 4 << 20 // bytes
	maxRepeats  = 6       // of one request that Stripe could not take at the moment
	longestWait = 20 * time.Second
)

// client makes requests.
type client struct {
	http    *http.Client
	key     string
	version string
	account string
	base    string
	oauth   string
	budget  *budget.Budget
	pause   func(context.Context, time.Duration) error
	made    atomic.Int64 // requests
	lost    atomic.Bool  // the answer to one that may have created something
}

// errNoAnswer says that a request has no answer.
var errNoAnswer = errors.New("no answer")

// do makes a call whose placeholders are filled in. It repeats a request that
// Stripe refuses for its rate, or because an object is locked, which changed
// nothing (https://docs.stripe.com/rate-limits).
func (c *client) do(ctx context.Context, call Call) (answer, error) {
	for n := 0; ; n++ {
		got, err := c.once(ctx, call)
		if err != nil || got.status != http.StatusTooManyRequests || n == maxRepeats {
			return got, err
		}

		c.budget.Refused()
		if err := c.pause(ctx, waitOf(got.header, n)); err != nil {
			return answer{}, err
		}
	}
}

// waitOf returns how long to wait before a request is repeated for the nth
// time.
func waitOf(header http.Header, n int) time.Duration {
	wait := time.Second << n
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil {
		wait = time.Duration(seconds) * time.Second
	}
	return min(wait, longestWait)
}

// once makes one request.
func (c *client) once(ctx context.Context, call Call) (answer, error) {
	if err := c.budget.Wait(ctx); err != nil {
		return answer{}, err
	}

	// Once sent, what may create something is waited for: a run has to know
	// what it leaves.
	sending := ctx
	if call.Method != http.MethodGet {
		sending = context.WithoutCancel(ctx)
	}

	r, err := c.request(sending, call)
	if err != nil {
		return answer{}, err
	}

	c.made.Add(1)

	got, err := c.send(r)
	if r.Method == http.MethodPost && (err != nil || got.status >= http.StatusInternalServerError) {
		c.lost.Store(true)
	}
	if err != nil {
		return answer{}, errors.Join(ctx.Err(), fmt.Errorf("%w: %w", errNoAnswer, withoutURL(err)))
	}

	return got, nil
}

func (c *client) send(r *http.Request) (answer, error) {
	res, err := c.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()

	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return answer{}, err
	}

	return newAnswer(res.StatusCode, res.Header, body), nil
}

// withoutURL returns the cause of an error of net/http, whose own text repeats
// the address with its parameters.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

func (c *client) request(ctx context.Context, call Call) (*http.Request, error) {
	address := c.base + call.Path
	if call.OAuth {
		address = c.oauth + call.Path
	}

	form := url.Values{}
	for _, pair := range call.Params {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasSuffix(name, "[]") {
			form.Add(name, value)
		} else {
			form.Set(name, value) // a case's own value replaces the usual one
		}
	}

	var body io.Reader
	switch {
	case call.Method == http.MethodPost:
		body = strings.NewReader(form.Encode())
	case len(form) > 0:
		address += "?" + form.Encode()
	}

	r, err := http.NewRequestWithContext(ctx, call.Method, address, body)
	if err != nil {
		return nil, err
	}

	if call.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}

	r.Header.Set("Authorization", "Bearer "+c.key)
	r.Header.Set("Stripe-Version", c.version)
	r.Header.Set("User-Agent", "checkoutd conform")

	for _, line := range call.Header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}

	return r, nil
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()

	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
