package torture_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// buyer is a browser whose user wants to pay one order and does not give up: a
// lost request is retried, and after a decline the next card is used.
type buyer struct {
	harness *harness
	client  *http.Client
	cookie  *http.Cookie
	order   string
	mode    string // of the order
	account string // the order's connected one, "" for the platform's own
	amount  int64
	cards   []string // used one after the other, the last one repeatedly
	tried   int
}

// carts returns the ways in which buyers pay: for each, the cards that it uses
// one after the other.
func carts() [][]string {
	return [][]string{{goodCard}, {declinedCard, goodCard}, {secureCard}, {declinedCard, secureCard}}
}

// reply is the shop's response, with the members of an order or a confirm.
type reply struct {
	status int // of HTTP; 0 without a response

	ID            string
	Mode          string
	Amount        int64
	Status        string `json:"-"` // of the order, or of the intent
	PaymentStatus string `json:"payment_status"`
	ClientSecret  string `json:"client_secret"`
	Code          string
	Resume        *struct {
		ClientSecret string `json:"client_secret"`
	}
}

// errNotYet means that the shop could not be reached or did not know the
// answer.
var errNotYet = errors.New("no definite answer from the shop")

// The items of the shop: one is sold once, the other by subscription.
const (
	mug  = "mug"
	club = "club"
)

// newBuyer returns a buyer with an order of mugs.
func (h *harness) newBuyer(ctx context.Context, cards ...string) (*buyer, error) {
	return h.newBuyerOf(ctx, mug, cards...)
}

// newBuyerOf returns a buyer with an order of sku.
func (h *harness) newBuyerOf(ctx context.Context, sku string, cards ...string) (*buyer, error) {
	b := &buyer{harness: h, client: h.client, cards: cards}
	err := b.retry(ctx, func() error {
		item := map[string]any{"sku": sku, "quantity": 1 + h.next()%3}
		r, cookie := b.call(ctx, http.MethodPost, "/orders", map[string]any{"items": []any{item}})
		if r.status != http.StatusCreated || cookie == nil {
			return errNotYet // an order that nobody was told about belongs to nobody
		}

		b.order, b.mode, b.amount, b.cookie = r.ID, r.Mode, r.Amount, cookie
		h.promised.order(r.ID, r.Amount)
		return nil
	})

	return b, err
}

// pay continues until the shop reports that the order is paid.
func (b *buyer) pay(ctx context.Context) error {
	return b.retry(ctx, func() error {
		token, err := b.token(ctx)
		if err != nil {
			return err
		}

		r, err := b.confirm(ctx, token)
		if err != nil {
			return err
		}

		return b.follow(ctx, r)
	})
}

// token creates a ConfirmationToken for the next card.
func (b *buyer) token(ctx context.Context) (string, error) {
	card := b.cards[min(b.tried, len(b.cards)-1)]
	b.tried++
	if b.tried > 15 {
		return "", fatal("order %s was not paid with %d tokens", b.order, b.tried-1)
	}
	return b.harness.stripe.token(ctx, card, b.mode, b.account)
}

// confirm presses the pay button. It retries with the same token when the
// response is lost.
func (b *buyer) confirm(ctx context.Context, token string) (out reply, err error) {
	err = b.retry(ctx, func() error {
		out, _ = b.call(ctx, http.MethodPost, "/create-confirm-intent", map[string]any{
			"confirmationTokenId": token, "orderId": b.order, "expectedAmount": b.amount,
		})
		switch {
		case out.status == 0, out.status >= 500 && !isPaymentCode(out.Code):
			return errNotYet
		case out.status == http.StatusOK && out.Status == "succeeded":
			b.harness.promised.payment(b.order)
		}

		return nil
	})

	return out, err
}

// isPaymentCode reports whether an error code is about the payment at Stripe,
// and not about the shop itself.
func isPaymentCode(code string) bool {
	return code == "payment_provider_busy" || code == "payment_provider_unavailable"
}

// follow continues after the response to a confirm. errNotYet means that
// another token is needed.
func (b *buyer) follow(ctx context.Context, r reply) error {
	switch {
	case r.status == http.StatusOK && r.Status == "succeeded":
		return nil
	case r.status == http.StatusOK && r.Status == "requires_action":
		if err := b.harness.stripe.authenticate(ctx, r.ClientSecret); err != nil {
			return err
		}

	case r.status == http.StatusOK, r.status == http.StatusConflict, r.status == http.StatusServiceUnavailable,
		r.status == http.StatusPaymentRequired, r.status == http.StatusUnprocessableEntity:
	default:
		return fatal("order %s: the response to confirm is %d %s", b.order, r.status, r.Code)
	}

	return b.watch(ctx)
}

// watch polls the order, as the page does, until the shop knows the outcome.
func (b *buyer) watch(ctx context.Context) error {
	passed := ""
	for {
		r, _ := b.call(ctx, http.MethodGet, "/orders/"+b.order, nil)
		switch {
		case r.status != http.StatusOK: // not available now
		case r.Status == "paid":
			b.harness.promised.payment(b.order)
			return nil
		case r.Status != "open":
			return fatal("order %s is %s", b.order, r.Status)
		case r.PaymentStatus == "requires_action":
			secret, err := b.resume(ctx)
			if err != nil {
				return err
			}

			if secret != "" && secret != passed {
				if err := b.harness.stripe.authenticate(ctx, secret); err != nil {
					return err
				}

				passed = secret
			}

		case r.PaymentStatus == "failed", r.PaymentStatus == "unpaid":
			return errNotYet
		}

		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// resume returns the client secret with which the page continues the
// authentication, or "".
func (b *buyer) resume(ctx context.Context) (string, error) {
	r, _ := b.call(ctx, http.MethodGet, "/config?order="+b.order, nil)
	if r.Resume == nil {
		return "", nil
	}
	return r.Resume.ClientSecret, nil
}

// call sends one request to a running server.
func (b *buyer) call(ctx context.Context, method, path string, body any) (r reply, cookie *http.Cookie) {
	raw, _ := json.Marshal(body)
	req, err := http.NewRequestWithContext(ctx, method, "http://"+b.harness.addr()+path, bytes.NewReader(raw))
	if err != nil {
		return r, nil // no server is running
	}

	req.Header.Set("Content-Type", "application/json")
	if b.cookie != nil {
		req.AddCookie(b.cookie)
	}

	res, err := b.client.Do(req)
	if err != nil {
		return r, nil
	}
	defer func() { _ = res.Body.Close() }()

	var decoded struct {
		reply
		Status any // a word for an order or an intent, a number for a problem
	}
	if err := json.NewDecoder(res.Body).Decode(&decoded); err != nil {
		return r, nil // the connection was cut
	}

	r = decoded.reply
	r.Status, _ = decoded.Status.(string)
	r.status = res.StatusCode

	for _, c := range res.Cookies() {
		if c.Name == "checkoutd_order" {
			cookie = c
		}
	}

	return r, cookie
}

// retry repeats try while it returns errNotYet, until ctx ends.
func (b *buyer) retry(ctx context.Context, try func() error) error {
	for {
		err := try()
		if !errors.Is(err, errNotYet) {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// fatal returns an error for an answer that no retry will change.
func fatal(format string, args ...any) error { return fmt.Errorf(format, args...) }

// pause waits as long as a page does before it polls again.
func pause(ctx context.Context) error {
	timer := time.NewTimer(50 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
