package customersession_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"checkoutd/internal/customersession"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
)

// withSubscriptions is the store with an answer of the test's about
// subscriptions.
type withSubscriptions struct {
	*store.Store
	subscribed bool
	err        error
	asked      []string
}

func (s *withSubscriptions) HasSubscription(_ context.Context, _, customer string) (bool, error) {
	s.asked = append(s.asked, customer)
	return s.subscribed, s.err
}

var allFeatures = customersession.Features{
	Redisplay: true,
	Limit:     5,
	Filters:   []string{"always"},
	Remove:    true,
	Save:      true,
	SaveUsage: "off_session",
}

func TestSessionFeaturesFitTheOrder(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		order      func(*orders.Order)
		subscribed bool
		want       func(*customersession.Features)
	}{
		"a payment has all": {func(*orders.Order) {}, false, func(*customersession.Features) {}},
		"an order that saves its method does not ask, and shows what is saved": {
			func(o *orders.Order) { o.Options.SetupFutureUsage = "off_session" }, false,
			func(f *customersession.Features) { f.Save = false }},
		"nor does a subscription": {func(o *orders.Order) { o.Mode = orders.ModeSubscription }, false,
			func(f *customersession.Features) { f.Save = false }},
		"nor does a setup": {func(o *orders.Order) { o.Mode = orders.ModeSetup }, false,
			func(f *customersession.Features) { f.Save = false }},
		"whoever has a subscription removes nothing": {func(*orders.Order) {}, true,
			func(f *customersession.Features) { f.Remove = false }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, b := newShop(t), browser{}
			known := &withSubscriptions{Store: s.store, subscribed: tt.subscribed}
			s.call = s.handlerOf(customersession.Config{Store: known, Features: allFeatures})

			id := s.order(b)
			if err := s.store.Update(t.Context(), id, nil,
				func(st *payments.State) error { tt.order(&st.Order); return nil }); err != nil {
				t.Fatal(err)
			}

			if s.session(b) == "" {
				t.Fatal("no session")
			}

			want := allFeatures
			tt.want(&want)

			if got := s.stripe.Features(); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if len(known.asked) != 1 || known.asked[0] != s.customerOf(id) {
				t.Errorf("asked for the subscriptions of %q, want those of %q", known.asked, s.customerOf(id))
			}
		})
	}
}

// A shop in which no buyer may remove a method has no need to look.
func TestSubscriptionsAreLookedUpForRemovingOnly(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	f := allFeatures
	f.Remove = false
	known := &withSubscriptions{Store: s.store, subscribed: true}
	s.call = s.handlerOf(customersession.Config{Store: known, Features: f})
	s.order(b)
	if s.session(b) == "" || len(known.asked) > 0 || !reflect.DeepEqual(s.stripe.Features(), f) {
		t.Errorf("asked for %q, and got %+v", known.asked, s.stripe.Features())
	}
}

// If it is not known whether there is a subscription, there is no session in
// which its payment method could be removed.
func TestNoSessionWithoutAnAnswerAboutSubscriptions(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	s.call = s.handlerOf(customersession.Config{
		Store:    &withSubscriptions{Store: s.store, err: errors.New("disk on fire")},
		Features: allFeatures,
	})

	s.order(b)

	if secret := s.session(b); secret != "" || len(s.sessions()) > 0 {
		t.Errorf("got %q, sessions of %q", secret, s.sessions())
	}
	if !strings.Contains(s.log.String(), "disk on fire") {
		t.Errorf("the log is %s", s.log)
	}
}
