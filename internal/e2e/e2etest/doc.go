// Package e2etest starts a whole checkout for the end-to-end tests and plays
// the people around it: a Shop is the running App with the offline Stripe
// inside, a Buyer speaks HTTP to it, a Visitor uses it in a browser.
//
// The tests are in packages of their own beside this one, so that they run in
// parallel and none comes near the time limit of go test:
//
//	api    HTTP alone: routes, callers, refusals, options, webhooks, privacy
//	guide  the checkout of Stripe's guide, saved methods, subscriptions
//	modes  saving a method, subscriptions, deaths between two steps
//	page   our own checkout page: changes, wallets, keyboard, looks
//	pay    paying in the browser: cards, 3D Secure, redirects, lost responses
package e2etest
