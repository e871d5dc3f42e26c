package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"checkoutd/internal/fault"
)

func TestOf(t *testing.T) {
	t.Parallel()
	cause := errors.New("pq: password authentication failed")

	t.Run("an unknown error is internal and hidden", func(t *testing.T) {
		t.Parallel()
		e := fault.Of(cause)
		if e.Kind != fault.Internal || e.Code != "internal_error" {
			t.Errorf("got kind %v code %q, want Internal internal_error", e.Kind, e.Code)
		}
		if strings.Contains(e.Message, "password") {
			t.Errorf("the public message %q shows the cause", e.Message)
		}
		if !errors.Is(e, cause) {
			t.Error("the cause is lost to the log")
		}
	})

	t.Run("a wrapped fault keeps its public face", func(t *testing.T) {
		t.Parallel()
		err := fmt.Errorf("reserve: %w", fault.Wrap(cause, fault.Conflict, "payment_in_progress", "Wait."))
		e := fault.Of(err)
		if e.Kind != fault.Conflict || e.Code != "payment_in_progress" || e.Message != "Wait." {
			t.Errorf("got %+v", e)
		}
		if !fault.Is(err, "payment_in_progress") || fault.Is(err, "other") {
			t.Error("Is does not go by the code")
		}
	})
}

func TestWithLeavesTheOriginalAlone(t *testing.T) {
	t.Parallel()
	base := fault.New(fault.Conflict, "amount_changed", "The total changed.")
	a, b := base.With("amount", 1), base.With("amount", 2)
	if base.Extra != nil || a.Extra["amount"] != 1 || b.Extra["amount"] != 2 {
		t.Errorf("got base %v, a %v, b %v", base.Extra, a.Extra, b.Extra)
	}
}
