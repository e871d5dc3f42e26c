import {ApiError, describe, get, post} from './api.js';
import * as cart from './cart.js';
import {formatAmount} from './money.js';
import {byId, fill, pageData} from './page.js';

/**
 * @typedef {{sku: string, name: string, unitAmount: number, currency: string, decimals: number}} Product
 * @typedef {{remove: string, checkOut: string, opening: string, gone: string, cartCount: string, cartChanged: string,
 *   unreachable: string, wentWrong: string, outOfBounds: string}} Texts
 * @typedef {{locale: string, products: Product[], texts: Texts, errors: Record<string, string>}} ShopData
 */

/** @type {ShopData} */
const page = pageData();
const t = page.texts;
const products = new Map(page.products.map((product) => [product.sku, product]));
const checkoutButton = /** @type {HTMLButtonElement} */ (byId('checkout-button'));
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
  const {lines} = cart.load();
  if (quantity > 0) lines[sku] = {quantity, name: product.name};
  else delete lines[sku];
  cart.save({lines, order: ''});
  show();
  byId('cart-status').textContent = fill(t.cartChanged, {name: product.name, count: quantity, total: totals()});
}

/** An order has one currency: the server refuses to mix them. */
function isMixed() {
  return new Set(Object.keys(cart.load().lines).map((sku) => products.get(sku)?.currency)).size > 1;
}

/** Every currency has its own total. */
function totals() {
  /** @type {Map<string, {amount: number, decimals: number}>} */
  const sums = new Map();
  for (const [sku, {quantity}] of Object.entries(cart.load().lines)) {
    const product = products.get(sku);
    if (!product) continue;
    const sum = sums.get(product.currency) ?? {amount: 0, decimals: product.decimals};
    sums.set(product.currency, {...sum, amount: sum.amount + quantity * product.unitAmount});
  }
  return [...sums].map(([currency, {amount, decimals}]) => formatAmount(amount, {currency, decimals}, page.locale)).join(' + ');
}

function show() {
  for (const card of document.querySelectorAll('.product')) showProduct(/** @type {HTMLElement} */ (card));
  const lines = Object.entries(cart.load().lines);
  const count = lines.reduce((sum, [, line]) => sum + line.quantity, 0);
  byId('cart-lines').replaceChildren(...lines.map(([sku, line]) => cartLine(sku, line.quantity)));
  byId('cart-total').textContent = totals();
  byId('cart-empty').hidden = count > 0;
  byId('cart-filled').hidden = count === 0;
  checkoutButton.hidden = count === 0;
  byId('cart-mixed').hidden = !isMixed();
  showBusy();
  const badge = byId('cart-count');
  badge.hidden = count === 0;
  badge.textContent = String(count);
  badge.setAttribute('aria-label', fill(t.cartCount, {count}));
}

/** @param {HTMLElement} card */
function showProduct(card) {
  const quantity = quantityOf(card.dataset.sku ?? '');
  const {add, stepper, input, more} = parts(card);
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
    add: /** @type {HTMLElement} */ (card.querySelector('.add')),
    stepper: /** @type {HTMLElement} */ (card.querySelector('.stepper')),
    more: /** @type {HTMLElement} */ (card.querySelector('[data-action=more]')),
    input: /** @type {HTMLInputElement} */ (card.querySelector('input')),
  };
}

/**
 * @param {string} sku
 * @param {number} quantity
 */
function cartLine(sku, quantity) {
  const template = /** @type {HTMLTemplateElement} */ (byId('cart-line'));
  const line = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  const product = /** @type {Product} */ (products.get(sku));
  /** @param {string} part @param {string} text */
  const put = (part, text) => {
    /** @type {Element} */ (line.querySelector(part)).textContent = text;
  };
  line.dataset.sku = sku;
  put('.line-name', product.name);
  put('.line-quantity', String(quantity));
  put('.line-unit', formatAmount(product.unitAmount, product, page.locale));
  put('.line-amount', formatAmount(quantity * product.unitAmount, product, page.locale));
  line.querySelector('.remove')?.setAttribute('aria-label', fill(t.remove, {name: product.name}));
  return line;
}

/** Takes out what the shop does not sell any more, and says so. */
function dropUnknown() {
  const {lines, order} = cart.load();
  const gone = Object.entries(lines).filter(([sku]) => !products.has(sku));
  if (gone.length === 0) return;
  for (const [sku] of gone) delete lines[sku];
  cart.save({lines, order});
  say(gone.map(([, {name}]) => fill(t.gone, {name})).join(' '));
}

/**
 * The buyer need not have seen the page that says that the order is paid: so
 * the shop asks about the order that the cart became.
 */
async function settleOrdered() {
  const {order: id} = cart.load();
  if (!id) return;
  try {
    const {status} = await get(`/orders/${encodeURIComponent(id)}`);
    if (cart.settle({id, status})) show();
  } catch (failure) {
    // Not this buyer's any more: nothing to ask about again. Else the next visit asks.
    if (failure instanceof ApiError && failure.status === 404) cart.settle({id, status: 'unknown'});
  }
}

async function checkOut() {
  if (busy || isMixed()) return;
  setBusy(true);
  say('');
  try {
    const {lines} = cart.load();
    const items = Object.entries(lines).map(([sku, {quantity}]) => ({sku, quantity}));
    const order = await post('/orders', {items});
    cart.save({lines, order: order.id});
    location.assign(order.url);
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
  checkoutButton.setAttribute('aria-disabled', String(busy || isMixed()));
  checkoutButton.textContent = busy ? t.opening : t.checkOut;
}

byId('products').addEventListener('click', (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest('button');
  const sku = /** @type {HTMLElement | null | undefined} */ (button?.closest('.product'))?.dataset.sku;
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
cart.onOtherTab(show);
dropUnknown();
show();
settleOrdered();
