package people_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/people"
	"checkoutd/internal/queue"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/testkit"
)

// stripe is Stripe with two customers.
type stripe struct {
	mu        sync.Mutex
	customers map[string]bool
	before    func() error // runs before a deletion
	after     func() error // runs when it is done: the answer may be lost
	calls     []string
}

func (s *stripe) DeleteCustomer(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.calls = append(s.calls, id)

	if s.before != nil {
		if err := s.before(); err != nil {
			return err
		}
	}

	delete(s.customers, id) // one that is gone is no error
	if s.after != nil {
		return s.after()
	}

	return nil
}

// cutStore is a store whose server may die at a step.
type cutStore struct {
	people.Store

	begun func()
	saved func()
	save  func()
}

func (s *cutStore) BeginErasure(
	ctx context.Context, e people.Erasure, who people.Subject, atStripe bool, claim queue.Claim,
) (people.Job, bool, bool, error) {
	j, begun, pending, err := s.Store.BeginErasure(ctx, e, who, atStripe, claim)
	call(s.begun)
	return j, begun, pending, err
}

func (s *cutStore) SaveErasure(ctx context.Context, claim queue.Claim, e people.Erasure) error {
	call(s.save)
	err := s.Store.SaveErasure(ctx, claim, e)
	call(s.saved)
	return err
}

func call(do func()) {
	if do != nil {
		do()
	}
}

type fixture struct {
	*testing.T
	clock  *testkit.Clock
	store  *store.Store
	cut    *cutStore
	stripe *stripe
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{
		T:      t,
		clock:  testkit.NewClock(),
		stripe: &stripe{customers: map[string]bool{"cus_a": true, "cus_b": true}},
	}

	var err error
	f.store, err = store.Open(t.Context(), storetest.SQLiteURL(t),
		store.Options{Now: f.clock.Now, Log: zerolog.Nop()})
	if err == nil {
		err = f.store.Migrate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() { _ = f.store.Close() })

	for _, customer := range []string{"cus_a", "cus_b"} {
		err := f.store.CreateOrder(t.Context(), orders.Order{
			ID:                "ord_" + customer,
			TokenHash:         orders.HashToken(customer),
			Status:            orders.Paid,
			PaymentStatus:     orders.PaymentStatus("paid"),
			Currency:          "eur",
			Amount:            1099,
			Mode:              orders.ModePayment,
			CustomerID:        customer,
			CustomerReference: "c-7",
			Contact:           orders.Contact{Email: "jenny@example.com"},
			CreatedAt:         f.clock.Now(),
			UpdatedAt:         f.clock.Now(),
			ExpiresAt:         f.clock.Now().Add(time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	f.cut = &cutStore{Store: f.store}
	return f
}

// service returns a service as a server that starts has it.
func (f *fixture) service() *people.Service {
	return people.New(people.Config{
		Store:  f.cut,
		Stripe: func(string) people.Stripe { return f.stripe },
		Buyer:  func(reference string) string { return "buy_" + reference },
		NewID:  orders.NewID,
		Now:    f.clock.Now,
		Log:    zerolog.Nop(),
	})
}

// erase erases a customer of the shop, also at Stripe.
func (f *fixture) erase(reference string) (done bool, err error) {
	res, err := f.service().Erase(f.Context(), people.Whom{Reference: reference}, people.How{AtStripe: true})
	return res.Done, err
}

// work works all that is due, now and later.
func (f *fixture) work() {
	f.Helper()
	svc := f.service()
	for range 10 {
		f.clock.Advance(3 * time.Minute)
		_, _ = svc.RunOnce(f.Context())
	}
}

// wantErased checks the end of every story: nothing is left, here and at
// Stripe.
func (f *fixture) wantErased() {
	f.Helper()
	if len(f.stripe.customers) > 0 {
		f.Errorf("Stripe still has %v", f.stripe.customers)
	}

	for _, id := range []string{"ord_cus_a", "ord_cus_b"} {
		if o, err := f.store.Order(f.Context(), id); err != nil || o.Contact.Email != "" || o.CustomerReference != "" || o.Amount != 1099 {
			f.Errorf("%s is %+v, %v", id, o, err)
		}
	}

	if _, ok, err := f.store.ReadCustomer(f.Context(), people.Subject{
		Whom: people.Whom{Reference: "c-7"}, BuyerID: "buy_c-7",
	}); ok || err != nil {
		f.Errorf("something is left: %t, %v", ok, err)
	}

	if n, err := f.service().RunOnce(f.Context()); n != 0 || err != nil {
		f.Errorf("there is still work: %d, %v", n, err)
	}
}

// The server dies between any two steps, or an answer of Stripe is lost: the
// end is the same.
func TestAnInterruptedErasureEnds(t *testing.T) {
	t.Parallel()
	kill := func() { panic("killed") }
	lost := errors.New("connection reset")

	for name, interrupt := range map[string]func(f *fixture){
		"nowhere":                         func(*fixture) {},
		"once the data is gone":           func(f *fixture) { f.cut.begun = kill },
		"before the first deletion":       func(f *fixture) { f.stripe.before = func() error { kill(); return nil } },
		"after the first deletion":        func(f *fixture) { f.stripe.after = func() error { kill(); return nil } },
		"before the deletions are stored": func(f *fixture) { f.cut.save = kill },
		"once the deletions are stored":   func(f *fixture) { f.cut.saved = kill },
		"by a Stripe that is down":        func(f *fixture) { f.stripe.before = func() error { return lost } },
		"by an answer that is lost":       func(f *fixture) { f.stripe.after = func() error { return lost } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			interrupt(f)
			func() {
				defer func() { _ = recover() }()

				done, err := f.erase("c-7")
				if err != nil || done != (len(f.stripe.customers) == 0 && f.stripe.after == nil) {
					t.Errorf("answered %t, %v with %v left at Stripe", done, err, f.stripe.customers)
				}
			}()

			*f.cut = cutStore{Store: f.store}
			f.stripe.before, f.stripe.after = nil, nil
			f.work()
			f.wantErased()
		})
	}
}

// The erasure is killed in the background, too, and goes on.
func TestAnErasureIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	left := 6
	dying := func() {
		if left--; left >= 0 {
			panic("killed")
		}
	}

	f.cut.begun, f.cut.save, f.cut.saved = dying, dying, dying
	func() {
		defer func() { _ = recover() }()

		_, _ = f.erase("c-7")
	}()

	f.work()
	f.work()

	if f.wantErased(); left >= 0 {
		t.Errorf("it was killed %d times less than it should", left+1)
	}
}

// bringBack stores what was in flight when the data was removed.
func (f *fixture) bringBack() {
	f.Helper()
	err := f.store.Update(f.Context(), "ord_cus_a", nil, func(st *payments.State) error {
		st.Order.Contact.Email = "jenny@example.com"
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
}

// TestACustomerThatStaysKeepsNoOther: Stripe deletes all others.
func TestACustomerThatStaysKeepsNoOther(t *testing.T) {
	t.Parallel()
	for _, stays := range []string{"cus_a", "cus_b"} {
		f := newFixture(t)
		f.stripe.before = func() error {
			if f.stripe.calls[len(f.stripe.calls)-1] == stays {
				return errors.New("no access")
			}
			return nil
		}

		if done, err := f.erase("c-7"); done || err != nil {
			t.Errorf("got %t, %v; want an erasure that goes on", done, err)
		}

		f.bringBack()
		f.work()
		if len(f.stripe.customers) != 1 || !f.stripe.customers[stays] {
			t.Errorf("Stripe still has %v, want %s alone", f.stripe.customers, stays)
		}
		if o, err := f.store.Order(t.Context(), "ord_cus_a"); err != nil || o.Contact.Email != "" {
			t.Errorf("what was in flight waits for Stripe: %+v, %v", o.Contact, err)
		}

		f.stripe.before = nil
		for range 40 {
			f.work()
		}

		f.wantErased()
	}
}

// TestTheRefusalOfAnAccountIsFinal: the erasure ends, and its proof names the
// customer. It is found again once the account gives access.
func TestTheRefusalOfAnAccountIsFinal(t *testing.T) {
	t.Parallel()
	for refusal, reason := range map[error]people.Reason{
		people.ErrAccountGone:     people.AccountGone,
		people.ErrAccountReadOnly: people.AccountReadOnly,
	} {
		f := newFixture(t)
		f.stripe.before = func() error {
			if f.stripe.calls[len(f.stripe.calls)-1] == "cus_a" {
				return fmt.Errorf("stripe: %w", refusal)
			}
			return nil
		}

		whom := people.Whom{Reference: "c-7"}
		res, err := f.service().Erase(t.Context(), whom, people.How{AtStripe: true})
		if err != nil || !res.Done || len(res.Erasure.Proof.Refused) != 1 {
			t.Errorf("%v: got %+v, %v; want it done", refusal, res, err)
		}

		f.bringBack()
		f.work()

		list, err := f.service().Proofs(t.Context(), whom, 10)
		cusA, cusB := people.StripeCustomer{ID: "cus_a"}, people.StripeCustomer{ID: "cus_b"}
		if err != nil || len(list) != 1 || list[0].State != people.Done ||
			!slices.Equal(list[0].Proof.Refused, []people.Refusal{{StripeCustomer: cusA, Reason: reason}}) ||
			!slices.Equal(list[0].Proof.Deleted, []people.StripeCustomer{cusB}) {
			t.Errorf("%v: the proofs are %+v, %v", refusal, list, err)
		}

		f.stripe.before = nil

		res, err = f.service().Erase(t.Context(), whom, people.How{AtStripe: true})
		if err != nil || !res.Begun || !slices.Equal(res.Erasure.Proof.Deleted, []people.StripeCustomer{cusA}) {
			t.Errorf("%v: once there is access: %+v, %v", refusal, res, err)
		}

		f.work()
		f.wantErased()

		if res, err := f.service().Erase(t.Context(), whom, people.How{AtStripe: true}); err != nil || res.Begun || !res.Done {
			t.Errorf("%v: a third time: %+v, %v", refusal, res, err)
		}
	}
}

func TestErasingNobodyIsDone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if done, err := f.erase("c-none"); !done || err != nil || len(f.stripe.calls) > 0 {
		t.Errorf("got %t, %v with the calls %v", done, err, f.stripe.calls)
	}

	for range 2 {
		if done, err := f.erase("c-7"); !done || err != nil {
			t.Errorf("got %t, %v", done, err)
		}
	}

	if !slices.Equal(f.stripe.calls, []string{"cus_a", "cus_b"}) {
		t.Errorf("Stripe was asked %v", f.stripe.calls)
	}

	f.work()
	f.wantErased()
}

// A command leaves Stripe to a server, and asks it only if it was told to.
func TestAnErasureThatIsLeftToAServer(t *testing.T) {
	t.Parallel()
	for _, atStripe := range []bool{true, false} {
		f := newFixture(t)
		res, err := f.service().Erase(t.Context(), people.WhomText("JENNY@example.com"),
			people.How{AtStripe: atStripe, Later: true})
		if err != nil || !res.Begun || res.Done == atStripe || len(f.stripe.calls) > 0 || res.Erasure.Proof.Orders != 2 {
			t.Errorf("got %+v, %v with the calls %v", res, err, f.stripe.calls)
		}

		f.work()
		if got := len(f.stripe.customers); (got == 0) != atStripe {
			t.Errorf("asked %t, Stripe has %d customers", atStripe, got)
		}

		f.stripe.customers = nil
		f.wantErased()

		proofs, err := f.service().Proofs(t.Context(), people.Whom{Email: "jenny@example.com"}, 10)
		if err != nil || len(proofs) != 1 || proofs[0].State != people.Done || proofs[0].Proof.Removed["orders"] != 2 ||
			(len(proofs[0].Proof.Deleted) == 2) != atStripe || (len(proofs[0].Proof.Kept) == 2) == atStripe {
			t.Errorf("the proofs are %+v, %v", proofs, err)
		}

		if proofs, err := f.service().Proofs(t.Context(), people.Whom{Email: "other@example.com"}, 10); len(proofs) > 0 || err != nil {
			t.Errorf("somebody else has %+v, %v", proofs, err)
		}
	}
}
