package payments

import (
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// forces3DS reports whether the merchant requests 3D Secure where it is
// optional. See
// https://docs.stripe.com/payments/3d-secure/authentication-flow#manual-three-ds.
func (a *Attempt) forces3DS() bool {
	request := a.methodOption("request_three_d_secure")
	return (request == "any" || request == "challenge") && !a.OffSession
}

// isMOTO reports whether the call, or else prev, says that the order came by
// mail or telephone. Nobody has to authenticate then, as such orders are
// outside the rules of strong customer authentication.
func (c *Call) isMOTO(prev bool) bool {
	if p := c.Params.At("payment_method_options", "card", "moto"); p != nil {
		return wire.IsTrue(p.Value)
	}
	return prev
}

// asksBuyer reports whether the cardholder has to authenticate. See
// https://docs.stripe.com/testing#regulatory-cards.
func asksBuyer(cd *testcards.Card, a *Attempt) bool {
	if a.Intent.private.MOTO {
		return false
	}

	switch cd.Auth {
	case "required", "error":
		return true
	case "setup": // until it is set up for off-session use
		return !a.OffSession || !a.Method.private.Ready
	case "presetup":
		return !a.OffSession
	case "optional":
		return a.forces3DS()
	}

	return false
}

// secureResult returns the result of 3D Secure for the charge, nil if nobody
// attempted it. The issuers of cards that do not test 3D Secure acknowledge the
// attempt.
func (a *Attempt) secureResult() *Secure {
	cd := a.Method.testCard()
	done := func(flow string) *Secure {
		return &Secure{
			AuthenticationFlow:          &flow,
			ElectronicCommerceIndicator: new("05"),
			Result:                      "authenticated",
			TransactionID:               new(wire.RandomText(28)),
			Version:                     new("2.2.0"),
		}
	}

	switch {
	case a.secured:
		return done("challenge")
	case cd == nil:
		return nil
	case cd.Auth == "frictionless" && !a.OffSession:
		return done("frictionless")
	case !a.forces3DS():
		return nil
	case cd.Auth == "unsupported":
		return &Secure{Result: "not_supported"}
	case cd.Auth == "optional_error":
		return &Secure{
			Result:       "processing_error",
			ResultReason: new("protocol_error"),
			Version:      new("2.2.0"),
		}
	}

	return &Secure{
		Result:                      "attempt_acknowledged",
		ElectronicCommerceIndicator: new("06"),
		Version:                     new("2.2.0"),
	}
}
