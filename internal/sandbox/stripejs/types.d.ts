// What the parts of the stand-in take from outside. Read by the type check
// only.
interface Window {
  Stripe?: import('@stripe/stripe-js').StripeConstructor;
}

// The style sheets of src/look, which embed.go joins as strings.
declare const elementStyles: string;
declare const dialogStyles: string;
