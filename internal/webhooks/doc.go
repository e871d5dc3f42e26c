// Package webhooks is the inbox: POST /webhooks/stripe.
package webhooks
