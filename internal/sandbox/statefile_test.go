package sandbox_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/sandbox"
)

// TestARestartChangesNoObject calls every operation, and reads the state file
// as it is, as after a kill, and compacted.
func TestARestartChangesNoObject(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "state")
	b := newBox(t, stateIn(file), shortDelay)
	tour(b, func(string, reply) {})

	// Nothing changes any more after this.
	if err := b.s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	before, err := b.s.Everything()
	if err != nil {
		t.Fatal(err)
	}
	sameObjects(t, "as it is", file, before)

	again := newBox(t, stateIn(file), func(cfg *sandbox.Config) { cfg.RetryDelays = []time.Duration{time.Hour} })
	if err := again.s.Compact(); err != nil {
		t.Fatal(err)
	}
	if err := again.s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	if before, err = again.s.Everything(); err != nil {
		t.Fatal(err)
	}
	sameObjects(t, "compacted", file, before)
}

func sameObjects(t *testing.T, when, file string, before []string) {
	t.Helper()
	after, err := sandbox.EverythingIn(sandbox.Config{StateFile: file, DelayedAfter: -1})
	if err != nil {
		t.Fatal(err)
	}

	if len(after) < 100 || len(after) != len(before) {
		t.Errorf("%s: %d lines, before %d", when, len(after), len(before))
	}
	for i := range min(len(before), len(after)) {
		if after[i] != before[i] {
			t.Errorf("%s: got\n%s\nwant\n%s", when, after[i], before[i])
		}
	}
}

func TestTheStateFileOfAFormerReleaseIsTakenOver(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	raw, err := os.ReadFile("testdata/former-release.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}

	soon := func(cfg *sandbox.Config) {
		cfg.Now = func() time.Time { return time.Date(2026, 11, 27, 18, 0, 0, 0, time.UTC) }
	}
	body := form("amount=2000", "currency=usd", "confirm=true", "payment_method=pm_card_visa", "payment_method_types[]=card", "customer=cus_5NIZEWXGcOMacZ")

	for i, start := range []string{"first", "second"} {
		t.Run("at the "+start+" start", func(t *testing.T) {
			b := newBox(t, stateIn(file), soon)
			want(t, "intent", b.get("/v1/payment_intents").str("data.0.id"), "pi_1SbxfXREhiXvYUqqkmQvXzI1")
			want(t, "charge", b.get("/v1/charges").str("data.0.payment_intent"), "pi_1SbxfXREhiXvYUqqkmQvXzI1")
			want(t, "customer", b.get("/v1/customers").str("data.0.name"), "Jenny")
			want(t, "customers", b.get("/v1/customers").size("data"), 1)
			want(t, "deleted", b.get("/v1/customers/cus_E3y5t29qpIIugn").at("deleted"), any(true))
			want(t, "configuration", b.get("/v1/payment_method_configurations/pmc_1SbxDefaultConfiguration").str("name"), "Mine")
			want(t, "events", b.get("/v1/events").size("data"), 7+2*i)
			want(t, "clock", b.ok("/v1/customers", "name=x").num("created"), int64(1795806000))

			again := b.do("POST", "/v1/payment_intents", body, header("Idempotency-Key", "old"))
			want(t, "replayed", again.str("id"), "pi_1SbxfXREhiXvYUqqkmQvXzI1")
			b.do("DELETE", "/v1/customers/"+b.get("/v1/customers").str("data.0.id"), "")
		})

		now, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "taken over", strings.HasPrefix(string(now), "checkoutd sandbox log"), true)
	}
}

func TestAnAdvancedClockAndAResetSurviveAKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "state")
	b := newBox(t, stateIn(file))
	b.ok("/v1/customers", "name=before")
	b.s.Reset()
	b.s.Advance(time.Hour)
	b.s.Advance(time.Hour)
	cus := b.ok("/v1/customers", "name=after")

	after := newBox(t, stateIn(copyOf(t, file)))
	list := after.get("/v1/customers")
	want(t, "customers", list.size("data"), 1)
	want(t, "the customer", list.str("data.0.id"), cus.str("id"))
	ahead := after.ok("/v1/customers").num("created") - time.Now().Unix()
	want(t, "two hours ahead", ahead > 7000 && ahead < 7400, true)
}

func copyOf(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	out := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(out, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// killedState, in the environment, makes the test binary run a sandbox with
// that state file until it is killed. It compacts the file all the time and
// prints the ID of each payment that it has answered.
const killedState = "CHECKOUTD_SANDBOX_KILLED"

// TestAKillForgetsNoAnswer kills a sandbox that pays and compacts.
func TestAKillForgetsNoAnswer(t *testing.T) {
	t.Parallel()
	if file := os.Getenv(killedState); file != "" {
		payUntilKilled(t, file)
		return
	}

	file := filepath.Join(t.TempDir(), "state")
	answered := map[string]string{} // intents by idempotency key
	for range 3 {
		runUntilKilled(t, file, answered)

		b := newBox(t, stateIn(copyOf(t, file)))
		for key, id := range answered {
			want(t, id, b.get("/v1/payment_intents/"+id).str("status"), "succeeded")
			again := b.do("POST", "/v1/payment_intents", payment, header("Idempotency-Key", key))
			want(t, "replayed", again.str("id"), id)
		}
	}
}

var payment = form("amount=2000", "currency=usd", "confirm=true", "payment_method=pm_card_visa", "payment_method_types[]=card")

func runUntilKilled(t *testing.T, file string, answered map[string]string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAKillForgetsNoAnswer$")
	cmd.Env = append(os.Environ(), killedState+"="+file)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}

	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); {
		key, id, ok := strings.Cut(lines.Text(), " ")
		if !ok || !strings.HasPrefix(id, "pi_") {
			t.Fatalf("the child says %q", lines.Text())
		}

		answered[key] = id
		if n++; n == 50 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}

	_ = cmd.Wait() // it was killed
}

func payUntilKilled(t *testing.T, file string) {
	t.Helper()
	s, err := sandbox.New(sandbox.Config{StateFile: file})
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.CompactAlways(context.Background().Done()) }() // until it is killed

	server := httptest.NewServer(s)
	b := &box{t: t, s: s, url: server.URL}
	var group sync.WaitGroup
	var out sync.Mutex
	for caller := range 4 {
		group.Go(func() {
			for n := 0; ; n++ {
				key := fmt.Sprintf("%d-%d-%d", os.Getpid(), caller, n)
				id := b.do("POST", "/v1/payment_intents", payment, header("Idempotency-Key", key)).str("id")
				out.Lock()
				fmt.Println(key, id)
				out.Unlock()
			}
		})
	}

	group.Wait()
}
