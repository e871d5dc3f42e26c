package torture_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"checkoutd/internal/testhost"
)

// foreignMark is in the metadata of payments that others made in an account. It
// tells the comparison so, and nothing to the server.
const foreignMark = "made_by_others"

// feePercent is the platform's share of an order with an account.
const feePercent = 10

// platformSettings are those of a server to which accounts are connected.
var platformSettings = []string{
	"CONNECT_CLIENT_ID=ca_torture", "STRIPE_CONNECT_WEBHOOK_SECRET=" + connectSecret,
	fmt.Sprintf("CONNECT_FEE_PERCENT=%d", feePercent),
}

// TestKillPlatform kills the server at random moments while buyers pay orders
// of the platform's own account, of connected accounts and with a destination,
// and while others make payments in those accounts that name the orders of
// another.
func TestKillPlatform(t *testing.T) {
	testhost.Torture(t)
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) *harness{
		"sqlite": func(t *testing.T) *harness { return newHarness(t, platformSettings...) },
		"postgres": func(t *testing.T) *harness {
			db := newPostgreSQL(t)
			return openHarness(t, db, platformSettings, newLeash(t))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			h.key = h.apiKey(t.Context())

			for range 2 {
				h.accounts = append(h.accounts, h.openCharged())
			}

			killAtRandom(t, h, killsAtRandom(t))
			h.wantShares()
		})
	}
}

// openCharged opens an account at the offline Stripe that may charge, and
// connects it.
func (h *harness) openCharged() string {
	h.t.Helper()
	var account made
	h.stripe.direct(h.t, "", http.MethodPost, "/v1/accounts", url.Values{"type": {"standard"}}, &account)
	h.stripe.direct(h.t, "", http.MethodPost, "/_sandbox/connect/accounts/"+account.ID+"/enable", nil, &made{})
	h.connect(account.ID, "read_write")

	return account.ID
}

// purchase lets a new buyer pay an order of the kind whose turn it is. If there
// are connected accounts, others meddle with it meanwhile.
func (h *harness) purchase(ctx context.Context, turn int, cards ...string) error {
	if len(h.accounts) == 0 {
		return h.buy(ctx, []string{mug, mug, club}[turn%3], cards...)
	}

	const one = `{"currency":"usd","items":[{"name":"Mug","unit_amount":1800}]`
	first, second := h.accounts[0], h.accounts[1]
	var body, account, destination string

	switch turn % 5 {
	case 0:
		body = one + `}`
	case 1:
		account, body = first, one+`,"account":"`+first+`"}`
	case 2:
		account, body = second, one+`,"account":"`+second+`"}`
	case 3:
		destination, body = first, one+`,"transfer_data":{"destination":"`+first+`"}}`
	default:
		account, body = second, `{"mode":"subscription","items":[{"sku":"club"}],"account":"`+second+`"}`
	}

	b, err := h.newBuyerIn(ctx, account, body, cards...)
	if err != nil {
		return err
	}

	if destination != "" {
		h.promised.destination(b.order, destination)
	}

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return b.pay(ctx) })
	g.Go(func() error { return h.meddle(ctx, b.order, account) })

	return g.Wait()
}

// newBuyerIn returns a buyer with an order that the shop's backend has created.
func (h *harness) newBuyerIn(ctx context.Context, account, body string, cards ...string) (*buyer, error) {
	b := &buyer{harness: h, client: h.client, cards: cards, account: account}
	name := fmt.Sprint("order-", h.next())
	var o struct {
		ID, Mode, URL string
		Amount        int64
	}

	err := b.retry(ctx, func() error {
		a, err := h.post(ctx, h.key, name, "/v1/orders", body)
		if err != nil || a.status == http.StatusConflict || a.status >= 500 {
			return errNotYet
		}
		if a.status != http.StatusCreated {
			return fatal("create an order with %s: %d %s", body, a.status, a.body)
		}

		return json.Unmarshal([]byte(a.body), &o)
	})
	if err != nil {
		return nil, err
	}

	b.order, b.mode, b.amount = o.ID, o.Mode, o.Amount
	h.promised.order(o.ID, o.Amount)

	address, err := url.Parse(o.URL)
	if err != nil {
		return nil, err
	}

	return b, b.retry(ctx, func() error { return b.open(ctx, address.RequestURI()) })
}

// open opens the order's address and keeps the cookie with which it is paid.
func (b *buyer) open(ctx context.Context, path string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.harness.addr()+path, nil)
	if err != nil {
		return errNotYet // no server is running
	}

	browser := *b.client
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	res, err := browser.Do(r)
	if err != nil {
		return errNotYet
	}

	_ = res.Body.Close() // the cookie is all that counts

	for _, c := range res.Cookies() {
		if c.Name == "checkoutd_order" {
			b.cookie = c
			return nil
		}
	}

	if res.StatusCode < 500 {
		return fatal("open order %s: %d without a cookie", b.order, res.StatusCode)
	}

	return errNotYet
}

// meddle makes payments of others in each account that the order is not of,
// with all of the metadata that its intent has, as soon as there is one. Their
// events reach the server like those of the order.
func (h *harness) meddle(ctx context.Context, order, account string) error {
	form := h.copyOf(order)
	for ; form == nil; form = h.copyOf(order) {
		if err := pause(ctx); err != nil {
			return err
		}
	}

	for _, other := range append([]string{""}, h.accounts...) {
		if other != account {
			h.stripe.direct(h.t, other, http.MethodPost, "/v1/payment_intents", form, &made{})
		}
	}

	return nil
}

// copyOf returns a payment like that of an order, nil if it has no intent yet.
func (h *harness) copyOf(order string) url.Values {
	for _, in := range h.stripe.Ledger().Intents {
		if in.Metadata["checkoutd_order"] != order || isForeign(in) {
			continue
		}

		form := url.Values{
			"amount":                        {fmt.Sprint(in.Amount)},
			"currency":                      {in.Currency},
			"confirm":                       {"true"},
			"payment_method":                {"pm_card_visa"},
			"payment_method_types[]":        {"card"},
			"metadata[" + foreignMark + "]": {"yes"},
		}

		for k, v := range in.Metadata {
			form.Set("metadata["+k+"]", v)
		}

		return form
	}

	return nil
}

// wantShares checks that the accounts and the platform got their shares of what
// buyers paid: a fee of each charge with an account or a destination, and one
// transfer to each destination.
func (h *harness) wantShares() {
	h.t.Helper()
	fees, transfers := map[string][]string{}, map[string][]string{}
	for _, fee := range h.stripe.all(h.t, "/v1/application_fees") {
		charge := fmt.Sprint(cmp.Or(fee["originating_transaction"], fee["charge"]))
		fees[charge] = append(fees[charge], fmt.Sprint(fee["amount"]))
	}

	for _, transfer := range h.stripe.all(h.t, "/v1/transfers") {
		charge := fmt.Sprint(transfer["source_transaction"])
		transfers[charge] = append(transfers[charge], fmt.Sprint(transfer["amount"], " to ", transfer["destination"]))
	}

	f, err := h.facts(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}

	orders, counts := map[string]orderRow{}, map[string]int{}
	for _, o := range f.shop.orders {
		orders[o.id] = o
	}

	orderOf := map[string]string{}
	for _, in := range f.ledger.Intents {
		if !isForeign(in) {
			orderOf[in.ID] = in.Metadata["checkoutd_order"]
		}
	}

	for _, ch := range f.ledger.Charges {
		order := orders[orderOf[ch.PaymentIntent]]
		destination := f.promised.destinations[order.id]
		var wantFees, wantTransfers []string
		if ch.Status == "succeeded" && order.account+destination != "" {
			wantFees = []string{fmt.Sprint(ch.Amount * feePercent / 100)}
		}

		if ch.Status == "succeeded" && destination != "" {
			wantTransfers = []string{fmt.Sprint(ch.Amount, " to ", destination)}
		}

		if got := fees[ch.ID]; fmt.Sprint(got) != fmt.Sprint(wantFees) {
			h.t.Errorf("the fees of charge %s of order %s are %v, want %v", ch.ID, order.id, got, wantFees)
		}
		if got := transfers[ch.ID]; fmt.Sprint(got) != fmt.Sprint(wantTransfers) {
			h.t.Errorf("the transfers of charge %s of order %s are %v, want %v", ch.ID, order.id, got, wantTransfers)
		}

		switch {
		case order.id == "" && ch.Status == "succeeded":
			counts["of others"]++
		case destination != "":
			counts["with a destination"]++
		case order.account != "":
			counts["in connected accounts"]++
		}
	}

	if n := h.number(`SELECT COUNT(*) FROM foreign_payments`); n > 0 {
		h.t.Errorf("%d payments of other accounts are taken for payments of orders", n)
	}

	h.t.Logf("charges: %v", counts)
	if len(counts) < 3 {
		h.t.Error("charges of some kind are missing")
	}
}

// direct calls the offline Stripe past the breakpoints, which are for the
// server's requests, for an account or, if that is "", for the platform's own.
func (s *offline) direct(t *testing.T, account, method, path string, form url.Values, out any) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.SetBasicAuth(secretKey, "")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Host = "localhost"

	if account != "" {
		r.Header.Set("Stripe-Account", account)
	}

	w := httptest.NewRecorder()
	s.Server.ServeHTTP(w, r)

	if err := json.Unmarshal(w.Body.Bytes(), out); err != nil || w.Code != http.StatusOK {
		t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
}

// made is an object that the offline Stripe has made.
type made struct {
	ID string `json:"id"`
}

// all returns the objects of a list of the platform.
func (s *offline) all(t *testing.T, path string) (list []map[string]any) {
	t.Helper()
	for after := ""; ; {
		var page struct {
			Data    []map[string]any `json:"data"`
			HasMore bool             `json:"has_more"`
		}

		s.direct(t, "", http.MethodGet, path+"?limit=100"+after, nil, &page)

		for _, o := range page.Data {
			list = append(list, o)
			after = fmt.Sprint("&starting_after=", o["id"])
		}

		if !page.HasMore {
			return list
		}
	}
}
