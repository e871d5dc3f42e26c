// Globals of the host page, as far as the stand-in touches them. Read by the type check only.
interface Window {
  Stripe?: import('@stripe/stripe-js').StripeConstructor;
}
