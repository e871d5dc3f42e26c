package e2etest

// Stripe's test cards (https://docs.stripe.com/testing).
const (
	CardPays     = "4242424242424242"
	CardDeclined = "4000000000000002"
	CardNoFunds  = "4000000000009995"
	CardAsks     = "4000000000003220"
)

// Prices of ShopCatalog in minor units.
const (
	MugPrice = 1800
	TeaPrice = 950
)

// Personal data and secrets that must not appear in a log or an error.
const (
	CanaryName  = "Jenny Canary"
	CanaryEmail = "jenny.canary@example.com"
	CanaryKey   = "canarykeycanarykeycanary"
	CanaryCard  = "5555341244441115"
	CanaryToken = "ctoken_canary7d1f"
	CanaryIBAN  = "DE89370400440532013000"
)
