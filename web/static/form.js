/**
 * The form: Stripe's elements, one group of them, and where each is mounted.
 *
 * @typedef {import('@stripe/stripe-js').StripeElements} StripeElements
 * @typedef {import('@stripe/stripe-js').StripePaymentElementChangeEvent} PaymentChange
 */
import { appearance, onSchemeChange } from './appearance.js';
import { onOrder, order } from './order.js';
import { byId } from './page.js';
import { config, page, stripe, t } from './session.js';

const formTimeoutMs = 20_000;

/** @type {StripeElements | undefined} */
export let elements;
/** Whether the buyer pays with a method that was saved before. */
export let savedChosen = false;
/** What Stripe was told last. @type {{amount?: number, setupFutureUsage?: 'on_session' | 'off_session' | null}} */
let told = {};
/** @type {(() => void)[]} */
const listeners = [];

/** @param {() => void} listener called when what is entered, or chosen, has changed */
export function onInput(listener) {
  listeners.push(listener);
}

/**
 * Makes the group and mounts the Payment Element.
 *
 * @param {string | null} customerSessionClientSecret
 * @returns {Promise<void>} resolves when the form can be used; rejects with what to tell the buyer
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
  told = terms(order());
  onSchemeChange(() => elements?.update({ appearance: look() }));
  await mountPayment(elements);
}

/**
 * @param {StripeElements} group
 * @returns {Promise<void>}
 */
function mountPayment(group) {
  const payment = group.create('payment', paymentOptions());
  payment.on('change', changed);
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

/** Where the page asks for the address of the bill, the Payment Element need not. */
function paymentOptions() {
  if (!config.address?.billing) return config.payment_element;
  return {
    ...config.payment_element,
    fields: { billingDetails: { address: /** @type {const} */ ('never') } },
  };
}

/** @param {PaymentChange} event */
function changed({ value }) {
  const saved = value?.payment_method;
  savedChosen = Boolean(saved);
  byId('saved-method-note').textContent = saved ? savedWords(saved.type) : '';
  for (const listener of listeners) listener();
}

/** @param {string} type */
function savedWords(type) {
  if (type === 'card') return t.savedCard;
  return ['sepa_debit', 'us_bank_account', 'bacs_debit'].includes(type)
    ? t.savedBank
    : t.savedOther;
}

/**
 * What of Stripe's options follows from the lines of the order: wallets and
 * instalments show the amount, and some things have the method saved.
 *
 * @param {import('./api.js').Order} order
 */
function terms({ mode, amount, setup_future_usage: usage }) {
  if (mode === 'setup') return {};
  return { amount, ...(mode === 'payment' ? { setupFutureUsage: usage ?? null } : {}) };
}

onOrder((now) => {
  const next = terms(now);
  if (!elements || JSON.stringify(next) === JSON.stringify(told)) return;
  told = next;
  elements.update(next);
});
