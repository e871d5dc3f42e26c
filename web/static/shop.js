/**
 * The shop: the cart, and the two ways to the checkout.
 *
 * @typedef {import('./basket.js').Line} Line
 */
import { ApiError, describe, get, post } from './api.js';
import {
  currency,
  hasManyTimes,
  isMixed,
  lines,
  page,
  products,
  shippingWords,
  t,
  total,
} from './basket.js';
import * as cart from './cart.js';
import { byId, fill } from './page.js';
import { priceOf, write } from './prices.js';

const checkoutButton = /** @type {HTMLButtonElement} */ (byId('checkout-button'));
const currencyChoice = /** @type {HTMLSelectElement | null} */ (
  document.getElementById('currency')
);
let busy = false;

/** @param {string} text */
function say(text) {
  byId('cart-message').textContent = text;
}

/** @param {string} sku */
function quantityOf(sku) {
  return cart.load().lines[sku]?.quantity ?? 0;
}

/**
 * @param {string} sku
 * @param {number} wanted
 */
function setQuantity(sku, wanted) {
  const product = products.get(sku);
  if (!product || busy) return;
  const quantity = Math.min(Math.max(Math.trunc(wanted) || 0, 0), cart.maxQuantity);
  say(wanted > cart.maxQuantity ? t.outOfBounds : '');
  const { lines } = cart.load();
  if (quantity > 0) lines[sku] = { quantity, name: product.name };
  else delete lines[sku];
  cart.save({ ...cart.load(), lines, order: '' });
  show();
  byId('cart-status').textContent = fill(t.cartChanged, {
    name: product.name,
    count: quantity,
    total: total(),
  });
}

function show() {
  if (currencyChoice) currencyChoice.value = currency();
  for (const card of document.querySelectorAll('.product'))
    showProduct(/** @type {HTMLElement} */ (card));
  const all = lines();
  const count = all.reduce((sum, { quantity }) => sum + quantity, 0);
  byId('cart-lines').replaceChildren(...all.map(cartLine));
  byId('cart-total').textContent = total();
  byId('shipping-from').textContent = shippingWords();
  byId('shipping-from').hidden = !shippingWords();
  byId('cart-empty').hidden = count > 0;
  byId('cart-filled').hidden = count === 0;
  checkoutButton.hidden = count === 0;
  byId('cart-mixed').hidden = !isMixed();
  byId('cart-times').hidden = !hasManyTimes();
  showBusy();
  const badge = byId('cart-count');
  badge.hidden = count === 0;
  badge.textContent = String(count);
  badge.setAttribute('aria-label', fill(t.cartCount, { count }));
}

/** @param {HTMLElement} card */
function showProduct(card) {
  const quantity = quantityOf(card.dataset.sku ?? '');
  const product = products.get(card.dataset.sku ?? '');
  const { add, stepper, input, more, price } = parts(card);
  if (product) price.textContent = write(priceOf(product, currency()), page.locale);
  const focused = card.contains(document.activeElement);
  const swapped = stepper.hidden === quantity > 0;
  add.hidden = quantity > 0;
  stepper.hidden = quantity === 0;
  input.value = String(quantity);
  if (focused && swapped) (quantity > 0 ? more : add).focus();
}

/** @param {HTMLElement} card */
function parts(card) {
  return {
    price: /** @type {HTMLElement} */ (card.querySelector('.price .amount')),
    add: /** @type {HTMLElement} */ (card.querySelector('.add')),
    stepper: /** @type {HTMLElement} */ (card.querySelector('.stepper')),
    more: /** @type {HTMLElement} */ (card.querySelector('[data-action=more]')),
    input: /** @type {HTMLInputElement} */ (card.querySelector('input')),
  };
}

/** @param {Line} line */
function cartLine({ product, quantity, price }) {
  const template = /** @type {HTMLTemplateElement} */ (byId('cart-line'));
  const line = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  /** @param {string} part @param {string} text */
  const put = (part, text) => {
    /** @type {Element} */ (line.querySelector(part)).textContent = text;
  };
  line.dataset.sku = product.sku;
  put('.line-name', product.name);
  put('.line-quantity', String(quantity));
  put('.line-unit', write(price, page.locale));
  put('.line-amount', write({ ...price, amount: quantity * price.amount }, page.locale));
  line.querySelector('.remove')?.setAttribute('aria-label', fill(t.remove, { name: product.name }));
  return line;
}

/** Takes out what the shop does not sell any more, and says so. */
function dropUnknown() {
  const known = cart.load();
  const gone = Object.entries(known.lines).filter(([sku]) => !products.has(sku));
  if (gone.length === 0) return;
  for (const [sku] of gone) delete known.lines[sku];
  cart.save(known);
  say(gone.map(([, { name }]) => fill(t.gone, { name })).join(' '));
}

/**
 * The buyer need not have seen the page that says that the order is paid: so
 * the shop asks about the order that the cart became.
 */
async function settleOrdered() {
  const { order: id } = cart.load();
  if (!id) return;
  try {
    const { status } = await get(`/orders/${encodeURIComponent(id)}`);
    if (cart.settle({ id, status })) show();
  } catch (failure) {
    // Not this buyer's any more: nothing to ask about again. Else the next visit asks.
    if (failure instanceof ApiError && failure.status === 404)
      cart.settle({ id, status: 'unknown' });
  }
}

async function checkOut() {
  if (isMixed() || hasManyTimes()) return;
  const items = lines().map(({ product, quantity }) => ({ sku: product.sku, quantity }));
  await order({ items, currency: lines()[0].price.currency }, (id) =>
    cart.save({ ...cart.load(), order: id }),
  );
}

/** Opens the checkout with nothing to pay: a payment method is saved there. */
async function saveMethod() {
  await order({ mode: 'setup', currency: currency() }, () => {});
}

/**
 * @param {object} wanted
 * @param {(id: string) => void} made
 */
async function order(wanted, made) {
  if (busy) return;
  setBusy(true);
  say('');
  try {
    const { id, url } = await post('/orders', wanted);
    made(id);
    location.assign(url);
  } catch (failure) {
    setBusy(false);
    say(describe(failure, page));
  }
}

/** @param {boolean} on */
function setBusy(on) {
  busy = on;
  showBusy();
}

function showBusy() {
  checkoutButton.setAttribute('aria-disabled', String(busy || isMixed() || hasManyTimes()));
  checkoutButton.textContent = busy ? t.opening : t.checkOut;
}

byId('products').addEventListener('click', (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest('button');
  const sku = /** @type {HTMLElement | null | undefined} */ (button?.closest('.product'))?.dataset
    .sku;
  if (!button || !sku) return;
  setQuantity(sku, quantityOf(sku) + (button.dataset.action === 'less' ? -1 : 1));
});

byId('products').addEventListener('change', (event) => {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const card = /** @type {HTMLElement | null} */ (input.closest('.product'));
  setQuantity(card?.dataset.sku ?? '', input.valueAsNumber);
});

byId('cart-lines').addEventListener('click', (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest('button');
  const line = /** @type {HTMLElement | null | undefined} */ (button?.closest('.line'));
  if (!line?.dataset.sku) return;
  setQuantity(line.dataset.sku, 0);
  byId('cart-title').focus();
});

checkoutButton.addEventListener('click', checkOut);
document.getElementById('save-method')?.addEventListener('click', saveMethod);
const names = new Intl.DisplayNames(page.locale, { type: 'currency' });
for (const option of currencyChoice?.options ?? [])
  option.textContent = `${option.value.toUpperCase()} – ${names.of(option.value)}`;
currencyChoice?.addEventListener('change', () => {
  cart.save({ ...cart.load(), currency: currencyChoice.value, order: '' });
  show();
});
cart.onOtherTab(show);
dropUnknown();
show();
settleOrdered();
