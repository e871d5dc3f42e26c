package storetest

import (
	"errors"
	"testing"
	"time"

	"checkoutd/internal/certificates"
	"checkoutd/internal/store"
)

func testCertificates(t *testing.T, e Engine) {
	f := newFixture(t, e)
	s, beside := f.openWith("a"), f.openWith("a")
	first := certificates.Certificate{
		ID:        certificates.IDOf("https://ca.test/dir", "pay.shop.test"),
		Domain:    "pay.shop.test",
		Directory: "https://ca.test/dir",
		Challenge: certificates.TLSALPN01,
		NextAt:    start,
	}

	elsewhere := first
	elsewhere.Directory = "https://other.test/dir"
	elsewhere.ID = certificates.IDOf(elsewhere.Directory, elsewhere.Domain)

	// Two servers start at once.
	together(2, func(int) {
		if err := s.AddCertificates(f.ctx, []certificates.Certificate{first, elsewhere}); err != nil {
			t.Error(err)
		}
	})

	claims := make(chan certificates.Certificate, 2)
	together(2, func(int) {
		c, ok, err := s.ClaimCertificate(f.ctx, first.ID, start, start.Add(time.Minute))
		if err != nil {
			t.Error(err)
		}

		if ok {
			claims <- c
		}
	})

	close(claims)

	c, ok := <-claims
	if _, more := <-claims; !ok || more || c.LeaseToken == "" || c.Domain != first.Domain {
		t.Fatalf("claimed %+v, and by two servers: %t", c, more)
	}

	c.OrderURL, c.OrderKey = "https://ca.test/order/1", "the key of the order"
	if err := s.SaveCertificate(f.ctx, c, false); err != nil {
		t.Fatal(err)
	}

	// Its lease ends, and another server goes on with the order.
	taken, ok, err := beside.ClaimCertificate(f.ctx, first.ID, start.Add(time.Minute), start.Add(time.Hour))
	if err != nil || !ok || taken.OrderURL != c.OrderURL || taken.OrderKey != c.OrderKey {
		t.Fatalf("got %+v, %t, %v; want the order of the first server", taken, ok, err)
	}
	if err := s.SaveCertificate(f.ctx, c, true); !errors.Is(err, certificates.ErrLost) {
		t.Errorf("the first server, late: %v, want ErrLost", err)
	}

	taken.Chain, taken.Key, taken.OrderURL, taken.OrderKey = "the chain", "the key", "", ""
	taken.NotBefore, taken.NotAfter, taken.NextAt = start, start.AddDate(0, 0, 90), start.AddDate(0, 0, 60)
	taken.Tries, taken.Problem, taken.FailedAt = 2, "no answer", start

	if err := beside.SaveCertificate(f.ctx, taken, true); err != nil {
		t.Fatal(err)
	}

	list, err := s.Certificates(f.ctx, first.Directory)
	if err != nil || len(list) != 1 {
		t.Fatalf("got %d, %v; want that of the CA", len(list), err)
	}

	want := taken
	want.LeaseToken, want.CreatedAt, want.UpdatedAt = "", list[0].CreatedAt, list[0].UpdatedAt

	if list[0] != want {
		t.Errorf("got %+v\nwant %+v", list[0], want)
	}

	// The keys are sealed, and change their seal with DATA_KEY.
	if _, err := f.open(store.Options{}).Certificates(f.ctx, first.Directory); err == nil {
		t.Error("the private key is in clear")
	}

	next := f.openWith("ba")
	if _, err := next.Reseal(f.ctx); err != nil {
		t.Fatal(err)
	}
	list, err = f.openWith("b").Certificates(f.ctx, "")
	if err != nil || len(list) != 2 || list[1].Key+list[0].Key != "the key" {
		t.Errorf("after the rotation: %+v, %v", list, err)
	}

	later, until := start.Add(time.Hour), start.Add(2*time.Hour)
	if _, ok, err := s.ClaimCertificate(f.ctx, first.ID, later, until); ok || err != nil {
		t.Errorf("claimed before its time: %t, %v", ok, err)
	}
	if n, err := next.RenewCertificates(f.ctx, first.Domain, later); n != 2 || err != nil {
		t.Errorf("a person renews: %d, %v; want 2", n, err)
	}
	if _, ok, err := next.ClaimCertificate(f.ctx, first.ID, later, until); !ok || err != nil {
		t.Errorf("not claimed when a person wants it: %t, %v", ok, err)
	}

	testChallenges(f)
}

func testChallenges(f *fixture) {
	f.t.Helper()
	add := func(token string, kind certificates.Kind, at time.Time) {
		f.t.Helper()
		for range 2 { // a repetition changes nothing
			if err := f.AddChallenge(f.ctx, certificates.Challenge{
				Token:     token,
				Domain:    "pay.shop.test",
				Kind:      kind,
				CreatedAt: at,
				ExpiresAt: at.Add(time.Hour),
			}); err != nil {
				f.t.Fatal(err)
			}
		}
	}

	of := func(at time.Time) string {
		c, err := f.ChallengeOf(f.ctx, "pay.shop.test", at)
		if err != nil && !errors.Is(err, certificates.ErrNotFound) {
			f.t.Error(err)
		}
		return c.Token
	}

	by := func(token string, at time.Time) string {
		c, err := f.ChallengeByToken(f.ctx, token, at)
		if err != nil && !errors.Is(err, certificates.ErrNotFound) {
			f.t.Error(err)
		}
		return c.Token
	}

	add("old", certificates.TLSALPN01, start)
	add("new", certificates.TLSALPN01, start.Add(time.Minute))
	add("file", certificates.HTTP01, start.Add(2*time.Minute))

	for _, tt := range []struct{ what, got, want string }{
		{"the newest handshake", of(start.Add(3 * time.Minute)), "new"},
		{"after its end", of(start.Add(2 * time.Hour)), ""},
		{"the file", by("file", start.Add(3*time.Minute)), "file"},
		{"a handshake is no file", by("new", start.Add(3*time.Minute)), ""},
		{"a file after its end", by("file", start.Add(2*time.Hour)), ""},
	} {
		if tt.got != tt.want {
			f.t.Errorf("%s: got %q, want %q", tt.what, tt.got, tt.want)
		}
	}
}
