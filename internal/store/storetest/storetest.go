// Package storetest is the conformance suite of the store: it checks on every
// engine what the interfaces of the features promise.
package storetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
	"checkoutd/internal/webhooks"
)

// Engine is a kind of database that the suite runs on.
type Engine struct {
	// NewURL creates a database with the schema, and NewEmptyURL one without.
	// Both are removed after the test.
	NewURL, NewEmptyURL func(tb testing.TB) string
	// BlockInbox blocks all writes to the events table until release.
	BlockInbox func(tb testing.TB, url string) (release func())
	// Shared is set if several servers may use one database at a time.
	Shared bool
}

// Run runs the whole suite on an engine.
func Run(t *testing.T, e Engine) {
	for name, test := range map[string]func(*testing.T, Engine){
		"open":               testOpen,
		"migrate":            testMigrate,
		"orders":             testOrders,
		"find":               testFind,
		"order filters":      testOrderFilters,
		"update":             testUpdate,
		"update locks":       testUpdateLocks,
		"operations":         testOperations,
		"effects":            testEffects,
		"endpoints":          testEndpoints,
		"deliveries":         testDeliveries,
		"erasures":           testErasures,
		"people":             testPeople,
		"retention":          testRetention,
		"update order":       testUpdateOrder,
		"promotions":         testPromotions,
		"subscriptions":      testSubscriptions,
		"accounts of orders": testAccounts,
		"instructions":       testInstructions,
		"claims of rules":    testRuleClaims,
		"customers":          testCustomers,
		"buyer tokens":       testBuyerTokens,
		"account":            testAccount,
		"revoke all":         testRevokeAll,
		"vault":              testVault,
		"API keys":           testAPIKeys,
		"API requests":       testAPIRequests,
		"accept":             testAccept,
		"batches":            testBatches,
		"claims":             testClaims,
		"claims at once":     testClaimsAtOnce,
		"inbox":              testInbox,
		"take over":          testTakeOver,
		"clock set back":     testClockSetBack,
		"replicas":           testReplicas,
		"guard":              testGuard,
		"accounts":           testConnectAccounts,
		"dashboards":         testDashboards,
		"certificates":       testCertificates,
		"account at once":    testConnectAccountAtOnce,
		"links":              testConnectLinks,
		"connections":        testConnections,
		"app subscriptions":  testAppSubscriptions,
		"emails":             testEmails,
		"figures":            testFigures,
		"mirror":             testMirror,
		"drift":              testDrift,
		"go live":            testGoLive,
		"created endpoints":  testGoLiveEndpoints,
		"created at once":    testGoLiveEndpointsAtOnce,
		"paid orders":        testPaidOrders,
		"texts":              testTexts,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, e)
		})
	}
}

// start is the time at which the tests begin. Clocks are advanced by hand.
var start = time.Date(2025, 3, 1, 12, 0, 0, 123456000, time.UTC)

// fixture is an open, migrated store on a database of its own.
type fixture struct {
	*store.Store
	t     testing.TB
	ctx   context.Context
	url   string
	clock *testkit.Clock
}

func newFixture(t testing.TB, e Engine) *fixture {
	t.Helper()
	f := &fixture{t: t, ctx: t.Context(), url: e.NewURL(t), clock: testkit.NewClockAt(start)}
	f.Store = f.open(store.Options{})
	if err := f.Migrate(f.ctx); err != nil {
		t.Fatal(err)
	}
	return f
}

// in returns the fixture for a subtest that shares the database.
func (f *fixture) in(t *testing.T) *fixture {
	shared := *f
	shared.t = t
	return &shared
}

// open opens the same database again, as another process would.
func (f *fixture) open(o store.Options) *store.Store {
	f.t.Helper()
	o.Now, o.Log = f.clock.Now, zerolog.Nop()
	o.Timeout = hangs // no test depends on it, and machines may be slow

	s, err := store.Open(f.ctx, f.url, o)
	if err != nil {
		f.t.Fatal(err)
	}

	f.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.t.Error(err)
		}
	})

	return s
}

// order creates an open order.
func (f *fixture) order() orders.Order {
	f.t.Helper()
	o := newOrder()
	if err := f.CreateOrder(f.ctx, o); err != nil {
		f.t.Fatal(err)
	}
	return o
}

func newOrder() orders.Order {
	return orders.Order{
		ID:            orders.NewID("ord_"),
		TokenHash:     orders.HashToken("token"),
		Status:        orders.Open,
		PaymentStatus: orders.Unpaid,
		Version:       1,
		Currency:      "eur",
		Amount:        2198,
		Mode:          orders.ModePayment,
		Items: []orders.Item{{
			SKU:        "mug",
			Name:       "Mug",
			Image:      "/mug.png",
			Quantity:   2,
			UnitAmount: 1099,
		}},
		CreatedAt: start,
		UpdatedAt: start,
		ExpiresAt: start.Add(time.Hour),
	}
}

func newAttempt(n int64) payments.Attempt {
	id := orders.NewID("att_")
	return payments.Attempt{
		ID:             id,
		N:              n,
		IdempotencyKey: "key-" + id,
		State:          payments.Started,
		Params: payments.Params{
			Token:    "ctoken_" + id,
			Amount:   2198,
			Currency: "eur",
			Options:  orders.Options{PaymentMethodTypes: []string{"card"}},
			Metadata: map[string]string{payments.MetaAttempt: id},
		},
		CheckAt:   start.Add(time.Minute),
		CreatedAt: start,
	}
}

func newIntent(id string) payments.Intent {
	return payments.Intent{
		ID:             id,
		Status:         payments.StatusRequiresAction,
		ClientSecret:   id + "_secret",
		Amount:         2198,
		Captured:       1,
		Currency:       "eur",
		CaptureBefore:  start.Add(time.Hour),
		SubscriptionID: "sub_1",
		CreatedAt:      start,
	}
}

func newEvent(id, group string) webhooks.Event {
	return webhooks.Event{
		ID:         id,
		Type:       "payment_intent.succeeded",
		APIVersion: "2025-02-24.acacia",
		Created:    start.Truncate(time.Second),
		Group:      group,
		Payload:    []byte(`{"id":"` + id + `"}`),
		Source:     webhooks.SourceWebhook,
		Secret:     "0a1b2c3d",
		State:      webhooks.Received,
		NextAt:     start,
		ReceivedAt: start,
	}
}

// accept stores events one after the other, a microsecond apart.
func (f *fixture) accept(list ...webhooks.Event) {
	f.t.Helper()
	for i, e := range list {
		e.ReceivedAt = e.ReceivedAt.Add(time.Duration(i) * time.Microsecond)
		if isNew, err := f.Accept(f.ctx, e); err != nil || !isNew {
			f.t.Fatalf("accept %s: new %v, %v", e.ID, isNew, err)
		}
	}
}

// claim claims up to n events for a minute.
func (f *fixture) claim(n int) []webhooks.Event {
	f.t.Helper()
	now := f.clock.Now()
	list, err := f.ClaimEvents(f.ctx, webhooks.LaneOwn, now, now.Add(time.Minute), n)
	if err != nil {
		f.t.Fatal(err)
	}
	return list
}

func ids(list []webhooks.Event) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].ID
	}
	return out
}

// together runs do n times at once and waits for all of them.
func together(n int, do func(i int)) {
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-begin
			do(i)
		})
	}
	close(begin)
	wg.Wait()
}

// eventually polls until ok returns true.
func (f *fixture) eventually(what string, ok func() bool) {
	f.t.Helper()
	deadline := time.Now().Add(testhost.Patience)
	for !ok() {
		if time.Now().After(deadline) {
			f.t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
