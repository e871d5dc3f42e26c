// Package connect has Stripe's rules for platforms: connected accounts, their
// onboarding and OAuth, transfers, payouts and application fees.
package connect
