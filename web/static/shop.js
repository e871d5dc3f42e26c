/**
 * The shop page: products, the cart, and the two ways to the checkout.
 *
 * @typedef {import('./basket.js').Line} Line
 */
import { ApiError, describe } from './api.js';
import {
  currency,
  mixesIntervals,
  mixesCurrencies,
  lines,
  page,
  products,
  shippingText,
  t,
  total,
} from './basket.js';
import * as cart from './cart.js';
import { clickedIn, fill, part, setText } from './dom.js';
import { api, byId, copyOf } from './page.js';
import { priceOf, formatPrice } from './prices.js';

const checkoutButton = byId('checkout-button', HTMLButtonElement);
const currencyChoice = /** @type {HTMLSelectElement | null} */ (
  document.getElementById('currency')
);
let busy = false;

/** @param {string} text */
function showMessage(text) {
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

  showMessage(wanted > cart.maxQuantity ? t.outOfBounds : '');

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
  byId('shipping-from').textContent = shippingText();
  byId('shipping-from').hidden = !shippingText();
  byId('cart-empty').hidden = count > 0;
  byId('cart-filled').hidden = count === 0;
  checkoutButton.hidden = count === 0;
  byId('cart-mixed').hidden = !mixesCurrencies();
  byId('cart-times').hidden = !mixesIntervals();
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
  const { add, stepper, input, more, price } = partsOf(card);
  if (product) price.textContent = formatPrice(priceOf(product, currency()), page.locale);

  const focused = card.contains(document.activeElement);
  const swapped = stepper.hidden === quantity > 0;

  add.hidden = quantity > 0;
  stepper.hidden = quantity === 0;
  input.value = String(quantity);
  if (focused && swapped) (quantity > 0 ? more : add).focus();
}

/** @param {HTMLElement} card */
function partsOf(card) {
  return {
    price: part(card, '.price .amount'),
    add: part(card, '.add'),
    stepper: part(card, '.stepper'),
    more: part(card, '[data-action=more]'),
    input: part(card, 'input', HTMLInputElement),
  };
}

/** @param {Line} line */
function cartLine({ product, quantity, price }) {
  const line = copyOf('cart-line');
  line.dataset.sku = product.sku;
  setText(line, '.line-name', product.name);
  setText(line, '.line-quantity', String(quantity));
  setText(line, '.line-unit', `${formatPrice(price, page.locale)} ${product.every}`.trim());

  setText(
    line,
    '.line-amount',
    formatPrice({ ...price, amount: quantity * price.amount }, page.locale),
  );

  line.querySelector('.remove')?.setAttribute('aria-label', fill(t.remove, { name: product.name }));

  return line;
}

/** Removes products that the shop no longer sells, and says so. */
function dropUnknown() {
  const known = cart.load();
  const gone = Object.entries(known.lines).filter(([sku]) => !products.has(sku));
  if (gone.length === 0) return;
  for (const [sku] of gone) delete known.lines[sku];
  cart.save(known);
  showMessage(gone.map(([, { name }]) => fill(t.gone, { name })).join(' '));
}

/**
 * Asks the server about the order that the cart became: the buyer may not have
 * seen the page that says it is paid.
 */
async function settleOrdered() {
  const { order: id } = cart.load();
  if (!id) return;

  try {
    const { status } = await api.get(`/orders/${encodeURIComponent(id)}`);
    if (cart.settle({ id, status })) show();
  } catch (failure) {
    // The order is no longer this buyer's. Any other failure: the next visit
    // asks.
    if (failure instanceof ApiError && failure.status === 404)
      cart.settle({ id, status: 'unknown' });
  }
}

async function checkOut() {
  if (mixesCurrencies() || mixesIntervals()) return;
  const items = lines().map(({ product, quantity }) => ({ sku: product.sku, quantity }));
  await order({ items, currency: lines()[0].price.currency }, (id) =>
    cart.save({ ...cart.load(), order: id }),
  );
}

/** Opens a checkout that only saves a payment method. */
async function saveMethod() {
  await order({ mode: 'setup', currency: currency() }, () => {});
}

/**
 * @param {object} wanted
 * @param {(id: string) => void} created
 */
async function order(wanted, created) {
  if (busy) return;

  setBusy(true);
  showMessage('');

  try {
    const { id, url } = await api.post('/orders', wanted);
    created(id);
    location.assign(url);
  } catch (failure) {
    setBusy(false);
    showMessage(describe(failure, page));
  }
}

/** @param {boolean} on */
function setBusy(on) {
  busy = on;
  showBusy();
}

function showBusy() {
  checkoutButton.setAttribute(
    'aria-disabled',
    String(busy || mixesCurrencies() || mixesIntervals()),
  );
  checkoutButton.textContent = busy ? t.opening : t.checkOut;
}

byId('products').addEventListener('click', (event) => {
  const clicked = clickedIn(event, '.product');
  const sku = clicked?.around.dataset.sku;
  if (!clicked || !sku) return;
  setQuantity(sku, quantityOf(sku) + (clicked.button.dataset.action === 'less' ? -1 : 1));
});

byId('products').addEventListener('change', (event) => {
  if (!(event.target instanceof HTMLInputElement)) return;
  const card = event.target.closest('.product');
  if (card instanceof HTMLElement) setQuantity(card.dataset.sku ?? '', event.target.valueAsNumber);
});

byId('cart-lines').addEventListener('click', (event) => {
  const sku = clickedIn(event, '.line')?.around.dataset.sku;
  if (!sku) return;
  setQuantity(sku, 0);
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
