package app_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/orders"
	"checkoutd/internal/pgtest"
	"checkoutd/internal/webhooks"
)

func backUp(t *testing.T, s *e2etest.Shop, folder string) string {
	t.Helper()
	o := app.BackupOptions{Folder: folder, Version: "test"}
	b, err := app.Backup(t.Context(), s.Config, zerolog.Nop(), time.Now, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.Path
}

func restore(t *testing.T, s *e2etest.Shop, from string, force bool) (app.RestoreReport, error) {
	t.Helper()
	return app.Restore(t.Context(), s.Config, zerolog.Nop(), time.Now, app.RestoreOptions{From: from, Force: force})
}

// TestRestoreAccountsForEveryPayment has buyers pay before, during and after a
// backup, loses the database and restores the backup. Stripe was there all the
// time.
func TestRestoreAccountsForEveryPayment(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]e2etest.Option{
		"SQLite":     nil,
		"PostgreSQL": {func(s *e2etest.Shop) { s.Env["DATABASE_URL"] = pgtest.Shared(t).NewDatabase(t) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testRestore(t, options)
		})
	}
}

func testRestore(t *testing.T, options []e2etest.Option) {
	s := e2etest.OpenShop(t, options...)
	b := s.Buyer(t)
	before := b.Order("mug")
	b.Confirm(before, "4242424242424242")
	b.WantStatus(before, "paid paid")
	open := b.Order("guide")

	// A buyer pays while the database is copied: in it or after it.
	during, done := b.Order("mug"), make(chan struct{})
	go func() { defer close(done); s.Buyer(t).Call("GET", "/", ""); b.Confirm(during, "4242424242424242") }()
	folder := t.TempDir()
	path := backUp(t, s, folder)
	<-done

	other := s.Buyer(t)
	later := other.Order("mug") // the backup does not have it
	other.Confirm(later, "4242424242424242")
	b.Confirm(open, "4242424242424242")
	b.WantStatus(open, "paid paid")
	b.WantStatus(during, "paid paid")
	other.WantStatus(later, "paid paid")

	for _, force := range []bool{false, true} {
		_, err := restore(t, s, path, force)
		if err == nil || !strings.Contains(err.Error(), "server") || strings.Contains(err.Error(), "newer") {
			t.Fatalf("under a running server, force=%t: got %v, want a refusal", force, err)
		}
	}

	s.Stop()
	if len(options) == 0 { // SQLite, which the test has open
		if _, err := restore(t, s, path, true); err == nil || !strings.Contains(err.Error(), "stop the commands") {
			t.Errorf("beside a command: got %v, want a refusal even by force", err)
		}
	}

	s.CloseStore()
	if _, err := restore(t, s, path, false); err == nil || !strings.Contains(err.Error(), "newer than the backup") {
		t.Errorf("over a newer database: got %v, want a refusal", err)
	}
	if _, err := restore(t, s, path, true); err != nil {
		t.Fatal(err)
	}

	s.Start()
	closed := func() bool { return b.Call("POST", "/orders", `{"items":[{"sku":"mug","quantity":1}]}`).Status == 503 }
	if !closed() {
		t.Error("the shop is open after the restore")
	}
	b.WantProblem("/orders", b.Call("POST", "/orders", `{}`), 503, "shop_closed", "")
	if r := b.Call("GET", "/readyz", ""); r.Status != 200 {
		t.Errorf("a closed shop is not ready for webhooks: %d", r.Status)
	}

	// What was paid since is found, and a person decides about it.
	find := func(id string) func() bool {
		return func() bool {
			st := s.State(id)
			return st.Order.Status == orders.Paid || len(st.ForeignPayments) == 1
		}
	}
	s.Eventually("the payment during the backup is known", find(during))
	s.Eventually("the payment after the backup is known", find(open))
	if !closed() {
		t.Error("the shop opened before anybody decided about the payments since the backup")
	}

	ops := s.Operations()
	for _, id := range []string{during, open} {
		if st := s.State(id); st.Order.Status != orders.Paid {
			if _, err := ops.Adopt(t.Context(), id, st.ForeignPayments[0].IntentID); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.Eventually("the shop opens", func() bool { return !closed() })

	for _, id := range []string{before, during, open} {
		if o := s.State(id).Order; o.Status != orders.Paid || o.Captured != o.Amount {
			t.Errorf("order %s is %s with %d of %d captured, want it paid once", id, o.Status, o.Captured, o.Amount)
		}
	}

	lost, err := s.Inbox().Events(t.Context(), webhooks.Filter{
		States: []webhooks.State{webhooks.Unmatched},
		Types:  []string{"payment_intent.succeeded"},
	})
	if err != nil || len(lost) != 1 {
		t.Errorf("got %d unmatched payments, %v; want that of the order which the backup lacks", len(lost), err)
	}
	s.WantCharged(1800, 1800, 1800, 1099)
}

// TestRestoreRefusesAndRepeats restores damaged backups, over what a killed
// restore leaves, into nothing, and over a damaged database.
// Without DATABASE_URL, and without the keys of the server, a restore would put
// the shop's database where the server does not look.
func TestRestoreIsNotForTheDefaultOfAnotherUse(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	manifest := `{"mode": "live keys", "engine": "sqlite", "format": 1, "database": "database.db.zst", "files": []}`
	if err := errors.Join(os.Mkdir("backup", 0o700),
		os.WriteFile("backup/manifest.json", []byte(manifest), 0o600)); err != nil {
		t.Fatal(err)
	}

	cfg, err := config.Load(config.Migrate, nil, func(string) ([]byte, error) { return nil, os.ErrNotExist })
	if err != nil {
		t.Fatal(err)
	}

	_, err = app.Restore(t.Context(), cfg, zerolog.Nop(), time.Now, app.RestoreOptions{From: "backup", Force: true})
	if err == nil || !strings.Contains(err.Error(), "set STRIPE_SECRET_KEY as the server has it, or DATABASE_URL") {
		t.Errorf("got %v, want a refusal", err)
	}
	if _, err := os.Stat("data"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it left something: %v", err)
	}
}

func TestRestoreRefusesAndRepeats(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	s.Buyer(t).Order("mug")
	folder := t.TempDir()
	path := backUp(t, s, folder)
	s.Stop()

	database := strings.TrimPrefix(s.Config.DatabaseURL.Reveal(), "sqlite:")
	file := filepath.Join(path, "database.db.zst")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	for name, cut := range map[string][]byte{
		"cut short": whole[:len(whole)/2],
		"changed":   flipped,
	} {
		if err := os.WriteFile(file, cut, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := restore(t, s, path, true); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("a backup that was %s: got %v, want that it is damaged", name, err)
		}
	}
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}

	// A killed restore leaves what it had unpacked; the database may be lost.
	if err := os.WriteFile(database+".restoring", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{database, s.Config.SandboxStateFile} {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}

	r, err := restore(t, s, file, false)
	if err != nil || r.Orders != 1 || r.Former != "" || !r.Sandbox {
		t.Fatalf("restore into nothing: %+v, %v", r, err)
	}
	if err := os.WriteFile(database, []byte("this is no database of SQLite"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := restore(t, s, path, false); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("over a damaged database: got %v, want a refusal", err)
	}
	if r, err = restore(t, s, path, true); err != nil || r.Former == "" {
		t.Fatalf("over a damaged database by force: %+v, %v", r, err)
	}

	s.Start()
	s.Eventually("the shop opens by itself", func() bool {
		return s.Buyer(t).Call("POST", "/orders", `{"items":[{"sku":"mug","quantity":1}]}`).Status == 201
	})
}

// The password of a database must not show in the list of processes.
func TestPostgresToolsGetNoPassword(t *testing.T) {
	t.Parallel()
	const given = "postgres://u:p%40ss@db.test:5432/shop?statement_timeout=5&sslmode=require"
	address, password, err := app.LibpqAddress(given)
	if err != nil || password != "p@ss" || address != "postgres://u@db.test:5432/shop?sslmode=require" {
		t.Errorf("got %s and %q, %v", address, password, err)
	}
}

func TestAToolIsQuotedByItsLastLine(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 400)
	for text, want := range map[string]string{
		"":                                "",
		"one line\n":                      "one line",
		"warning: x\nerror: no space\n\n": "error: no space",
		"first\n" + long:                  strings.Repeat("é", 300) + "…",
	} {
		if got := app.LastLine(text); got != want {
			t.Errorf("%.20q: got %q, want %q", text, got, want)
		}
	}
}
