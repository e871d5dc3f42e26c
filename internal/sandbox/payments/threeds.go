package payments

import (
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// forces3DS tells whether the merchant asks for 3D Secure where it is optional.
// See
// https://docs.stripe.com/payments/3d-secure/authentication-flow#manual-three-ds.
func (a *Attempt) forces3DS() bool {
	how := a.ownOption("request_three_d_secure")
	return (how == "any" || how == "challenge") && !a.OffSession
}

// asksBuyer tells whether the cardholder has to authenticate. See
// https://docs.stripe.com/testing#regulatory-cards.
func asksBuyer(cd *testcards.Card, a *Attempt) bool {
	switch cd.Auth {
	case "required", "error":
		return true
	case "setup":
		return !a.OffSession || !a.Method.private.Ready
	case "presetup":
		return !a.OffSession
	case "optional":
		return a.forces3DS()
	}

	return false
}

// secureResult is what the charge says about 3D Secure, nil when nobody tried
// it. Cards that are not for testing it acknowledge the attempt.
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
