package stripeapi

import (
	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/accountsession"
	"github.com/stripe/stripe-go/v81/cashbalance"
	"github.com/stripe/stripe-go/v81/charge"
	"github.com/stripe/stripe-go/v81/confirmationtoken"
	"github.com/stripe/stripe-go/v81/customer"
	"github.com/stripe/stripe-go/v81/customersession"
	"github.com/stripe/stripe-go/v81/dispute"
	"github.com/stripe/stripe-go/v81/invoice"
	"github.com/stripe/stripe-go/v81/paymentintent"
	"github.com/stripe/stripe-go/v81/product"
	"github.com/stripe/stripe-go/v81/refund"
	"github.com/stripe/stripe-go/v81/setupintent"
	"github.com/stripe/stripe-go/v81/subscription"
)

// resources are the parts of Stripe's API that checkoutd calls. stripe-go's own
// client.API would compile and link every part there is.
type resources struct {
	AccountSessions    accountsession.Client
	CashBalances       cashbalance.Client
	Charges            charge.Client
	ConfirmationTokens confirmationtoken.Client
	Customers          customer.Client
	CustomerSessions   customersession.Client
	Disputes           dispute.Client
	Invoices           invoice.Client
	PaymentIntents     paymentintent.Client
	Products           product.Client
	Refunds            refund.Client
	SetupIntents       setupintent.Client
	Subscriptions      subscription.Client
}

func newResources(b stripe.Backend, key string) resources {
	return resources{
		AccountSessions:    accountsession.Client{B: b, Key: key},
		CashBalances:       cashbalance.Client{B: b, Key: key},
		Charges:            charge.Client{B: b, Key: key},
		ConfirmationTokens: confirmationtoken.Client{B: b, Key: key},
		Customers:          customer.Client{B: b, Key: key},
		CustomerSessions:   customersession.Client{B: b, Key: key},
		Disputes:           dispute.Client{B: b, Key: key},
		Invoices:           invoice.Client{B: b, Key: key},
		PaymentIntents:     paymentintent.Client{B: b, Key: key},
		Products:           product.Client{B: b, Key: key},
		Refunds:            refund.Client{B: b, Key: key},
		SetupIntents:       setupintent.Client{B: b, Key: key},
		Subscriptions:      subscription.Client{B: b, Key: key},
	}
}
