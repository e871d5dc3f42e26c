/**
 * The buttons of wallets and Link above the form
 * (https://docs.stripe.com/elements/express-checkout-element). The payment
 * sheet changes the order by PATCH, as the form does, so the server computes
 * its total. Closing the sheet reverts its changes.
 *
 * @typedef {import('@stripe/stripe-js').StripeExpressCheckoutElementClickEvent}
 *   ClickEvent
 *
 * @typedef
 *   {import('@stripe/stripe-js').StripeExpressCheckoutElementConfirmEvent}
 *   ConfirmEvent
 *
 * @typedef
 *   {import('@stripe/stripe-js').StripeExpressCheckoutElementShippingAddressChangeEvent}
 *   AddressEvent
 *
 * @typedef
 *   {import('@stripe/stripe-js').StripeExpressCheckoutElementShippingRateChangeEvent}
 *   RateEvent
 *
 * @typedef {import('@stripe/stripe-js').ClickResolveDetails} SheetDetails
 * @typedef {import('./api.js').Address} Address
 * @typedef {import('./api.js').Order} Order
 * @typedef {import('./order.js').Change} Change
 * @typedef {import('./pay.js').Payer} Payer
 *
 * @typedef {ReturnType<typeof createExpress>} Express
 */
import { fill } from './dom.js';

/**
 * Returns the shipping rates, the chosen one first: the sheet selects the
 * first.
 *
 * @param {Order} order
 */
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

/**
 * @param {import('./session.js').Place} place
 * @param {import('./checkout-view.js').View} view
 * @param {import('./session.js').Session} session
 * @param {import('./order.js').OrderState} orders
 * @param {import('./form.js').Form} form
 * @param {import('./contact.js').ContactForm} contact
 */
export function createExpress(
  { dom: { byId, stand }, look },
  view,
  session,
  orders,
  form,
  contact,
) {
  const { t } = session;
  const { change, isChangeable, isFree, order } = orders;

  const container = byId('express');

  /** @type {import('@stripe/stripe-js').StripeExpressCheckoutElement | null} */
  let element = null;
  /** @type {Order | null} the order before the payment sheet opened */
  let before = null;

  /** @param {(payer: Payer) => void} press */
  function mountExpress(press) {
    if (!session.config.express || !form.elements || !isChangeable() || isFree()) return;

    element = form.elements.create('expressCheckout', {
      ...look.walletLook(),
      ...session.config.express.create,
    });
    element.on('ready', ({ availablePaymentMethods }) => show(Boolean(availablePaymentMethods)));
    element.on('loaderror', () => show(false));
    element.on('click', open);
    element.on('shippingaddresschange', addressChanged);
    element.on('shippingratechange', rateChanged);
    element.on('cancel', revert);
    element.on('confirm', (event) => press(wallet(event)));

    container.classList.add('waiting');
    // Displayed, but out of sight until it is ready: Stripe.js draws only into
    // elements that are displayed.
    container.hidden = false;
    element.mount(stand('express-checkout'));
  }

  /** Removes the buttons: a free order has nothing to pay. */
  function unmountExpress() {
    element?.destroy();
    element = null;
    container.hidden = true;
  }

  view.onPhase(() => {
    container.inert = view.phase() !== 'ready';
  });

  /** @param {boolean} available */
  function show(available) {
    container.classList.remove('waiting');
    container.hidden = !available;
  }

  /**
   * Opens the payment sheet. Stripe waits one second for resolve().
   *
   * @param {ClickEvent} event
   */
  function open(event) {
    if (view.phase() !== 'ready' || !isChangeable() || !view.agreed()) return;

    before = order();
    contact.cancelSend();
    view.showMessage('');

    const { ships, mode, trial } = before;
    event.resolve({
      ...session.config.express?.click,
      // The last product that ships may have been removed.
      shippingAddressRequired: ships,
      ...(ships ? { shippingRates: rates(before) } : {}),
      ...(mode === 'setup' || trial ? {} : { lineItems: lineItems(before) }),
    });
  }

  /**
   * Returns the line items of the sheet; their sum is the order's amount.
   *
   * @param {Order} order
   */
  function lineItems({ items, discount, shipping_rate: rate, shop }) {
    return [
      ...items.map(({ name, quantity, amount }) => ({
        name: quantity > 1 ? `${quantity} × ${name}` : name,
        amount,
      })),
      ...(discount
        ? [{ name: fill(t.discount, { code: discount.code }), amount: -discount.amount }]
        : []),
      ...(rate ? [{ name: fill(t.shipping, { name: rate.name }), amount: rate.amount }] : []),
      ...(shop ? shopItems(shop) : []),
    ];
  }

  /**
   * Returns the discounts and added taxes of an order of the shop's backend.
   *
   * @param {NonNullable<Order['shop']>} shop
   */
  function shopItems({ discounts, taxes, item_tax: itemTax }) {
    return [
      ...discounts.map(({ name, amount }) => ({ name, amount: -amount })),
      ...(itemTax ? [{ name: t.tax, amount: itemTax }] : []),
      ...taxes.filter(({ inclusive }) => !inclusive).map(({ name, amount }) => ({ name, amount })),
    ];
  }

  /**
   * Sends a partial address: wallets keep the rest until the buyer confirms.
   *
   * @param {AddressEvent} event
   */
  function addressChanged({ name, address, resolve, reject }) {
    applyChange({ shipping: addressOf(name, address) }, resolve, reject);
  }

  /** @param {RateEvent} event */
  function rateChanged({ shippingRate, resolve, reject }) {
    applyChange({ shipping_rate: shippingRate.id }, resolve, reject);
  }

  /**
   * @param {Change} wanted
   * @param {(details: SheetDetails) => void} resolve
   * @param {() => void} reject
   */
  async function applyChange(wanted, resolve, reject) {
    let now;
    try {
      now = await change(wanted);
    } catch {
      return reject();
    }

    // No rate ships to this address.
    if (now.ships && now.shipping_rates.length === 0) return reject();

    resolve({ lineItems: lineItems(now), shippingRates: rates(now) });
  }

  /**
   * @param {ConfirmEvent} event
   * @returns {Payer}
   */
  function wallet(event) {
    return {
      prepare: async () => {
        const wanted = detailsOf(event);
        if (Object.keys(wanted).length > 0) await change(wanted);
      },
      params: () => ({}),
      failed: (message) => event.paymentFailed({ reason: 'fail', message }),
    };
  }

  /**
   * Returns the buyer's details from the wallet.
   *
   * @param {ConfirmEvent} event
   * @returns {Change}
   */
  function detailsOf({ billingDetails, shippingAddress, shippingRate }) {
    const { email, name, phone, address } = billingDetails ?? {};
    return {
      ...(email && session.config.collect_email ? { email } : {}),
      ...(shippingAddress
        ? { shipping: addressOf(shippingAddress.name, shippingAddress.address, phone) }
        : {}),
      ...(shippingAddress && shippingRate ? { shipping_rate: shippingRate.id } : {}),
      ...(address?.country && session.config.address?.billing
        ? { billing: addressOf(name, address, phone) }
        : {}),
    };
  }

  /** Reverts the changes of a sheet that the buyer closed. */
  async function revert() {
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

  return { mountExpress, unmountExpress };
}
