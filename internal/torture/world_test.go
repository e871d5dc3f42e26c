package torture_test

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/testhost"
)

// world is a shop of one or several servers, an offline Stripe, and what the
// shop promised.
type world struct {
	t        *testing.T
	stripe   *offline
	door     *door
	db       database
	servers  []*process
	promised *promises
	client   *http.Client
	turn     atomic.Int64
}

// newWorld starts a shop on SQLite; settings overrule those of env.
func newWorld(t *testing.T, settings ...string) *world {
	t.Helper()
	leash := newLeash(t)
	return openWorld(t, sqliteIn(leash.Dir()), settings, leash)
}

func newLeash(t *testing.T) *testhost.Leash {
	t.Helper()
	leash, err := testhost.NewLeash("torture-")
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() {
		if err := leash.Close(); err != nil {
			t.Error(err)
		}
	})

	return leash
}

// openWorld starts a server for every leash on the database.
func openWorld(t *testing.T, db database, settings []string, leashes ...*testhost.Leash) *world {
	t.Helper()
	w := &world{
		t:        t,
		db:       db,
		promised: newPromises(),
		client:   &http.Client{Timeout: 20 * time.Second},
	}

	t.Cleanup(w.client.CloseIdleConnections)
	w.door = newDoor(t, w.promised, w.addr)
	w.stripe = newOffline(t, w.door.url)

	for _, leash := range leashes {
		w.servers = append(w.servers, newProcess(t, leash, append(w.env(), settings...)))
	}

	w.start()
	return w
}

// env are the servers' settings: everything that waits does so as shortly as
// the settings allow.
func (w *world) env() []string {
	catalog, err := filepath.Abs("testdata/catalog.json")
	if err != nil {
		w.t.Fatal(err)
	}

	return []string{
		"ADDR=127.0.0.1:0", "BASE_URL=http://localhost:4242", "DATABASE_URL=" + w.db.url, "CATALOG_FILE=" + catalog,
		"STRIPE_SECRET_KEY=" + secretKey, "STRIPE_PUBLISHABLE_KEY=" + publishableKey,
		"STRIPE_WEBHOOK_SECRET=" + webhookSecret + "," + nextSecret,
		"STRIPE_API_BASE=" + w.stripe.url, "STRIPE_JS_URL=" + w.stripe.url + "/v3/",
		"STRIPE_TIMEOUT=2s", "UNKNOWN_AFTER=5s", "BACKFILL_EVERY=10s", "LOG_FORMAT=json", "LOG_LEVEL=info",
	}
}

// start starts the servers.
func (w *world) start() {
	w.t.Helper()
	for _, s := range w.servers {
		if err := s.start(); err != nil {
			w.t.Fatal(err)
		}
	}
}

// restart starts the servers again after ten minutes during which none ran.
func (w *world) restart() {
	w.t.Helper()
	for _, s := range w.servers {
		s.kill()
	}
	if err := w.db.away(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.start()
}

// addr is where a server listens, each in its turn; "" if none runs.
func (w *world) addr() string {
	for range w.servers {
		if addr := w.servers[w.next()%len(w.servers)].addr(); addr != "" {
			return addr
		}
	}
	return ""
}

func (w *world) next() int { return int(w.turn.Add(1)) }

// buy makes a buyer of a thing who pays with the cards, and returns when the
// order is paid.
func (w *world) buy(ctx context.Context, sku string, cards ...string) error {
	b, err := w.newBuyerOf(ctx, sku, cards...)
	if err != nil {
		return err
	}
	return b.pay(ctx)
}

// facts reads all sides, the shop last: what was promised or charged before
// must be there.
func (w *world) facts(ctx context.Context) (f facts, err error) {
	f.promised = w.promised.copy()
	f.ledger, f.sent = w.stripe.Ledger(), w.stripe.events()
	f.shop, err = w.db.read(ctx)
	return f, err
}

// agree fails the test unless everything agrees within the time.
func (w *world) agree(within time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), within)
	defer cancel()

	var found []string
	for {
		f, err := w.facts(ctx)
		if err == nil {
			if found = compare(f); len(found) == 0 {
				return
			}
		}

		if pause(ctx) != nil {
			w.t.Errorf("after %s the shop and Stripe do not agree (last reading: %v):\n%s", within, err, strings.Join(found, "\n"))
			return
		}
	}
}
