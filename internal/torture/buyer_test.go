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

// buyer is a browser with somebody in front of it who wants to pay one order,
// and does not give up. What got lost is sent again; a decline is answered with
// the next card.
type buyer struct {
	world  *world
	client *http.Client
	cookie *http.Cookie
	order  string
	amount int64
	cards  []string // one after the other; the last one again and again
	tried  int
}

// carts are the ways in which buyers pay: the cards of each, one after the
// other.
func carts() [][]string {
	return [][]string{{goodCard}, {declinedCard, goodCard}, {secureCard}, {declinedCard, secureCard}}
}

// reply is what the shop says, of an order or of a confirm.
type reply struct {
	status int // HTTP, 0 when nothing came back

	ID            string
	Amount        int64
	Status        string `json:"-"` // of the order, or of the intent
	PaymentStatus string `json:"payment_status"`
	ClientSecret  string `json:"client_secret"`
	Code          string
	Resume        *struct {
		ClientSecret string `json:"client_secret"`
	}
}

// errNotYet says that the shop could not be asked, or did not know.
var errNotYet = errors.New("the shop gave no answer")

// What the shop sells: once, and every month.
const (
	mug  = "mug"
	club = "club"
)

// newBuyer fills a cart with mugs.
func (w *world) newBuyer(ctx context.Context, cards ...string) (*buyer, error) {
	return w.newBuyerOf(ctx, mug, cards...)
}

// newBuyerOf fills a cart. It comes back with an order.
func (w *world) newBuyerOf(ctx context.Context, sku string, cards ...string) (*buyer, error) {
	b := &buyer{world: w, client: w.client, cards: cards}
	err := b.until(ctx, func() error {
		r, cookie := b.call(ctx, http.MethodPost, "/orders", map[string]any{"items": []map[string]any{{"sku": sku, "quantity": 1 + w.next()%3}}})
		if r.status != http.StatusCreated || cookie == nil {
			return errNotYet // an order that was made and never heard of is nobody's
		}

		b.order, b.amount, b.cookie = r.ID, r.Amount, cookie
		w.promised.order(r.ID, r.Amount)
		return nil
	})

	return b, err
}

// pay goes on until the shop says that the order is paid.
func (b *buyer) pay(ctx context.Context) error {
	return b.until(ctx, func() error {
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

// token enters the next card.
func (b *buyer) token(ctx context.Context) (string, error) {
	card := b.cards[min(b.tried, len(b.cards)-1)]
	b.tried++
	if b.tried > 15 {
		return "", fatal("order %s was not paid with %d tokens", b.order, b.tried-1)
	}
	return b.world.stripe.token(ctx, card)
}

// confirm presses the button, and again with the same token when the answer got
// lost.
func (b *buyer) confirm(ctx context.Context, token string) (out reply, err error) {
	err = b.until(ctx, func() error {
		out, _ = b.call(ctx, http.MethodPost, "/create-confirm-intent", map[string]any{
			"confirmationTokenId": token, "orderId": b.order, "expectedAmount": b.amount,
		})
		switch {
		case out.status == 0, out.status >= 500 && !isPaymentCode(out.Code):
			return errNotYet
		case out.status == http.StatusOK && out.Status == "succeeded":
			b.world.promised.payment(b.order)
		}

		return nil
	})

	return out, err
}

// isPaymentCode: the shop says what became of the payment, and not only that it
// is out of order.
func isPaymentCode(code string) bool {
	return code == "payment_provider_busy" || code == "payment_provider_unavailable"
}

// follow goes where an answer to a confirm leads. errNotYet asks for another
// token.
func (b *buyer) follow(ctx context.Context, r reply) error {
	switch {
	case r.status == http.StatusOK && r.Status == "succeeded":
		return nil
	case r.status == http.StatusOK && r.Status == "requires_action":
		if err := b.world.stripe.authenticate(ctx, r.ClientSecret); err != nil {
			return err
		}

	case r.status == http.StatusOK, r.status == http.StatusConflict, r.status == http.StatusServiceUnavailable,
		r.status == http.StatusPaymentRequired, r.status == http.StatusUnprocessableEntity:
	default:
		return fatal("order %s: confirm was answered %d %s", b.order, r.status, r.Code)
	}

	return b.watch(ctx)
}

// watch is the page that polls until the shop knows.
func (b *buyer) watch(ctx context.Context) error {
	passed := ""
	for {
		r, _ := b.call(ctx, http.MethodGet, "/orders/"+b.order, nil)
		switch {
		case r.status != http.StatusOK: // not now
		case r.Status == "paid":
			b.world.promised.payment(b.order)
			return nil
		case r.Status != "open":
			return fatal("order %s is %s", b.order, r.Status)
		case r.PaymentStatus == "requires_action":
			secret, err := b.resume(ctx)
			if err != nil {
				return err
			}

			if secret != "" && secret != passed {
				if err := b.world.stripe.authenticate(ctx, secret); err != nil {
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

// resume asks for what the page needs to go on with the authentication.
func (b *buyer) resume(ctx context.Context) (string, error) {
	r, _ := b.call(ctx, http.MethodGet, "/config?order="+b.order, nil)
	if r.Resume == nil {
		return "", nil
	}
	return r.Resume.ClientSecret, nil
}

// call sends one request to a server that runs.
func (b *buyer) call(ctx context.Context, method, path string, body any) (r reply, cookie *http.Cookie) {
	raw, _ := json.Marshal(body)
	req, err := http.NewRequestWithContext(ctx, method, "http://"+b.world.addr()+path, bytes.NewReader(raw))
	if err != nil {
		return r, nil // no server runs
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

	var said struct {
		reply
		Status any // the order's in words, or a problem's number
	}
	if err := json.NewDecoder(res.Body).Decode(&said); err != nil {
		return r, nil // cut in the middle
	}

	r = said.reply
	r.Status, _ = said.Status.(string)
	r.status = res.StatusCode

	for _, c := range res.Cookies() {
		if c.Name == "checkoutd_order" {
			cookie = c
		}
	}

	return r, cookie
}

// until repeats try while it says errNotYet and ctx lasts.
func (b *buyer) until(ctx context.Context, try func() error) error {
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

// fatal is an answer that no patience mends.
func fatal(format string, args ...any) error { return fmt.Errorf(format, args...) }

// pause is how long a page waits before it asks again.
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
