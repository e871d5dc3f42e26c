// What the pages find on window: Stripe.js, or the offline sandbox's stand-in for it, loaded by its own script tag.
import type { StripeConstructor } from '@stripe/stripe-js';

declare global {
  var Stripe: StripeConstructor;
}
