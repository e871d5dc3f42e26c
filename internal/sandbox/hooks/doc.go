// Package hooks delivers events to webhook endpoints as Stripe does: signed, in
// no guaranteed order, at least once, with retries. Tests may drop, duplicate,
// reorder or delay deliveries.
package hooks
