package torture_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"checkoutd/internal/pgtest"
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
// delivery, and so on.
func TestKillWhileTellingAtRandom(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	h := newHarness(t, settingsOf(b)...)
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
	h.wantAgreement(patience)
}

// TestReplicasTellOnce checks that three servers tell the backend everything
// once and in order, whichever of them made it happen, while another backend
// hangs, redirects or fails. Then one after the other dies.
func TestReplicasTellOnce(t *testing.T) {
	t.Parallel()
	b, hang := newBackend(t), make(chan struct{})
	var bad []*backend
	for _, answer := range []http.HandlerFunc{
		func(_ http.ResponseWriter, r *http.Request) { <-hang },
		func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, b.url, http.StatusTemporaryRedirect) },
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) },
	} {
		web := httptest.NewServer(answer)
		t.Cleanup(web.Close)
		bad = append(bad, &backend{url: web.URL})
	}
	t.Cleanup(func() { close(hang) })

	db := postgresAt(pgtest.Shared(t).NewDatabase(t))
	h := openHarness(t, db, settingsOf(append(bad, b)...), newLeash(t), newLeash(t), newLeash(t))
	stop := h.crowd(4)
	h.somePaid(scaled(12, 200))
	stop()
	b.wantTold(h, 1)

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
