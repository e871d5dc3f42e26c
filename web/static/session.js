/**
 * What the checkout's modules share: the data that the server put into the
 * page, the answer of GET /config, and Stripe.
 *
 * @typedef {import('@stripe/stripe-js').Stripe} Stripe
 * @typedef {import('@stripe/stripe-js').StripeElementsOptionsMode} ElementsOptions
 * @typedef {import('@stripe/stripe-js').StripePaymentElementOptions} PaymentElementOptions
 * @typedef {{create: import('@stripe/stripe-js').StripeExpressCheckoutElementOptions,
 *   click: import('@stripe/stripe-js').ClickResolveDetails}} ExpressOptions
 * @typedef {import('@stripe/stripe-js').Appearance} Appearance
 * @typedef {import('./api.js').Order} Order
 *
 * @typedef {{publishable_key: string, app_info: {name: string, version?: string, url?: string},
 *   elements: ElementsOptions, appearance_dark?: Appearance, payment_element: PaymentElementOptions,
 *   express: ExpressOptions | null, address?: {billing: boolean, phone?: boolean}, collect_email?: boolean,
 *   promotion_codes?: boolean, order: Order, return_url: string,
 *   resume: {client_secret: string, status: string} | null}} Config the answer of GET /config
 *
 * @typedef {{pay: string, paying: string, redirecting: string, authenticating: string, reconnecting: string,
 *   loadingForm: string, formReady: string, scriptFailed: string, formFailed: string, insecure: string,
 *   amountChanged: string, lostAnswer: string, sendAgain: string, unreachable: string, wentWrong: string,
 *   notAuthenticated: string, less: string, more: string, remove: string, quantityOf: string, free: string,
 *   totalNow: string, recurringNote: string, days: string, oneDay: string, daysRange: string, discount: string,
 *   shipping: string, savedCard: string, savedBank: string, savedOther: string}} Texts
 * @typedef {{lang: string, locale: string, live: boolean, orderId: string, currency: string, decimals: number,
 *   every: string, completeUrl: string, scriptUrl: string, texts: Texts, errors: Record<string, string>,
 *   declines: Record<string, string>}} CheckoutData
 */
import { get, post } from './api.js';
import * as view from './checkout-view.js';
import { pageData } from './page.js';

/** @type {CheckoutData} */
export const page = pageData();
export const t = page.texts;

/** @type {Config} */
export let config;
/** @type {Stripe} */
export let stripe;

/**
 * Asks what the order needs now: it may have changed since the page was
 * rendered, in another tab for one.
 *
 * @returns {Promise<boolean>} false when there is nothing to pay here, and the page is left;
 *   rejects with an ApiError
 */
export async function readConfig() {
  config = await get(`/config?order=${encodeURIComponent(page.orderId)}`);
  const { order, resume } = config;
  if (canBePaid(order) && (!resume || resume.status === 'requires_action')) return true;
  leave();
  return false;
}

/** @param {import('@stripe/stripe-js').StripeConstructor} Stripe */
export function openStripe(Stripe) {
  stripe = Stripe(config.publishable_key, { locale: /** @type {'en' | 'fr'} */ (page.lang) });
  stripe.registerAppInfo(config.app_info);
}

/** @param {Order} order */
export function canBePaid(order) {
  return (
    order.status === 'open' &&
    ['unpaid', 'failed', 'requires_action'].includes(order.payment_status)
  );
}

/** Saved methods are a convenience: without them the page goes on. */
export async function customerSession() {
  try {
    const answer = await post('/create-customer-session', { orderId: page.orderId });
    return /** @type {string | null} */ (answer.customer_session_client_secret);
  } catch {
    return null;
  }
}

/** @returns {Promise<Order>} */
export function askOrder() {
  return get(`/orders/${encodeURIComponent(page.orderId)}`);
}

/** Goes to the page that says what became of the order. */
export function leave() {
  view.setPhase('busy', t.redirecting, t.redirecting);
  location.replace(page.completeUrl);
}
