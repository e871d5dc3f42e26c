// Declarations for the type check: what the parts of the stand-in use from
// outside.
interface Window {
  Stripe?: import('@stripe/stripe-js').StripeConstructor;
  StripeConnect?: any;
}

// The style sheets of src/look, which embed.go joins as strings.
declare const elementStyles: string;
declare const dialogStyles: string;
declare const connectStyles: string;
