// Package config reads checkoutd's settings from the environment, from .env
// and from secret files, and checks them before anything starts.
//
// The options are filed by section. One file holds all of a section: the
// struct with its fields, the rows of the option table, the readers that only
// these options need, and the rules that check them:
//
//	stripe.go         keys, webhook secrets, the API's address, timeouts
//	shop.go           the catalog, how long an order stays open
//	look.go           brand and appearance
//	seller.go         who sells, and the shop's own pages
//	payment.go        how an order is paid: everything orders.Options holds
//	page.go           what the checkout page asks for
//	layout.go         the arrangement of the Payment Element
//	saved_methods.go  the CustomerSession's features
//	rules.go          what the shop decides before a payment
//	mail.go           e-mails to buyers and to the shop
//	server.go         address, proxies, rate limit, log
//	tls.go            https without a proxy
//	traces.go         where traces go
//	storage.go        the database
//	background.go     workers and intervals
//	endpoints.go      webhooks to the shop's backend
//	connect.go        accounts of others, connected to this platform
//	mirror.go         the copy of their payments
//	app.go            the product that checkoutd is a part of
//	sandbox.go        the offline Stripe
//
// The mechanism is apart from them: option.go (the table), load.go (Load and
// its report), live.go (what a running server can change), source.go (where
// values come from), readers.go (the readers that several sections share),
// names.go (misspelt names), config.go (the result) and secret.go.
//
// .env.example and docs/configuration.md are generated from the option table.
// Load reports every problem at once, by the option's name and with what to
// do. Neither its error nor a printed Config contains a secret.
//
// The environment takes precedence over .env, and an empty value counts as
// not set. Every secret NAME can also come from the file that NAME_FILE names.
//
// # Adding an option
//
// An option takes at most five hand-edited files.
//
// An option of the server takes three: its section's file here, the Config of
// the package that uses the value, and internal/app/build.go, which passes it
// on.
//
// A payment option that reaches Stripe and the checkout page takes four or
// five:
//
//  1. internal/config/payment.go: a field of Payment, a row, a rule if Stripe
//     refuses some combinations.
//  2. internal/orders/terms.go: the same field of orders.Options, in the same
//     place. internal/app converts one struct to the other: it needs no change,
//     and does not compile until the two agree.
//  3. internal/orders/modes.go: forMode, only if Stripe refuses the option
//     for a subscription or a setup.
//  4. internal/stripeapi/options.go: the parameter of Stripe's API.
//  5. internal/pages/elements.go: the option of stripe.elements().
//
// An option of the page alone takes four: page.go here, Form in
// internal/pages/pages.go, internal/app/build.go, and
// internal/pages/elements.go or config.go, where the page's script receives it.
// An option of the layout takes two: layout.go and internal/pages/elements.go.
// One of the saved methods takes three: saved_methods.go, and features.go in
// internal/customersession and customers.go in internal/stripeapi. internal/app
// converts these structs, too.
//
// Then run
//
//	go test ./internal/config -run TestDocumentation -update
//
// which writes .env.example and the tables of docs/configuration.md.
package config
