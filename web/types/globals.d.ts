// The globals of the pages: Stripe.js or the sandbox's stand-in for it, loaded
// by a script tag.
import type { StripeConstructor } from '@stripe/stripe-js';

declare global {
  var Stripe: StripeConstructor;
  var StripeConnect: any; // Connect.js, on the page of a connected account
}
