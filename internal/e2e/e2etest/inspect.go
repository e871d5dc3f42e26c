package e2etest

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/store"
	"checkoutd/internal/testhost"
	"checkoutd/internal/webhooks"
)

// Routes returns every route of the app, each as "METHOD /pattern".
func (s *Shop) Routes() (list []string) {
	s.T.Helper()
	err := chi.Walk(s.App.Handler().(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		list = append(list, method+" "+route)
		return nil
	})
	if err != nil {
		s.T.Fatal(err)
	}
	return list
}

// Store opens the database beside the running server, so that a test can read
// or change an order behind its back.
func (s *Shop) Store() *store.Store {
	s.T.Helper()
	s.opened.Lock()
	defer s.opened.Unlock()

	if s.store != nil {
		return s.store
	}

	var err error
	if s.store, err = app.OpenStore(context.Background(), s.Config, zerolog.Nop(), time.Now); err != nil {
		s.T.Fatal(err)
	}

	s.T.Cleanup(s.CloseStore)
	return s.store
}

// CloseStore closes what Store opened: nothing but the server has the database
// open then.
func (s *Shop) CloseStore() {
	s.opened.Lock()
	defer s.opened.Unlock()

	if s.store != nil {
		if err := s.store.Close(); err != nil {
			s.T.Error(err)
		}
		s.store = nil
	}
}

// Fault makes the offline Stripe misbehave: see sandbox.Fault.
func (s *Shop) Fault(route, kind string, count int) {
	s.T.Helper()
	if _, err := s.App.Sandbox().AddFault(sandbox.Fault{
		Route: route,
		Kind:  kind,
		Count: count,
	}); err != nil {
		s.T.Fatal(err)
	}
}

// WantLedger checks what Stripe holds: the number of intents that are not
// canceled, and the amounts of the successful charges.
func (s *Shop) WantLedger(intents int, amounts ...int64) {
	s.T.Helper()
	ledger := s.App.Sandbox().Ledger()
	live := slices.DeleteFunc(slices.Clone(ledger.Intents), func(in sandbox.LedgerIntent) bool { return in.Status == "canceled" })
	if got := len(live); got != intents {
		s.T.Errorf("Stripe has %d PaymentIntents, want %d: %+v", got, intents, ledger.Intents)
	}

	var charged []int64
	for _, c := range ledger.Charges {
		if c.Status == "succeeded" {
			charged = append(charged, c.Amount)
		}
	}

	if !slices.Equal(charged, amounts) {
		s.T.Errorf("Stripe charged %v, want %v", charged, amounts)
	}
}

// Inbox opens the inbox beside the running server, as `server events` does.
func (s *Shop) Inbox() *app.Inbox {
	s.T.Helper()
	in, err := app.OpenInbox(context.Background(), s.Config, zerolog.Nop(), time.Now)
	if err != nil {
		s.T.Fatal(err)
	}

	s.T.Cleanup(func() {
		if err := in.Close(); err != nil {
			s.T.Error(err)
		}
	})

	return in
}

// WantWorked waits until every event of the order has been processed,
// payment_intent.succeeded among them, and checks that each arrived as a signed
// webhook.
func (s *Shop) WantWorked(orderID string) {
	s.T.Helper()
	in := s.Inbox()
	var seen []webhooks.Event
	s.Eventually("the order's events are worked", func() bool {
		all, err := in.Events(context.Background(), webhooks.Filter{})
		if err != nil {
			s.T.Fatal(err)
		}

		seen = nil
		paid, open := false, false
		for _, e := range all {
			open = open || e.State == webhooks.Received || e.State == webhooks.Working || e.State == webhooks.Unmatched
			if e.OrderID == orderID {
				seen = append(seen, e)
				paid = paid || e.Type == "payment_intent.succeeded"
			}
		}

		return paid && !open
	})

	for _, e := range seen {
		if e.State != webhooks.Done {
			s.T.Errorf("%s is %s, want done: %s", e.Type, e.State, e.Note)
		}
		if e.Source != webhooks.SourceWebhook || e.Secret == "" {
			s.T.Errorf("%s came from %q signed with %q, want a signed webhook", e.Type, e.Source, e.Secret)
		}
	}
}

// Eventually polls ok until it returns true. It fails the test after
// testhost.Patience.
func (s *Shop) Eventually(what string, ok func() bool) {
	s.T.Helper()
	for deadline := time.Now().Add(testhost.Patience); !ok(); time.Sleep(15 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.T.Fatalf("waited %s in vain: %s", testhost.Patience, what)
		}
	}
}
