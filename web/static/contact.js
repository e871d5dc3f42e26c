/**
 * The buyer's e-mail address, and the shipping and billing addresses. Each is
 * sent to the server shortly after it is complete, and at the latest before the
 * payment.
 *
 * @typedef {import('@stripe/stripe-js').StripeAddressElement} AddressElement
 *
 * @typedef {import('@stripe/stripe-js').StripeAddressElementChangeEvent}
 *   AddressChange
 *
 * @typedef {import('./api.js').Address} Address
 * @typedef {import('./order.js').Change} Change
 *
 * @typedef {ReturnType<typeof createContact>} ContactForm
 */
import { ApiError, describe } from './api.js';
import { sleep } from './dom.js';

/**
 * Returns an address without its empty parts.
 *
 * @param {AddressChange['value']} value
 * @returns {Address}
 */
function tidy({ name, phone, address }) {
  const place = Object.fromEntries(Object.entries(address).filter(([, part]) => part));
  return {
    ...(name ? { name } : {}),
    ...(phone ? { phone } : {}),
    address: /** @type {import('./api.js').Place} */ (place),
  };
}

/**
 * @param {Address} a
 * @param {Address | undefined} b
 */
function isSame(a, b) {
  /** @param {Address | undefined} one */
  const flat = (one) =>
    JSON.stringify([
      one?.name ?? '',
      one?.phone ?? '',
      ...['line1', 'line2', 'city', 'state', 'postal_code', 'country'].map(
        (part) => one?.address[/** @type {keyof import('./api.js').Place} */ (part)] ?? '',
      ),
    ]);

  return flat(a) === flat(b);
}

/** Where the error of each field goes. */
const places = {
  email: 'email-error',
  shipping: 'shipping-error',
  shipping_rate: 'rates-error',
  billing: 'billing-error',
};

/** Where the title of each part of the form is. */
const titles = {
  email: 'contact-title',
  shipping: 'shipping-title',
  shipping_rate: 'rates-title',
  payment: 'method-title',
  billing: 'billing-title',
};

/**
 * Waits until an element is ready, or cannot be loaded.
 *
 * @param {(type: any, handler: () => void) => unknown} on of the element
 */
function firstOf(on) {
  return new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
    on('ready', () => resolve());
    on('loaderror', () => resolve());
  });
}

/**
 * Returns the field that a failure is about, "" for none.
 *
 * @param {unknown} failure
 */
function fieldOf(failure) {
  return failure instanceof ApiError ? (failure.problem?.field ?? '').split('.')[0] : '';
}

/**
 * @param {import('./session.js').Place} place
 * @param {import('./session.js').Session} session
 * @param {import('./order.js').OrderState} orders
 * @param {import('./form.js').Form} form
 */
export function createContact({ dom: { byId, stand } }, session, orders, form) {
  const { page, t } = session;
  const { change, isChangeable, isFree, onOrder, order } = orders;

  const sendAfterMs = 500;
  const drawnWithinMs = 5_000;

  /**
   * What resolves when an element has its height, or cannot be loaded.
   *
   * @type {Promise<unknown>[]}
   */
  const drawn = [];
  const sameBox = byId('billing-same', HTMLInputElement);

  /**
   * The address elements with their values; complete is false while a part is
   * missing.
   *
   * @type {Record<'shipping' | 'billing', {element: AddressElement, value:
   *   Address, complete: boolean} | null>}
   */
  const mounted = { shipping: null, billing: null };
  let email = '';
  let isEmailComplete = false;
  /**
   * Whether the form holds what the buyer entered last time, and was not
   * touched since. The server then gets it with the payment and not before:
   * others may have opened the same order.
   */
  let untouched = false;
  /**
   * @type {import('@stripe/stripe-js').StripeLinkAuthenticationElement | null}
   */
  let link = null;
  /** @type {number | undefined} */
  let timer;

  /**
   * Mounts the elements that this order needs. An order whose payment is in
   * flight has these details already.
   *
   * @returns {Promise<unknown>} resolves when they have their height, so that
   *   nothing moves afterwards; it does not wait long for that
   */
  async function mountContact() {
    if (!form.elements || !isChangeable()) return;
    untouched = Boolean(session.config.known);
    sendGuess();
    if (session.config.collect_email) mountEmail(form.elements);
    if (order().ships && knowsTwoAddresses()) sameBox.checked = false;
    sync();
    onOrder(sync);
    form.onInput(sync);

    return Promise.race([Promise.all(drawn), sleep(drawnWithinMs)]);
  }

  /**
   * Tells the server where the buyer seems to be, so that the shipping rates
   * have their place when the form is ready.
   */
  function sendGuess() {
    const country = session.config.address?.country;
    const { contact, ships } = order();
    if (country && ships && !contact.shipping)
      change({ shipping: { address: { country } } }).catch(() => {});
  }

  /** @param {import('./form.js').StripeElements} group */
  function mountEmail(group) {
    byId('contact').hidden = false;

    email = order().contact.email ?? session.config.known?.email ?? '';
    isEmailComplete = Boolean(email);
    link = group.create('linkAuthentication', email ? { defaultValues: { email } } : {});
    link.on('focus', touch);
    link.on('change', ({ complete, value }) => {
      isEmailComplete = complete;
      email = complete ? value.email : '';
      sendSoon();
    });

    drawn.push(firstOf(link.on.bind(link)));
    link.mount(stand('link-authentication'));
  }

  function touch() {
    untouched = false;
  }

  /** Removes the elements: the page goes on without the form. */
  function close() {
    clearTimeout(timer);
    link?.destroy();
    toggle('shipping', false);
    toggle('billing', false);
  }

  /** Shows the address elements that are needed now, and no others. */
  function sync() {
    if (!isChangeable()) return;

    byId('method-title').hidden = !order().ships && !session.config.collect_email;

    const { ships } = order();
    byId('shipping').hidden = !ships;
    toggle('shipping', ships);

    const bills = form.hasBilling() && !form.savedChosen && !isFree();
    byId('billing').hidden = !bills;
    byId('billing-choice').hidden = !ships;
    toggle('billing', bills && !(ships && sameBox.checked));
  }

  /**
   * @param {'shipping' | 'billing'} mode
   * @param {boolean} wanted
   */
  function toggle(mode, wanted) {
    if (wanted === Boolean(mounted[mode])) return;

    if (!wanted) {
      mounted[mode]?.element.destroy();
      mounted[mode] = null;
      return;
    }

    const known = knownAddress(mode);
    const countries = mode === 'shipping' ? order().shipping_countries : [];
    const element = /** @type {import('./form.js').StripeElements} */ (form.elements).create(
      'address',
      {
        mode,
        ...(countries.length ? { allowedCountries: countries } : {}),
        ...(mode === 'shipping' && session.config.address?.phone
          ? { fields: { phone: 'always' }, validation: { phone: { required: 'always' } } }
          : {}),
        ...defaults(mode, known),
      },
    );

    const entry = {
      element,
      value: known ?? /** @type {Address} */ ({ address: { country: '' } }),
      complete: Boolean(known),
    };

    mounted[mode] = entry;
    element.on('focus', touch);

    element.on('change', ({ value, complete }) => {
      Object.assign(entry, { value: tidy(value), complete });
      sendSoon();
    });

    drawn.push(firstOf(element.on.bind(element)));
    element.mount(stand(`${mode}-address`));
  }

  /**
   * Returns the order's address, or else that of last time.
   *
   * @param {'shipping' | 'billing'} mode
   */
  function knownAddress(mode) {
    const own = order().contact[mode];
    return own?.address.line1 ? own : session.config.known?.[mode];
  }

  /** Reports whether the bill is known to go elsewhere than the goods. */
  function knowsTwoAddresses() {
    const [shipping, billing] = [knownAddress('shipping'), knownAddress('billing')];
    return Boolean(shipping && billing && !isSame({ ...billing, phone: shipping.phone }, shipping));
  }

  /**
   * Returns what an address element begins with: the known address, or the name
   * under which the shop knows the buyer and the country of the guess.
   *
   * @param {'shipping' | 'billing'} mode
   * @param {Address} [known]
   */
  function defaults(mode, known) {
    if (known) {
      const { name, phone, address } = known;
      return { defaultValues: { name, phone, address } };
    }

    const { contact } = order();
    const country = contact[mode]?.address.country || session.config.address?.country;
    return {
      defaultValues: {
        ...(contact.name ? { name: contact.name } : {}),
        ...(country ? { address: { country } } : {}),
      },
    };
  }

  /**
   * Returns the complete details that the server does not have yet.
   *
   * @returns {Change}
   */
  function unsent() {
    const { contact, ships } = order();
    /** @type {Change} */
    const details = {};
    if (email && email !== contact.email) details.email = email;

    const { shipping } = mounted;
    if (ships && shipping?.complete && !isSame(shipping.value, contact.shipping))
      details.shipping = shipping.value;

    const billing = billingAddress();
    if (billing && !isSame(billing, contact.billing)) details.billing = billing;

    return details;
  }

  /**
   * Reports whether the details of a free order are complete, and shows what is
   * missing. For every other order elements.submit() does that, which needs a
   * Payment Element.
   */
  async function isComplete() {
    const hasEmail = !session.config.collect_email || Boolean(email || order().contact.email);
    byId('email-error').textContent = hasEmail ? '' : t.emailMissing;

    const { shipping } = mounted;
    const answer = await shipping?.element.getValue(); // shows what is missing

    return hasEmail && answer?.complete !== false;
  }

  /**
   * Returns the parts of the form in which something is missing or wrong, in
   * the order of the page.
   *
   * @returns {import('./checkout-view.js').Wrong[]}
   */
  function incomplete() {
    const { shipping, billing } = mounted;
    const { ships, shipping_rates: rates } = order();
    return [
      ...(link && !isEmailComplete ? [part('email')] : []),
      ...(shipping && !shipping.complete ? [part('shipping')] : []),
      ...(ships && rates.length === 0 ? [part('shipping_rate')] : []),
      ...(form.incomplete ? [part('payment')] : []),
      ...(billing && !billing.complete ? [part('billing')] : []),
    ];
  }

  /**
   * Returns a part of the form with its title, and how to get there.
   *
   * @param {keyof typeof titles} name
   */
  function part(name) {
    const title = byId(titles[name]);
    const element = {
      email: link,
      shipping: mounted.shipping?.element,
      shipping_rate: byId('shipping-rates').querySelector('input'),
      payment: form.payment,
      billing: mounted.billing?.element,
    }[name];

    return {
      title: title.textContent ?? '',
      go() {
        title.parentElement?.scrollIntoView({ block: 'start' });
        element?.focus();
      },
    };
  }

  /**
   * Returns the part that a failure is about, none if it is about no part.
   *
   * @param {unknown} failure
   */
  function partOf(failure) {
    const name = fieldOf(failure);
    return name in titles ? [part(/** @type {keyof typeof titles} */ (name))] : [];
  }

  /**
   * Returns the billing details for createConfirmationToken, which wants every
   * part, even empty ones, because the Payment Element does not collect them
   * here. A saved method has its own.
   */
  function billingDetails() {
    const billing = billingAddress();
    const none = { line1: '', line2: '', city: '', state: '', postal_code: '' };
    return billing && { ...billing, address: { ...none, ...billing.address } };
  }

  /**
   * Returns the billing address, if the form collects it and it is complete.
   */
  function billingAddress() {
    if (!form.hasBilling() || form.savedChosen) return null;
    const from = mounted.billing ?? (sameBox.checked ? mounted.shipping : null);
    return from?.complete ? from.value : null;
  }

  /**
   * Returns the country of a shipping address of which nothing else is sent, if
   * it is new. It is enough for the server to find the shipping rates.
   *
   * @returns {Change}
   */
  function newCountry() {
    const wanted = mounted.shipping?.value.address.country;
    const whole = mounted.shipping?.complete && !untouched;
    if (!wanted || whole || wanted === order().contact.shipping?.address.country) return {};
    return { shipping: { address: { country: wanted } } };
  }

  /** Sends what the buyer has entered here. Rejects as flush does. */
  async function keep() {
    clearTimeout(timer);
    await send({ ...newCountry(), ...(untouched ? {} : unsent()) });
  }

  function sendSoon() {
    clearTimeout(timer);
    timer = setTimeout(() => keep().catch(() => {}), sendAfterMs);
  }

  /**
   * Cancels the pending send: a payment sheet now provides the buyer's details.
   */
  function cancelSend() {
    clearTimeout(timer);
  }

  /**
   * Sends the details that the server does not have yet. Rejects with an
   * ApiError, after showing it beside the field.
   */
  async function flush() {
    clearTimeout(timer);
    await send(unsent());
  }

  /** @param {Change} details */
  async function send(details) {
    if (Object.keys(details).length === 0 || !isChangeable()) return;

    for (const place of [...Object.values(places), 'payment-message']) byId(place).textContent = '';

    try {
      await change(details);
    } catch (failure) {
      showBeside(failure);
      throw failure;
    }
  }

  /**
   * Shows a failure beside the field that it is about, or else above the
   * button.
   *
   * @param {unknown} failure
   */
  function showBeside(failure) {
    const place = places[/** @type {keyof places} */ (fieldOf(failure))] ?? 'payment-message';
    byId(place).textContent = describe(failure, page);
  }

  sameBox.addEventListener('change', () => {
    sync();
    sendSoon();
  });

  return {
    mountContact,
    close,
    isComplete,
    incomplete,
    partOf,
    billingDetails,
    cancelSend,
    keep,
    flush,
    showBeside,
  };
}
