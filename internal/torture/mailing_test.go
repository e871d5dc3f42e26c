package torture_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
)

// TestKillWhileMailing kills the server at each step of an e-mail. SMTP cannot
// tell what became of it, so it is not sent again by itself: it comes at most
// once. The shop sees it, and may send it again.
func TestKillWhileMailing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		point mailPoint
		lock  bool // the answer cannot be recorded
		times int
	}{
		{"before anything is handed over", greeted, false, 0},
		{"when it is taken and not answered", taken, false, 1},
		{"when it is answered and not recorded", told, true, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newMailServer(t)
			h := newHarness(t, m.settings()...)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()

			killed := m.killAt(h, tt.point, tt.lock)
			if err := h.buy(ctx, mug, goodCard); err != nil {
				t.Fatal(err)
			}
			select {
			case <-killed:
			case <-ctx.Done():
				t.Fatal("no e-mail came")
			}
			h.restart()

			h.eventually("nobody knows what became of it", func() bool {
				return h.count(`SELECT COUNT(*) FROM emails WHERE recipient = 'shop' AND state = 'unknown'`) == 1
			})
			if n := len(m.taken()); n != tt.times {
				t.Errorf("%d e-mails were taken, want %d", n, tt.times)
			}

			// One that did come has the same Message-ID when it is sent again.
			h.resendEmails(ctx)
			h.eventually("it is sent again", func() bool { return total(m.taken()) == tt.times+1 })
			if n := len(m.taken()); n != 1 {
				t.Errorf("it came as %d e-mails, want one", n)
			}
			h.wantAgreement(patience)
		})
	}
}

// killAt kills the server when the next e-mail is at a point. With lock, the
// server cannot commit anything from then on.
func (m *mailServer) killAt(h *harness, point mailPoint, lock bool) (killed chan struct{}) {
	killed = make(chan struct{})
	kill := func(release func()) {
		h.servers[0].kill()
		release()
		close(killed)
	}

	m.setStop(func(p mailPoint) {
		if p != point {
			return
		}
		m.setStop(nil)
		if !lock {
			kill(func() {})
			return
		}

		// The answer leaves when this returns, and the server finds the
		// database locked.
		release := h.db.lock(h.t)
		go func() {
			_ = pause(context.WithoutCancel(h.t.Context()))
			kill(release)
		}()
	})
	return killed
}

// resendEmails sends again what nobody knows of, as the shop's operator does.
func (h *harness) resendEmails(ctx context.Context) {
	h.t.Helper()
	db, err := sql.Open(h.db.driver, h.db.dsn)
	if err != nil {
		h.t.Fatal(err)
	}
	var id string
	err = db.QueryRowContext(ctx, `SELECT id FROM emails WHERE recipient = 'shop' AND state = 'unknown'`).Scan(&id)
	if err := errors.Join(err, db.Close()); err != nil {
		h.t.Fatal(err)
	}

	resend := h.command(ctx, "mails", "resend", id)
	if err := resend.Run(); err != nil {
		h.t.Fatalf("mails resend: %v\n%s", err, resend.Stderr)
	}
}

func total(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
