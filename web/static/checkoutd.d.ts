// The types of checkoutd.js, the form of an order on a page of your own:
//
//   import {mount} from 'https://pay.example/checkoutd.js';
//   mount('#pay', {clientToken, onPaid: () => location.assign('/thanks')});

/** The version of checkoutd that served the module. */
export const version: string;

/**
 * Shows the form of an order in an element of the page, in place of what the
 * element holds. A former form of the same element is destroyed.
 *
 * @param target a selector or the element
 * @throws TypeError if there is no such element, or an option is wrong
 */
export function mount(target: string | Element, options: MountOptions): Handle;

export interface MountOptions {
  /** The `client_token` of the order, from `POST /v1/orders`. */
  clientToken: string;

  /**
   * Called once, when the buyer has nothing left to do: the order is paid,
   * authorized, or its payment is being processed, which takes days with bank
   * debits. Without it the page goes to the order's `success_url`, if there is
   * one. It proves nothing: your backend hears of the payment by `order.paid`.
   */
  onPaid?: (order: Order) => void;

  /** Called with every failure, after the form has shown it to the buyer. */
  onError?: (failure: Failure) => void;

  appearance?: Appearance;
}

export interface Handle {
  /** Removes the form. A payment that was sent goes on. */
  destroy(): void;
}

export interface Failure {
  /**
   * Stripe's decline code or code (`insufficient_funds`), a code of checkoutd's
   * (`order_expired`, `rate_limited`), or `no_answer`.
   */
  code: string;
  /** What the buyer read; if there is no form, why, for the developer. */
  message: string;
}

/** How the form and Stripe's elements in it look. */
export interface Appearance {
  /**
   * `light` (the default), `dark`, or `auto`, which follows the buyer's screen.
   * Stripe's own themes work as well: `night` is dark.
   */
  theme?: 'light' | 'dark' | 'auto' | 'stripe' | 'night' | 'flat';
  /**
   * Those of Stripe's appearance. The form itself follows colorPrimary,
   * colorBackground, colorText, colorTextSecondary, colorDanger, borderRadius
   * and fontFamily.
   */
  variables?: Record<string, string>;
  /** Those of Stripe's appearance, for Stripe's elements only. */
  rules?: Record<string, Record<string, string>>;
}

/** The order as `GET /orders/{id}` shows it; these members and others. */
export interface Order {
  id: string;
  mode: 'payment' | 'setup' | 'subscription';
  status: string;
  payment_status: string;
  /** In the currency's minor unit. */
  amount: number;
  currency: string;
}
