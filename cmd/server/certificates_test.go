package main

import (
	"strings"
	"testing"
	"time"

	"checkoutd/internal/certificates"
)

func TestCertificates(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.open()
	err := s.AddCertificates(t.Context(), []certificates.Certificate{{
		ID:        "pay.shop.test https://ca.test/dir",
		Domain:    "pay.shop.test",
		Directory: "https://ca.test/dir",
		Challenge: certificates.HTTP01,
		Tries:     2,
		Problem:   "connection refused",
		NextAt:    time.Now().Add(time.Hour),
	}})
	if err != nil {
		t.Fatal(err)
	}

	out := p.ok("certificates", "list")
	for _, want := range []string{"pay.shop.test", "ca.test", "failed 2 times", "connection refused"} {
		if !strings.Contains(out, want) {
			t.Errorf("the list does not show %q:\n%s", want, out)
		}
	}

	if out := p.ok("certificates", "renew", "pay.shop.test"); !strings.Contains(out, "pay.shop.test is due") {
		t.Errorf("got %q", out)
	}
	list, err := s.Certificates(t.Context(), "")
	if err != nil || list[0].NextAt.After(time.Now()) {
		t.Errorf("due at %s, %v; want now", list[0].NextAt, err)
	}

	p.fails([]string{"certificates", "renew", "other.test"}, "there is no certificate of this name")
	p.fails([]string{"certificates", "renew"}, "one name of TLS_DOMAINS")
	p.fails([]string{"certificates", "list", "all"}, "all")
}
