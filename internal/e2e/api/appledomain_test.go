package api_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

// Stripe asks for the file itself under the name that it registers: a 200 and
// no redirect.
func TestAppleDomainFile(t *testing.T) {
	t.Parallel()
	const path, content = "/.well-known/apple-developer-merchantid-domain-association", "7B227073704964223A22\n"
	file := filepath.Join(t.TempDir(), "apple")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}

	s := e2etest.OpenShop(t, e2etest.Set("APPLE_PAY_DOMAIN_FILE", file), e2etest.Set("BASE_URL", "https://shop.example"))
	if r := s.Buyer(t).Call("GET", path, ""); r.Status != http.StatusOK || r.Body != content ||
		r.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("got %d %v %q", r.Status, r.Header, r.Body)
	}
	if status, location, _ := visit(t, s, "www.shop.example", path); status != http.StatusOK {
		t.Errorf("under a second name: %d to %q, want 200", status, location)
	}

	without := e2etest.OpenShop(t)
	if r := without.Buyer(t).Call("GET", path, ""); r.Status != http.StatusNotFound {
		t.Errorf("without the file: got %d %s", r.Status, r.Body)
	}
}
