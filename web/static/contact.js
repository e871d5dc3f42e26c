/**
 * Who the buyer is and where the order goes: the e-mail address and the
 * addresses that the form asks for. What is complete is sent to the server
 * soon after it was entered, and at the latest before the payment.
 *
 * @typedef {import('@stripe/stripe-js').StripeAddressElement} AddressElement
 * @typedef {import('@stripe/stripe-js').StripeAddressElementChangeEvent} AddressChange
 * @typedef {import('./api.js').Address} Address
 * @typedef {import('./order.js').Change} Change
 */
import { ApiError, describe } from './api.js';
import { change, isChangeable, onOrder, order } from './order.js';
import { elements, onInput, savedChosen } from './form.js';
import { byId } from './page.js';
import { config, page } from './session.js';

const patienceMs = 500;
const sameBox = /** @type {HTMLInputElement} */ (byId('billing-same'));

/** What the elements hold; complete is false while a part is missing. @type {Record<'shipping' | 'billing', {element: AddressElement, value: Address, complete: boolean} | null>} */
const held = { shipping: null, billing: null };
let email = '';
/** @type {number | undefined} */
let timer;

/** Mounts what this order asks for. An order that is being paid has all of it already. */
export function mountContact() {
  if (!elements || !isChangeable()) return;
  if (config.collect_email) mountEmail(elements);
  sync();
  onOrder(sync);
  onInput(sync);
}

/** @param {import('./form.js').StripeElements} group */
function mountEmail(group) {
  byId('contact').hidden = false;
  const known = order().contact.email;
  const link = group.create('linkAuthentication', known ? { defaultValues: { email: known } } : {});
  link.on('change', ({ complete, value }) => {
    email = complete ? value.email : '';
    soon();
  });
  link.mount('#link-authentication');
}

/** Asks for the addresses that are needed now, and for no others. */
function sync() {
  if (!isChangeable()) return;
  byId('method-title').hidden = !order().ships && !config.collect_email;
  const { ships } = order();
  byId('shipping').hidden = !ships;
  toggle('shipping', ships);
  const bills = Boolean(config.address?.billing) && !savedChosen;
  byId('billing').hidden = !bills;
  byId('billing-choice').hidden = !ships;
  toggle('billing', bills && !(ships && sameBox.checked));
}

/**
 * @param {'shipping' | 'billing'} mode
 * @param {boolean} wanted
 */
function toggle(mode, wanted) {
  if (wanted === Boolean(held[mode])) return;
  if (!wanted) {
    held[mode]?.element.destroy();
    held[mode] = null;
    return;
  }
  const countries = mode === 'shipping' ? order().shipping_countries : [];
  const known = order().contact[mode];
  const element = /** @type {import('./form.js').StripeElements} */ (elements).create('address', {
    mode,
    ...(countries.length ? { allowedCountries: countries } : {}),
    ...(mode === 'shipping' && config.address?.phone
      ? { fields: { phone: 'always' }, validation: { phone: { required: 'always' } } }
      : {}),
    ...(known?.address.line1
      ? { defaultValues: { name: known.name, phone: known.phone, address: known.address } }
      : {}),
  });
  const now = {
    element,
    value: /** @type {Address} */ ({ address: { country: '' } }),
    complete: false,
  };
  held[mode] = now;
  element.on('change', ({ value, complete }) => {
    Object.assign(now, { value: tidy(value), complete });
    soon();
  });
  element.mount(`#${mode}-address`);
}

/** An address without its empty parts. @param {AddressChange['value']} value @returns {Address} */
function tidy({ name, phone, address }) {
  const place = Object.fromEntries(Object.entries(address).filter(([, part]) => part));
  return {
    ...(name ? { name } : {}),
    ...(phone ? { phone } : {}),
    address: /** @type {import('./api.js').Place} */ (place),
  };
}

/** What the server does not know yet of what the form holds. @returns {Change} */
function news() {
  const { contact, ships } = order();
  /** @type {Change} */
  const found = {};
  if (email && email !== contact.email) found.email = email;
  const { shipping } = held;
  if (ships && shipping?.complete && !same(shipping.value, contact.shipping))
    found.shipping = shipping.value;
  const billing = billingAddress();
  if (billing && !same(billing, contact.billing)) found.billing = billing;
  return found;
}

/**
 * What the Payment Element leaves to the page, as createConfirmationToken wants
 * it: with every part, also those that are empty. A saved method has its own.
 */
export function billingDetails() {
  const billing = billingAddress();
  const none = { line1: '', line2: '', city: '', state: '', postal_code: '' };
  return billing && { ...billing, address: { ...none, ...billing.address } };
}

/** The address of the bill, when it is complete and the form is what says it. */
function billingAddress() {
  if (!config.address?.billing || savedChosen) return null;
  const from = held.billing ?? (sameBox.checked ? held.shipping : null);
  return from?.complete ? from.value : null;
}

/** The country says what can be sent there, and for how much, before the address is complete. @returns {Change} */
function country() {
  const wanted = held.shipping?.value.address.country;
  if (!wanted || held.shipping?.complete || wanted === order().contact.shipping?.address.country)
    return {};
  return { shipping: { address: { country: wanted } } };
}

/**
 * @param {Address} a
 * @param {Address | undefined} b
 */
function same(a, b) {
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

function soon() {
  clearTimeout(timer);
  timer = setTimeout(() => tell({ ...country(), ...news() }).catch(() => {}), patienceMs);
}

/** A wallet's sheet speaks for the buyer now: what was typed before waits. */
export function hold() {
  clearTimeout(timer);
}

/** Sends what the server does not know yet. Rejects with an ApiError, told in its place. */
export async function flush() {
  clearTimeout(timer);
  await tell(news());
}

/** @param {Change} found */
async function tell(found) {
  if (Object.keys(found).length === 0 || !isChangeable()) return;
  for (const place of Object.values(places)) byId(place).textContent = '';
  try {
    await change(found);
  } catch (failure) {
    const field = failure instanceof ApiError ? (failure.problem?.field ?? '') : '';
    const place = places[/** @type {keyof places} */ (field.split('.')[0])] ?? 'payment-message';
    byId(place).textContent = describe(failure, page);
    throw failure;
  }
}

const places = {
  email: 'email-error',
  shipping: 'shipping-error',
  billing: 'billing-error',
  'payment-message': 'payment-message',
};

sameBox.addEventListener('change', () => {
  sync();
  soon();
});
