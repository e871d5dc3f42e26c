/**
 * The payment form: the group of Stripe's elements, and the Payment Element.
 *
 * @typedef {import('@stripe/stripe-js').StripeElements} StripeElements
 *
 * @typedef {import('@stripe/stripe-js').StripePaymentElementChangeEvent}
 *   PaymentChange
 */
import { appearance, onSchemeChange } from './appearance.js';
import { onOrder, order } from './order.js';
import { byId } from './page.js';
import { config, page, stripe, t } from './session.js';

const formTimeoutMs = 20_000;

/** @type {StripeElements | undefined} */
export let elements;
/** Whether the buyer chose a saved payment method. */
export let savedChosen = false;
/**
 * The terms that Stripe.js received last.
 *
 * @type {{amount?: number, setupFutureUsage?: 'on_session' | 'off_session' |
 *   null}}
 */
let sentTerms = {};
/** @type {(() => void)[]} */
const listeners = [];

/**
 * @param {() => void} listener called when the input or the chosen method
 *   changes
 */
export function onInput(listener) {
  listeners.push(listener);
}

/**
 * Creates the group and mounts the Payment Element.
 *
 * @param {string | null} customerSessionClientSecret
 * @returns {Promise<void>} resolves when the form can be used; rejects with a
 *   message for the buyer
 */
export async function mount(customerSessionClientSecret) {
  const { elements: options, appearance_dark: dark } = config;
  const look = () => appearance(options.appearance, dark);
  try {
    elements = stripe.elements({
      locale: /** @type {'en' | 'fr'} */ (page.lang),
      ...options,
      ...(customerSessionClientSecret ? { customerSessionClientSecret } : {}),
      appearance: look(),
    });
  } catch (failure) {
    console.error(failure);
    throw new Error(t.formFailed);
  }

  sentTerms = terms(order());
  onSchemeChange(() => elements?.update({ appearance: look() }));
  await mountPayment(elements);
}

/**
 * @param {StripeElements} group
 * @returns {Promise<void>}
 */
function mountPayment(group) {
  const payment = group.create('payment', paymentOptions());
  payment.on('change', methodChanged);

  const loaded = /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(t.formFailed)), formTimeoutMs);
      payment.on('ready', () => {
        clearTimeout(timer);
        resolve();
      });

      payment.on('loaderror', ({ error }) => {
        clearTimeout(timer);
        reject(new Error(error.message ?? t.formFailed));
      });
    })
  );

  payment.mount('#payment-element');

  return loaded;
}

/**
 * Returns the options of the Payment Element, which collects no billing address
 * where the page itself does.
 */
function paymentOptions() {
  if (!config.address?.billing) return config.payment_element;
  return {
    ...config.payment_element,
    fields: { billingDetails: { address: /** @type {const} */ ('never') } },
  };
}

/** @param {PaymentChange} event */
function methodChanged({ value }) {
  const saved = value?.payment_method;
  savedChosen = Boolean(saved);
  byId('saved-method-note').textContent = saved ? savedNote(saved.type) : '';
  for (const listener of listeners) listener();
}

/** @param {string} type */
function savedNote(type) {
  if (type === 'card') return t.savedCard;
  return ['sepa_debit', 'us_bank_account', 'bacs_debit'].includes(type)
    ? t.savedBank
    : t.savedOther;
}

/**
 * Returns the options of Stripe.js that depend on the order: wallets and
 * instalments show the amount, and some products save the method.
 *
 * @param {import('./api.js').Order} order
 */
function terms({ mode, amount, setup_future_usage: usage }) {
  if (mode === 'setup') return {};
  return { amount, ...(mode === 'payment' ? { setupFutureUsage: usage ?? null } : {}) };
}

onOrder((now) => {
  const next = terms(now);
  if (!elements || JSON.stringify(next) === JSON.stringify(sentTerms)) return;
  sentTerms = next;
  elements.update(next);
});
