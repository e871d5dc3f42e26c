package app

import (
	"sync/atomic"

	"github.com/rs/zerolog"

	"checkoutd/internal/telemetry"
)

// keyState knows whether Stripe accepts the secret key. It is safe for
// concurrent use.
type keyState struct {
	now     func() string // the key of now
	refused atomic.Bool
	metrics *telemetry.Metrics
	log     zerolog.Logger
}

// hindrance returns why nobody can pay, "" if nothing is known that hinders it.
func (k *keyState) hindrance() string {
	if k.refused.Load() {
		return "Stripe refuses the secret key."
	}
	return ""
}

// told notes an answer of Stripe to a request under key. What is said about a
// key that was replaced meanwhile does not count.
func (k *keyState) told(key string, accepted bool) {
	if key != k.now() || !k.refused.CompareAndSwap(accepted, !accepted) {
		return
	}

	k.metrics.StripeKeyRefused(!accepted)
	if accepted {
		k.log.Info().Msg("Stripe accepts STRIPE_SECRET_KEY again")
		return
	}

	k.log.Error().Msg("Stripe refuses STRIPE_SECRET_KEY, so no payment is possible: it is wrong, expired or was " +
		"deleted. Put the right one where the settings come from")
}
