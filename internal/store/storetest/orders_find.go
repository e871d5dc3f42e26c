package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks"
)

// testFind looks for one order among three by everything that people have of
// it.
func testFind(t *testing.T, e Engine) {
	f := newFixture(t, e).in(t)
	first, second, other := newOrder(), newOrder(), newOrder()
	first.Reference, first.CustomerReference, first.CustomerID = "A-1", "c-7", "cus_1"
	first.Contact.Email = "Ada@example.com"
	second.CustomerReference, second.CustomerID, second.CreatedAt = "c-7", "cus_1", start.Add(time.Minute)
	second.Contact.Email = "ada@example.com"

	other.Reference, other.CustomerReference = "re_1001", "bob@example.com"
	third := newOrder()
	third.Reference = "#1001"

	for _, o := range []orders.Order{first, second, other, third} {
		f.must(f.CreateOrder(f.ctx, o))
	}

	attempt := newAttempt(1)
	f.must(f.Update(f.ctx, first.ID, nil, func(st *payments.State) error {
		st.Attempts = append(st.Attempts, attempt)
		st.Intents = append(st.Intents, payments.Intent{ID: "pi_1", Status: payments.StatusSucceeded})
		st.Refunds = append(st.Refunds, payments.Refund{ID: "re_1", IntentID: "pi_1"})
		st.Disputes = append(st.Disputes, payments.Dispute{ID: "dp_1", IntentID: "pi_1"})
		st.Subscriptions = append(st.Subscriptions, payments.Subscription{ID: "sub_1"})
		st.ForeignPayments = append(st.ForeignPayments, payments.ForeignPayment{IntentID: "pi_2"})
		return nil
	}))

	_, err := f.Accept(f.ctx, webhooks.Event{ID: "evt_none", Source: webhooks.SourceWebhook})
	f.must(err)

	one, both := []string{first.ID}, []string{second.ID, first.ID}
	for word, want := range map[string][]string{
		first.ID:                                  one,
		orders.ShortID(first.ID):                  one,
		"#" + orders.ShortID(first.ID):            one,
		strings.ToLower(orders.ShortID(other.ID)): {other.ID},
		attempt.ID:                                one,
		"A-1":                                     one,
		" A-1 ":                                   one,
		"pi_1":                                    one,
		"pi_2":                                    one,
		"re_1":                                    one,
		"dp_1":                                    one,
		"sub_1":                                   one,
		"cus_1":                                   both,
		"c-7":                                     both,
		"ADA@example.com":                         both,
		"re_1001":                                 {other.ID},
		"bob@example.com":                         {other.ID},
		"#1001":                                   {third.ID},
		"1001":                                    {third.ID},
		"evt_none":                                nil,
		"pi_none":                                 nil,
		"a-1":                                     nil,
		"":                                        nil,
		"%":                                       nil,
		"ord_":                                    nil,
		"nobody@example.com":                      nil,
		orders.ShortID(first.ID)[:7]:              nil,
		strings.TrimPrefix(first.ID, "ord_"):      nil,
	} {
		if got, err := f.FindOrders(f.ctx, word, 10); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %v, %v; want %v", word, got, err, want)
		}
	}

	for number, want := range map[string]string{ // as the buyer types it, without a #
		"1001": third.ID, "A-1": first.ID, orders.ShortID(other.ID): other.ID, "c-7": "", "": "",
	} {
		got, err := f.OrdersByNumber(f.ctx, number)
		if err != nil || len(got) != min(len(want), 1) || len(got) > 0 && got[0].ID != want {
			t.Errorf("the number %q: got %d orders, %v; want %q", number, len(got), err, want)
		}
	}

	if got, err := f.FindOrders(f.ctx, "c-7", 1); err != nil || !slices.Equal(got, both[:1]) {
		t.Errorf("one of two: got %v, %v; want the newest", got, err)
	}
}
