/**
 * The buttons of wallets and Link above the form
 * (https://docs.stripe.com/elements/express-checkout-element). A wallet's sheet
 * changes the order as the form does, by PATCH, so its total is the server's;
 * what it changed is taken back when the buyer closes it.
 *
 * @typedef {import('@stripe/stripe-js').StripeExpressCheckoutElementClickEvent} ClickEvent
 * @typedef {import('@stripe/stripe-js').StripeExpressCheckoutElementConfirmEvent} ConfirmEvent
 * @typedef {import('@stripe/stripe-js').StripeExpressCheckoutElementShippingAddressChangeEvent} AddressEvent
 * @typedef {import('@stripe/stripe-js').StripeExpressCheckoutElementShippingRateChangeEvent} RateEvent
 * @typedef {import('@stripe/stripe-js').ClickResolveDetails} SheetDetails
 * @typedef {import('./api.js').Address} Address
 * @typedef {import('./api.js').Order} Order
 * @typedef {import('./order.js').Change} Change
 * @typedef {import('./pay.js').Payer} Payer
 */
import { walletLook } from './appearance.js';
import * as view from './checkout-view.js';
import { hold } from './contact.js';
import { elements } from './form.js';
import { change, isChangeable, order } from './order.js';
import { byId, fill } from './page.js';
import { config, t } from './session.js';

const place = byId('express');

/** @type {Order | null} the order as it was when a sheet was opened */
let before = null;

/** @param {(payer: Payer) => void} press */
export function mountExpress(press) {
  if (!config.express || !elements || !isChangeable()) return;
  const element = elements.create('expressCheckout', { ...walletLook(), ...config.express.create });
  element.on('ready', ({ availablePaymentMethods }) => show(Boolean(availablePaymentMethods)));
  element.on('loaderror', () => show(false));
  element.on('click', open);
  element.on('shippingaddresschange', addressChanged);
  element.on('shippingratechange', rateChanged);
  element.on('cancel', restore);
  element.on('confirm', (event) => press(wallet(event)));
  place.hidden = false; // but out of sight until it is ready: Stripe.js draws in what is displayed alone
  element.mount('#express-checkout');
  view.onPhase(() => {
    place.inert = view.phase() !== 'ready';
  });
}

/** @param {boolean} available */
function show(available) {
  place.classList.remove('waiting');
  place.hidden = !available;
}

/** Stripe waits a second for the answer. @param {ClickEvent} event */
function open(event) {
  if (view.phase() !== 'ready' || !isChangeable()) return;
  before = order();
  hold();
  view.showMessage('');
  const { ships, mode } = before;
  event.resolve({
    ...config.express?.click,
    shippingAddressRequired: ships, // the last thing to send may have been taken out
    ...(ships ? { shippingRates: rates(before) } : {}),
    ...(mode === 'setup' ? {} : { lineItems: lineItems(before) }),
  });
}

/** What the total is made of; their sum is the order's amount. @param {Order} order */
function lineItems({ items, discount, shipping_rate: rate }) {
  return [
    ...items.map(({ name, quantity, amount }) => ({
      name: quantity > 1 ? `${quantity} × ${name}` : name,
      amount,
    })),
    ...(discount
      ? [{ name: fill(t.discount, { code: discount.code }), amount: -discount.amount }]
      : []),
    ...(rate ? [{ name: fill(t.shipping, { name: rate.name }), amount: rate.amount }] : []),
  ];
}

/** The chosen one first: that is the one which a sheet shows as chosen. @param {Order} order */
function rates({ shipping_rates: all, shipping_rate: chosen }) {
  const sorted = [...all].sort((a, b) => Number(b.id === chosen?.id) - Number(a.id === chosen?.id));
  return sorted.map(({ id, name, amount, min_days: min, max_days: max }) => {
    const estimate = {
      ...(min ? { minimum: days(min) } : {}),
      ...(max ? { maximum: days(max) } : {}),
    };
    return { id, displayName: name, amount, ...(min || max ? { deliveryEstimate: estimate } : {}) };
  });
}

/** @param {number} value */
function days(value) {
  return { unit: /** @type {const} */ ('business_day'), value };
}

/** Before the buyer has confirmed a wallet tells the rough parts alone. @param {AddressEvent} event */
function addressChanged({ name, address, resolve, reject }) {
  answer({ shipping: addressOf(name, address) }, resolve, reject);
}

/** @param {RateEvent} event */
function rateChanged({ shippingRate, resolve, reject }) {
  answer({ shipping_rate: shippingRate.id }, resolve, reject);
}

/**
 * @param {Change} wanted
 * @param {(details: SheetDetails) => void} resolve
 * @param {() => void} reject
 */
async function answer(wanted, resolve, reject) {
  let now;
  try {
    now = await change(wanted);
  } catch {
    return reject();
  }
  // There is an address, and nothing that could be sent there.
  if (now.ships && now.shipping_rates.length === 0) return reject();
  resolve({ lineItems: lineItems(now), shippingRates: rates(now) });
}

/** @param {ConfirmEvent} event @returns {Payer} */
function wallet(event) {
  return {
    prepare: async () => {
      const wanted = said(event);
      if (Object.keys(wanted).length > 0) await change(wanted);
    },
    params: () => ({}),
    failed: (message) => event.paymentFailed({ reason: 'fail', message }),
  };
}

/** What the wallet says of the buyer. @param {ConfirmEvent} event @returns {Change} */
function said({ billingDetails, shippingAddress, shippingRate }) {
  const { email, name, phone, address } = billingDetails ?? {};
  return {
    ...(email && config.collect_email ? { email } : {}),
    ...(shippingAddress
      ? { shipping: addressOf(shippingAddress.name, shippingAddress.address, phone) }
      : {}),
    ...(shippingAddress && shippingRate ? { shipping_rate: shippingRate.id } : {}),
    ...(address?.country && config.address?.billing
      ? { billing: addressOf(name, address, phone) }
      : {}),
  };
}

/**
 * @param {string | undefined} name
 * @param {Record<string, string | null | undefined>} parts
 * @param {string} [phone]
 * @returns {Address}
 */
function addressOf(name, parts, phone) {
  const known = Object.fromEntries(Object.entries(parts).filter(([, part]) => part));
  const address = /** @type {import('./api.js').Place} */ (/** @type {unknown} */ (known));
  return { ...(name ? { name } : {}), ...(phone ? { phone } : {}), address };
}

/** The sheet was closed: the order is again what the page says. */
async function restore() {
  if (!before || view.phase() !== 'ready') return;
  const { contact, shipping_rate: rate } = before;
  const now = order();
  before = null;
  /** @type {Change} */
  const back = {
    ...(JSON.stringify(now.contact.shipping) === JSON.stringify(contact.shipping)
      ? {}
      : { shipping: contact.shipping ?? null }),
    ...(rate && now.shipping_rate?.id !== rate.id ? { shipping_rate: rate.id } : {}),
  };
  if (Object.keys(back).length > 0) await change(back).catch(() => {});
}
