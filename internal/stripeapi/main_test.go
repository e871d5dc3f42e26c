package stripeapi_test

import (
	"os"
	"testing"

	"checkoutd/internal/stripeapi"
)

// TestMain makes the first Client as the server does: the name that stripe-go
// sends is the process's, and tests of Clients without one run beside the
// tests that look at it.
func TestMain(m *testing.M) {
	stripeapi.New(stripeapi.Config{Key: stripeapi.FixedKey("sk_test_1"), AppVersion: "1.2.3"})
	os.Exit(m.Run())
}
