package sandbox

// forces3DS tells whether the merchant asks for 3D Secure where it is optional.
// See https://docs.stripe.com/payments/3d-secure/authentication-flow#manual-three-ds.
func (a *attempt) forces3DS() bool {
	how := a.ownOption("request_three_d_secure")
	return (how == "any" || how == "challenge") && !a.offSession
}

// asksBuyer tells whether the cardholder has to authenticate. See https://docs.stripe.com/testing#regulatory-cards.
func asksBuyer(cd *card, a *attempt) bool {
	switch cd.auth {
	case "required", "error":
		return true
	case "setup":
		return !a.offSession || !a.pm.private.Ready
	case "presetup":
		return !a.offSession
	case "optional":
		return a.forces3DS()
	}
	return false
}

// secureResult is what the charge says about 3D Secure, nil when nobody tried it. Cards that are not for testing it
// acknowledge the attempt.
func (a *attempt) secureResult() *Secure {
	cd := a.pm.testCard()
	done := func(flow string) *Secure {
		return &Secure{
			AuthenticationFlow: &flow, ElectronicCommerceIndicator: new("05"), Result: "authenticated",
			TransactionID: new(randomText(28)), Version: new("2.2.0"),
		}
	}
	switch {
	case a.secured:
		return done("challenge")
	case cd == nil:
		return nil
	case cd.auth == "frictionless" && !a.offSession:
		return done("frictionless")
	case !a.forces3DS():
		return nil
	case cd.auth == "unsupported":
		return &Secure{Result: "not_supported"}
	case cd.auth == "optional_error":
		return &Secure{Result: "processing_error", ResultReason: new("protocol_error"), Version: new("2.2.0")}
	}
	return &Secure{Result: "attempt_acknowledged", ElectronicCommerceIndicator: new("06"), Version: new("2.2.0")}
}
