package torture_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

// TestKillWhileTelling kills the server at each step of a webhook to the shop's
// backend. Nothing is lost, and it comes again only where HTTP forces that:
// when the backend took it and the server could not know.
func TestKillWhileTelling(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		moment moment
		times  int
	}{
		{arrived, 1},    // the backend never took it
		{executed, 2},   // taken, and the answer is lost
		{unrecorded, 2}, // answered, and the server cannot commit that
		{committing, 2}, // the same, while it tries
	} {
		t.Run(tt.moment.String(), func(t *testing.T) {
			t.Parallel()
			b := newBackend(t)
			h := newHarness(t, settingsOf(b)...)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()

			a := h.armAt(&b.breakpoints, kill{"HOOK order.paid", tt.moment})

			if err := h.buy(ctx, mug, goodCard); err != nil {
				t.Fatal(err)
			}

			select {
			case <-a.killed:
			case <-ctx.Done():
				t.Fatal("no webhook came")
			}

			h.restart()
			close(a.goOn)

			h.eventually("it came as often as it must", func() bool {
				return slices.Equal(slices.Collect(maps.Values(b.counts())), []int{tt.times})
			})
			b.wantTold(h, tt.times)
			h.wantAgreement(patience)
		})
	}
}

// TestKillWhileTellingAtRandom kills the server at random moments while orders
// are paid: between a payment and its effect's work, between that and the
// delivery, and so on. No e-mail comes twice, and none is forgotten.
func TestKillWhileTellingAtRandom(t *testing.T) {
	t.Parallel()
	b, m := newBackend(t), newMailServer(t)
	h := newHarness(t, append(settingsOf(b), m.settings()...)...)
	stop := h.crowd(4)

	kills := scaled(6, 100)
	for range kills {
		goOn := h.killSoon()
		if err := h.servers[0].start(); err != nil {
			t.Fatal(err)
		}

		close(goOn)
	}

	h.restart()
	stop()
	b.wantTold(h, kills+2)
	m.wantOnce(t)
	h.wantQuiet()

	if n := h.count(`SELECT COUNT(*) FROM effects e WHERE kind = 'order.paid'
		AND NOT EXISTS (SELECT 1 FROM emails WHERE effect_id = e.id AND recipient = 'shop')`); n != 0 {
		t.Errorf("%d paid orders have no e-mail", n)
	}

	sent := h.count(`SELECT COUNT(*) FROM emails WHERE recipient = 'shop' AND state = 'sent'`)

	unknown := h.count(`SELECT COUNT(*) FROM emails WHERE recipient = 'shop' AND state = 'unknown'`)
	if came := len(m.taken()); came < sent || came > sent+unknown {
		t.Errorf("%d e-mails came; %d are sent, and nobody knows of %d", came, sent, unknown)
	}

	h.wantAgreement(patience)
}

// TestReplicasTellOnce checks that three servers tell the backend everything
// once, in order, and never two things about an order at once, whichever of
// them made it happen, while other backends hang, redirect or fail. Then one
// after the other dies.
func TestReplicasTellOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), scaled(patience, 4*patience))
	defer cancel()

	b := newBackend(t)
	bad, busy := badBackends(t, b)
	db := newPostgreSQL(t)
	h := openHarness(t, db, settingsOf(append(bad, b)...), newLeash(t), newLeash(t), newLeash(t))
	h.key = h.apiKey(ctx)

	h.refundInParts(ctx, scaled(3, 100))
	stop := h.crowd(4)
	h.somePaid(scaled(12, 200))
	stop()
	b.wantTold(h, 1)
	b.wantOneAtATime()

	for id, n := range busy.counts() {
		if n > 1 {
			t.Errorf("%s came %d times to a backend that wants to be left alone for an hour", id, n)
		}
	}

	h.eventually("the endpoint that is gone is off", func() bool {
		return h.count(`SELECT COUNT(*) FROM endpoints WHERE state = 'disabled'`) == 1
	})

	stop = h.crowd(4)

	for _, s := range h.servers {
		h.somePaid(2)
		s.kill()
		h.somePaid(2)

		if err := s.start(); err != nil {
			t.Fatal(err)
		}
	}

	h.restart()
	stop()
	b.wantTold(h, 2*len(h.servers))
	h.wantAgreement(scaled(patience, 4*time.Minute))
}

// badBackends returns backends that hang, redirect to good, fail, are gone, and
// are busy. The last one is returned apart, too.
func badBackends(t *testing.T, good *backend) (all []*backend, busy *backend) {
	t.Helper()
	busy, hang := &backend{}, make(chan struct{})
	for _, answer := range []http.HandlerFunc{
		func(http.ResponseWriter, *http.Request) { <-hang },
		func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, good.url, http.StatusTemporaryRedirect)
		},
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) },
		func(w http.ResponseWriter, r *http.Request) {
			busy.take(webhook{ID: r.Header.Get("webhook-id")})
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	} {
		web := httptest.NewServer(answer)
		t.Cleanup(web.Close)
		all = append(all, &backend{url: web.URL})
	}

	t.Cleanup(func() { close(hang) })

	busy.url = all[len(all)-1].url
	return all, busy
}

// refundInParts lets n orders be paid and refunds each in three parts, on
// whichever servers: four things happen to each.
func (h *harness) refundInParts(ctx context.Context, n int) {
	h.t.Helper()
	for range n {
		order, err := h.confirmed(ctx)
		if err != nil {
			h.t.Fatal(err)
		}

		for part := int64(1); part <= 3; part++ {
			name := fmt.Sprint(order, "-", part)
			h.answerTo(ctx, h.key, name, "/v1/orders/"+order+"/refund", `{"amount":100}`)
			h.promised.refund(order, part*100)
		}
	}
}
