package config

// Payment is how an order is to be paid. Its fields are those of orders.Options,
// so that the one converts to the other.
type Payment struct {
	CaptureMethod              string   // automatic | manual
	SetupFutureUsage           string   // "" | on_session | off_session
	PaymentMethodTypes         []string // nil = those that the Dashboard has switched on
	PaymentMethodConfiguration string   // pmc_…, "" = the account's default
	OnBehalfOf                 string   // acct_…, "" = the account of the keys
	RequireCVCRecollection     bool     // ask for a saved card's CVC
	Installments               bool     // of cards
	BankVerification           string   // of us_bank_account: "" | automatic | instant | microdeposits
	ReceiptEmail               bool     // Stripe mails a receipt; only with CollectEmail
}

// Page is what the checkout page asks beside the payment method.
type Page struct {
	ExpressCheckout bool // wallets and Link above the form
	CollectEmail    bool
	BillingAddress  string // auto | full
	ShippingPhone   bool

	// PaymentMethodCreation is an option of Elements: "" | manual.
	PaymentMethodCreation string
}

// Layout is how the Payment Element arranges the payment methods. Nil leaves the choice
// to Stripe (https://docs.stripe.com/js/elements_object/create_payment_element).
type Layout struct {
	Type             string // tabs | accordion | auto
	DefaultCollapsed *bool
	// Of an accordion only:
	Radios       *bool
	SpacedItems  *bool
	VisibleItems *int // before "More"; 0 = all
}

// SavedMethods are the features of the page's CustomerSession
// (https://docs.stripe.com/api/customer_sessions/object).
type SavedMethods struct {
	Redisplay bool
	Limit     int      // how many are shown, 0 = Stripe's choice
	Filters   []string // always, limited, unspecified; nil = Stripe's choice
	Remove    bool
	Save      bool   // ask whether to save a new one
	SaveUsage string // on_session | off_session: what the saved one is for
}
