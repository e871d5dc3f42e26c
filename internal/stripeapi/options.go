package stripeapi

import (
	"cmp"
	"strings"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/orders"
)

// The terms of an order reach Stripe in this file only, so that an option is
// added in one place for every kind of intent. ReceiptEmail is the exception:
// it goes with the buyer's address, in setContact.

// setIntentOptions sets what an order asks of its PaymentIntent. The page gives
// Stripe.js the same options.
func setIntentOptions(params *stripe.PaymentIntentParams, o orders.Options) {
	params.CaptureMethod = optional(o.CaptureMethod)
	params.SetupFutureUsage = optional(o.SetupFutureUsage)
	params.OnBehalfOf = optional(o.OnBehalfOf)
	params.PaymentMethodOptions = intentMethodOptions(o)

	if len(o.PaymentMethodTypes) > 0 {
		params.PaymentMethodTypes = stripe.StringSlice(o.PaymentMethodTypes)
		return
	}

	params.AutomaticPaymentMethods = &stripe.PaymentIntentAutomaticPaymentMethodsParams{Enabled: stripe.Bool(true)}
	params.PaymentMethodConfiguration = optional(o.PaymentMethodConfiguration)
}

// intentMethodOptions returns the options of single payment methods, nil for
// none.
func intentMethodOptions(o orders.Options) *stripe.PaymentIntentPaymentMethodOptionsParams {
	var out stripe.PaymentIntentPaymentMethodOptionsParams
	if o.RequireCVCRecollection || o.Installments {
		out.Card = &stripe.PaymentIntentPaymentMethodOptionsCardParams{}
	}

	if o.RequireCVCRecollection {
		out.Card.RequireCVCRecollection = stripe.Bool(true)
	}

	if o.Installments {
		out.Card.Installments = &stripe.PaymentIntentPaymentMethodOptionsCardInstallmentsParams{
			Enabled: stripe.Bool(true),
		}
	}

	if o.BankVerification != "" {
		out.USBankAccount = &stripe.PaymentIntentPaymentMethodOptionsUSBankAccountParams{
			VerificationMethod: stripe.String(o.BankVerification),
		}
	}

	if o.BankTransfer != "" {
		out.CustomerBalance = bankTransfer(o.BankTransfer)
	}

	if out.Card == nil && out.USBankAccount == nil && out.CustomerBalance == nil {
		return nil
	}

	return &out
}

// bankTransfer returns where a buyer sends the money: a type, and the country
// of the account for one in the EU
// (https://docs.stripe.com/payments/bank-transfers/accept-a-payment).
func bankTransfer(option string) *stripe.PaymentIntentPaymentMethodOptionsCustomerBalanceParams {
	kind, country, european := strings.Cut(option, ":")

	to := &stripe.PaymentIntentPaymentMethodOptionsCustomerBalanceBankTransferParams{Type: stripe.String(kind)}
	if european {
		to.EUBankTransfer = &stripe.PaymentIntentPaymentMethodOptionsCustomerBalanceBankTransferEUBankTransferParams{
			Country: stripe.String(country),
		}
	}

	return &stripe.PaymentIntentPaymentMethodOptionsCustomerBalanceParams{
		FundingType:  stripe.String("bank_transfer"),
		BankTransfer: to,
	}
}

// usageOffSession is what a method is saved for unless the order sets something
// else.
const usageOffSession = "off_session"

// setSetupOptions sets what an order asks of its SetupIntent, which has fewer
// options than a PaymentIntent.
func setSetupOptions(params *stripe.SetupIntentParams, o orders.Options) {
	params.Usage = stripe.String(cmp.Or(o.SetupFutureUsage, usageOffSession))
	params.OnBehalfOf = optional(o.OnBehalfOf)

	if o.BankVerification != "" {
		params.PaymentMethodOptions = &stripe.SetupIntentPaymentMethodOptionsParams{
			USBankAccount: &stripe.SetupIntentPaymentMethodOptionsUSBankAccountParams{
				VerificationMethod: stripe.String(o.BankVerification),
			},
		}
	}

	if len(o.PaymentMethodTypes) > 0 {
		params.PaymentMethodTypes = stripe.StringSlice(o.PaymentMethodTypes)
		return
	}

	params.AutomaticPaymentMethods = &stripe.SetupIntentAutomaticPaymentMethodsParams{Enabled: stripe.Bool(true)}
	params.PaymentMethodConfiguration = optional(o.PaymentMethodConfiguration)
}

// setSubscriptionOptions sets what an order asks of its subscription. Stripe
// pays the renewals with the method that pays the first invoice.
func setSubscriptionOptions(params *stripe.SubscriptionParams, o orders.Options) {
	params.OnBehalfOf = optional(o.OnBehalfOf)

	settings := &stripe.SubscriptionPaymentSettingsParams{
		SaveDefaultPaymentMethod: stripe.String("on_subscription"),
	}
	if len(o.PaymentMethodTypes) > 0 {
		settings.PaymentMethodTypes = stripe.StringSlice(o.PaymentMethodTypes)
	}

	if o.BankVerification != "" {
		settings.PaymentMethodOptions = &stripe.SubscriptionPaymentSettingsPaymentMethodOptionsParams{
			USBankAccount: &stripe.SubscriptionPaymentSettingsPaymentMethodOptionsUSBankAccountParams{
				VerificationMethod: stripe.String(o.BankVerification),
			},
		}
	}

	params.PaymentSettings = settings
}
