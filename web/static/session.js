/**
 * What the modules of the checkout share: where the form stands, the data that
 * the server sent with it, the response of GET /config, and the Stripe object.
 *
 * @typedef {import('@stripe/stripe-js').Stripe} Stripe
 *
 * @typedef {import('@stripe/stripe-js').StripeElementsOptionsMode}
 *   ElementsOptions
 *
 * @typedef {import('@stripe/stripe-js').StripePaymentElementOptions}
 *   PaymentElementOptions
 *
 * @typedef {object} ExpressOptions
 * @property {import('@stripe/stripe-js').StripeExpressCheckoutElementOptions}
 *   create
 * @property {import('@stripe/stripe-js').ClickResolveDetails} click
 *
 * @typedef {import('@stripe/stripe-js').Appearance} Appearance
 * @typedef {import('./api.js').Order} Order
 *
 * @typedef {object} Config the response of GET /config
 * @property {string} publishable_key
 * @property {string} [stripe_account] the connected account that is charged
 * @property {import('@stripe/stripe-js').WrapperLibrary} app_info
 * @property {ElementsOptions} elements
 * @property {Appearance} [appearance_dark]
 * @property {PaymentElementOptions} payment_element
 * @property {ExpressOptions | null} express
 * @property {{billing: boolean, phone?: boolean, country?: string}} [address]
 *   country is where the buyer seems to be
 * @property {import('./api.js').Contact} [known] what a returning buyer entered
 *   last time
 * @property {boolean} [collect_email]
 * @property {boolean} [promotion_codes]
 * @property {Order} order
 * @property {string} return_url
 * @property {{client_secret: string, status: string, instructions?: object} |
 *   null} resume
 *
 * @typedef {object} CheckoutData
 * @property {string} lang
 * @property {string} locale
 * @property {boolean} live
 * @property {string} orderId
 * @property {string} currency
 * @property {number} decimals
 * @property {string} every
 * @property {string} completeUrl
 * @property {string} scriptUrl
 * @property {Config} [config] the response of GET /config when the page was
 *   rendered
 * @property {Record<string, string>} texts by name; a test in internal/pages
 *   checks the names against the modules that use them
 * @property {Record<string, Record<string, string>>} plurals texts that depend
 *   on a number, by their categories
 * @property {Record<string, string>} errors
 * @property {Record<string, string>} declines
 *
 * @typedef {object} Place where a form stands: on our own page, or mounted on a
 *   page of the shop's
 * @property {import('./dom.js').Dom} dom
 * @property {import('./api.js').Api} api
 * @property {CheckoutData} page
 * @property {import('./appearance.js').Look} look
 * @property {string} [returnUrl] where a bank's site sends the buyer back to,
 *   if not to our own completion page
 * @property {() => void} leave shows the outcome of the payment
 * @property {(failure: import('./api.js').ApiError) => void} lost says that
 *   nothing opens the order any more, and where the buyer goes on
 * @property {() => void} reload starts again, with a new form from the server
 * @property {(code: string, message: string) => void} failed called with every
 *   failure that the form shows
 *
 * @typedef {ReturnType<typeof createSession>} Session
 */

import { ApiError } from './api.js';

/** @param {Order} order */
export function canBePaid(order) {
  return (
    order.status === 'open' &&
    ['unpaid', 'failed', 'requires_action'].includes(order.payment_status)
  );
}

/**
 * Returns Stripe's name of the page's language, with the region where Stripe
 * writes it differently
 * (https://docs.stripe.com/js/appendix/supported_locales).
 *
 * @param {string} lang of the page's texts
 * @param {string} locale of its amounts
 */
function stripeLocale(lang, locale) {
  let name = lang;
  if (['en-GB', 'fr-CA'].includes(locale)) name = locale;
  if (lang === 'pt' && locale !== 'pt-PT') name = 'pt-BR'; // as our texts
  if (lang === 'es' && !['es', 'es-ES'].includes(locale)) name = 'es-419';
  return /** @type {import('@stripe/stripe-js').StripeElementLocale} */ (name);
}

/**
 * @param {Place} place
 * @param {import('./checkout-view.js').View} view
 */
export function createSession(place, view) {
  const { api, page } = place;

  const t = page.texts;

  /** @type {Config} */
  let config;
  /**
   * What came with the page.
   *
   * @type {Config | null}
   */
  let fresh = page.config ?? null;
  /** @type {Stripe} */
  let stripe;

  /**
   * Reads the current configuration: at first what came with the page, later
   * that of the server, since the order may have changed in another tab.
   *
   * @returns {Promise<boolean>} false if there is nothing to pay and the page
   *   is left; rejects with an ApiError
   */
  async function readConfig() {
    config = fresh ?? (await api.get(`/config?order=${encodeURIComponent(page.orderId)}`));
    fresh = null;
    const { order, resume } = config;
    if (canBePaid(order) && (!resume || resume.status === 'requires_action')) return true;
    leave();
    return false;
  }

  /**
   * Opens Stripe for the account that the order is charged in. Whatever is made
   * with it, a ConfirmationToken first, exists in that account only.
   *
   * @param {import('@stripe/stripe-js').StripeConstructor} Stripe
   */
  function openStripe(Stripe) {
    stripe = Stripe(config.publishable_key, {
      locale: stripeLocale(page.lang, page.locale),
      ...(config.stripe_account && { stripeAccount: config.stripe_account }),
    });
    stripe.registerAppInfo(config.app_info);
  }

  /**
   * Returns the client secret of a customer session; null if there is none.
   * Saved methods are a convenience: the page works without them.
   */
  async function customerSession() {
    try {
      const answer = await api.post('/create-customer-session', { orderId: page.orderId });
      return /** @type {string | null} */ (answer.customer_session_client_secret);
    } catch {
      return null;
    }
  }

  /** @returns {Promise<Order>} */
  function askOrder() {
    return api.get(`/orders/${encodeURIComponent(page.orderId)}`);
  }

  /**
   * Gives up the form if a call failed because nothing opens the order here any
   * more: the browser's cookies were cleared.
   *
   * @param {unknown} failure
   * @returns {boolean} whether that was why it failed
   */
  function isLost(failure) {
    if (!(failure instanceof ApiError) || failure.code !== 'order_not_found') return false;
    if (view.phase() !== 'failed') {
      view.setPhase('failed', '');
      place.lost(failure);
    }
    return true;
  }

  /** Leaves the form, for whatever shows the outcome. */
  function leave() {
    view.setPhase('busy', t.redirecting, t.redirecting);
    place.leave();
  }

  return {
    page,
    t,
    /** Returns the response of GET /config. */
    get config() {
      return config;
    },
    get stripe() {
      return stripe;
    },
    readConfig,
    openStripe,
    customerSession,
    askOrder,
    isLost,
    leave,
  };
}
