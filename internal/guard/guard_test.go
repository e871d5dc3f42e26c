package guard_test

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/guard"
	"checkoutd/internal/testkit"
)

// outcome is how an attempt ended.
type outcome int

const (
	paid outcome = iota
	declined
	asked // for 3D Secure, and not answered yet
)

// ledger is a Ledger in memory.
type ledger struct {
	mu      sync.Mutex
	entries []entry
	mode    guard.Mode
}

type entry struct {
	source, customer string
	at               time.Time
	outcome          outcome
}

func (l *ledger) record(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
}

func (l *ledger) tries(now time.Time, counts func(entry) bool) (t guard.Tries, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()

	for _, e := range l.entries {
		if !counts(e) {
			continue
		}

		for limit, o := range map[time.Duration]*guard.Outcomes{
			time.Hour: &t.Hour, 10 * time.Minute: &t.Recent, time.Minute: &t.LastMinute,
		} {
			if now.Sub(e.at) > limit {
				continue
			}

			switch e.outcome {
			case paid:
				o.Good++
			case declined:
				o.Failed++
			case asked:
				o.Waiting++
			}
		}
	}

	return t, nil
}

func (l *ledger) SourceTries(_ context.Context, source string, now time.Time) (guard.Tries, error) {
	return l.tries(now, func(e entry) bool { return e.source == source })
}

func (l *ledger) CustomerTries(_ context.Context, customer string, now time.Time) (guard.Tries, error) {
	return l.tries(now, func(e entry) bool { return e.customer == customer })
}

func (l *ledger) ShopTries(_ context.Context, now time.Time) (guard.Tries, error) {
	return l.tries(now, func(entry) bool { return true })
}

func (l *ledger) CustomerHasPaid(_ context.Context, customer string, before time.Time) (bool, error) {
	t, err := l.tries(before, func(e entry) bool {
		return e.customer == customer && e.outcome == paid && e.at.Before(before)
	})
	return t.Hour.Good > 0, err
}

func (l *ledger) GuardMode(context.Context) (guard.Mode, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mode, nil
}

// shop is a guard over a ledger in memory.
type shop struct {
	*guard.Guard
	t      *testing.T
	clock  *testkit.Clock
	ledger *ledger
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, clock: testkit.NewClock(), ledger: &ledger{}}
	s.Guard = guard.New(guard.Config{
		Ledger: s.ledger,
		Now:    s.clock.Now,
		Log:    zerolog.New(io.Discard),
		Key:    []byte("key"),
	})
	return s
}

// try makes an attempt and reports whether the guard admitted it.
func (s *shop) try(address, customer string, o outcome) bool {
	s.t.Helper()
	source := s.Source(netip.MustParseAddr(address))
	done, err := s.Admit(s.t.Context(), source, customer)
	if err != nil {
		if f := fault.Of(err); f.Kind != fault.TooMany || f.Extra["retry_after"] == nil {
			s.t.Fatal(err)
		}
		return false
	}

	s.ledger.record(entry{source: source, customer: customer, at: s.clock.Now(), outcome: o})
	done()
	return true
}

func TestOneAddressTestsTenThousandCards(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]outcome{"declined": declined, "asked for 3D Secure": asked} {
		s, through := newShop(t), 0
		for range 10_000 {
			s.clock.Advance(100 * time.Millisecond)
			if s.try("203.0.113.7", "", o) {
				through++
			}
		}

		t.Logf("%s: %d of 10,000 cards in %s reached Stripe", name, through, 10_000*100*time.Millisecond)
		if through >= 50 {
			t.Errorf("%s: %d cards reached Stripe, want fewer than 50", name, through)
		}
	}
}

func TestAThousandAddressesTestTenThousandCards(t *testing.T) {
	t.Parallel()
	s, through := newShop(t), 0
	for i := range 10_000 {
		s.clock.Advance(100 * time.Millisecond)
		if s.try(fmt.Sprintf("2001:db8:%x::1", i%1000), "", declined) {
			through++
		}
	}

	t.Logf("%d of 10,000 cards in %s reached Stripe", through, 10_000*100*time.Millisecond)
	if through >= 500 {
		t.Errorf("%d cards reached Stripe, want fewer than 500", through)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)

	// None of them is in the ledger while the others ask.
	source, through := s.Source(netip.MustParseAddr("203.0.113.7")), 0
	for range 1000 {
		if _, err := s.Admit(t.Context(), source, ""); err == nil {
			through++
		}
	}

	if through >= 50 {
		t.Errorf("%d attempts of one address were admitted at once, want fewer than 50", through)
	}
}

func TestAnOfficePays(t *testing.T) {
	t.Parallel()
	s := newShop(t)

	// 60 orders a minute, behind one address. Every sixth card is declined at
	// first.
	for i := range 600 {
		s.clock.Advance(time.Second)
		if i%6 == 0 && !s.try("198.51.100.1", "", declined) || !s.try("198.51.100.1", "", paid) {
			t.Fatalf("buyer %d was refused", i)
		}
	}
}

func TestBuyersDuringAnAttack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.try("198.51.100.1", "cus_regular", paid)
	s.clock.Advance(90 * time.Minute)
	s.try("198.51.100.2", "", paid)
	s.clock.Advance(time.Minute)

	for i := range 200 {
		s.try(fmt.Sprintf("203.0.%d.%d", i/100, i%100), "", declined)
	}

	status, err := s.Status(t.Context())
	if err != nil || !status.Alarm {
		t.Fatalf("got %+v, %v; want the alarm", status, err)
	}

	if s.try("192.0.2.1", "", paid) {
		t.Error("a stranger went through at once")
	}
	if !s.try("198.51.100.2", "", paid) {
		t.Error("an address that had just paid was refused")
	}
	if spares, _ := s.Spares(t.Context(), s.Source(netip.MustParseAddr("192.0.2.1"))); !spares {
		t.Error("a stranger gets a customer session")
	}

	// The shop stays open to strangers at its usual pace.
	s.clock.Advance(61 * time.Second)
	if !s.try("192.0.2.1", "", paid) {
		t.Error("a stranger was refused although nobody else tried for a minute")
	}

	// It is over when the failures are.
	s.clock.Advance(11 * time.Minute)
	for i := range 20 {
		if !s.try(fmt.Sprintf("192.0.2.%d", i), "", paid) {
			t.Errorf("stranger %d was refused after the attack", i)
		}
	}
}

func TestARegularDuringAnAttack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.try("198.51.100.1", "cus_regular", paid)
	s.clock.Advance(61 * time.Minute)
	for i := range 200 {
		s.try(fmt.Sprintf("203.0.%d.%d", i/100, i%100), "", declined)
	}

	if !s.try("192.0.2.9", "cus_regular", paid) {
		t.Error("a customer who paid before was refused")
	}
	if s.try("192.0.2.10", "cus_new", declined) {
		t.Error("a new customer went through")
	}
}

func TestACustomerOfManyAddresses(t *testing.T) {
	t.Parallel()
	s, through := newShop(t), 0
	for i := range 100 {
		if s.try(fmt.Sprintf("203.0.113.%d", i), "cus_one", declined) {
			through++
		}
	}

	if through > 20 {
		t.Errorf("%d cards of one customer reached Stripe, want 20 at most", through)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.ledger.mode = guard.Off
	for i := range 100 {
		if !s.try("203.0.113.7", "", declined) {
			t.Fatalf("attempt %d was refused although the guard is off", i)
		}
	}

	s = newShop(t)
	s.ledger.mode = guard.Strict
	through := 0
	for i := range 10 {
		if s.try(fmt.Sprintf("203.0.113.%d", i), "", declined) {
			through++
		}
	}
	if through != 3 {
		t.Errorf("%d strangers went through in strict mode, want 3 in a minute", through)
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	g := guard.New(guard.Config{Key: []byte("key"), FreeLoopback: true})
	source := func(address string) string { return g.Source(netip.MustParseAddr(address)) }

	if a, b := source("2001:db8::1"), source("2001:db8::ffff:1"); a == "" || a != b {
		t.Errorf("two addresses of a household are %q and %q", a, b)
	}
	if a, b := source("2001:db8:0:1::1"), source("2001:db8:0:2::1"); a == b {
		t.Error("two households are one source")
	}
	if a, b := source("203.0.113.7"), source("203.0.113.8"); a == b {
		t.Error("two addresses are one source")
	}
	if got := source("127.0.0.1") + source("::1") + g.Source(netip.Addr{}); got != "" {
		t.Errorf("loopback is the source %q", got)
	}

	other := guard.New(guard.Config{Key: []byte("other")})
	if other.Source(netip.MustParseAddr("203.0.113.7")) == source("203.0.113.7") {
		t.Error("the hash does not depend on the key")
	}
}
