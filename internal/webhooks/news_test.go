package webhooks_test

import (
	"context"
	"errors"
	"testing"

	"checkoutd/internal/connect"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/webhooks"
)

// desk takes the news of accounts.
type desk struct {
	f    *fixture
	err  error
	news []connect.News
}

func (d *desk) Settle(ctx context.Context, n connect.News, claim *queue.Claim) error {
	d.news = append(d.news, n)
	if d.err != nil {
		return d.err
	}
	_, err := d.f.store.UpdateConnection(ctx, connect.At{AccountID: n.AccountID, Claim: claim},
		func(*connect.Connection) error { return nil })
	return err
}

func newAccountsFixture(t *testing.T, live bool) (*fixture, *desk) {
	t.Helper()
	d := &desk{}
	d.f = newFixture(t, func(c *webhooks.Config) { c.Connect, c.Accounts, c.Livemode = true, d, live })
	return d.f, d
}

func TestEventsOfAccounts(t *testing.T) {
	t.Parallel()
	application := object{"id": "ca_us", "object": "application"}

	t.Run("the account is that of the event", func(t *testing.T) {
		t.Parallel()
		f, d := newAccountsFixture(t, false)
		raw := f.eventWith("account.application.deauthorized", application, object{"account": "acct_1"})
		f.deliver(raw)
		f.work()
		f.wantState(raw, webhooks.Done, "")
		if len(d.news) != 1 || d.news[0].AccountID != "acct_1" || d.news[0].ClientID != "ca_us" || d.news[0].Created.IsZero() {
			t.Errorf("got %+v", d.news)
		}
	})

	t.Run("one that is early waits", func(t *testing.T) {
		t.Parallel()
		f, d := newAccountsFixture(t, false)
		d.err = connect.ErrNoLinkYet
		raw := f.eventWith("account.application.authorized", application, object{"account": "acct_1"})
		f.deliver(raw)
		f.work()
		f.wantState(raw, webhooks.Unmatched, "no link")
	})

	t.Run("one that is not ours is over", func(t *testing.T) {
		t.Parallel()
		f, d := newAccountsFixture(t, false)
		d.err = connect.ErrNotOurs
		raw := f.eventWith("account.updated", object{"id": "acct_9", "object": "account"}, object{"account": "acct_9"})
		f.deliver(raw)
		f.work()
		f.wantState(raw, webhooks.Ignored, "no account")
	})

	t.Run("an error is tried again", func(t *testing.T) {
		t.Parallel()
		f, d := newAccountsFixture(t, false)
		d.err = errors.New("Stripe is away")
		raw := f.eventWith("account.updated", object{"id": "acct_1", "object": "account"}, object{"account": "acct_1"})
		f.deliver(raw)
		f.work()
		f.wantState(raw, webhooks.Received, "away")
	})

	t.Run("a payment of an account touches no order", func(t *testing.T) {
		t.Parallel()
		f, d := newAccountsFixture(t, false)
		order, intent := f.buy(payments.StatusProcessing)
		raw := f.eventWith("payment_intent.succeeded", intentObject(intent, order, payments.StatusSucceeded), object{"account": "acct_1"})
		f.deliver(raw)
		f.work()
		f.wantState(raw, webhooks.Ignored, "account")
		if st := f.state(order); st.Order.Status != "open" || len(d.news) != 0 {
			t.Errorf("the order is %s, the news %v", st.Order.Status, d.news)
		}
	})

	t.Run("a test event at a live server is ignored", func(t *testing.T) {
		t.Parallel()
		f, d := newAccountsFixture(t, true)
		raw := f.eventWith("account.application.deauthorized", application, object{"account": "acct_1"})
		f.deliver(raw)
		f.work()
		f.wantState(raw, webhooks.Ignored, "test event")

		f.replayEvent(raw)
		f.work()
		f.wantState(raw, webhooks.Ignored, "test event")
		if len(d.news) != 0 {
			t.Errorf("got %+v", d.news)
		}
	})
}
