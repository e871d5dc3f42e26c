// Package stripecli serves Stripe's command line: `stripe listen`, `stripe logs
// tail` and `stripe events resend`. It speaks the websocket protocol of version
// 1.52.0.
package stripecli
