// Package billing has Stripe's rules of billing: products, prices, coupons,
// subscriptions and invoices. Invoices are paid with PaymentIntents of package
// payments and follow them. Periods begin and end on the sandbox's clock.
package billing
