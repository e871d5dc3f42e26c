/**
 * The shop page: products, the cart, and the two ways to the checkout.
 *
 * @typedef {import('./basket.js').Line} Line
 */
import { ApiError, describe } from './api.js';
import {
  currency,
  forSale,
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
  const product = forSale(sku);
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
  for (const offer of document.querySelectorAll('#products [data-sku]'))
    showOffer(/** @type {HTMLElement} */ (offer));

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

/**
 * Shows a product, or one of its variants, as it is in the cart.
 *
 * @param {HTMLElement} offer
 */
function showOffer(offer) {
  const sku = offer.dataset.sku ?? '';
  const quantity = quantityOf(sku);
  const product = products.get(sku);
  if (product)
    part(offer, '.price .amount').textContent = formatPrice(
      priceOf(product, currency()),
      page.locale,
    );
  if (product?.soldOut) return;

  const { add, stepper, input, more } = partsOf(offer);
  const focused = offer.contains(document.activeElement);
  const swapped = stepper.hidden === quantity > 0;

  add.hidden = quantity > 0;
  stepper.hidden = quantity === 0;
  input.value = String(quantity);
  if (focused && swapped) (quantity > 0 ? more : add).focus();
}

/** @param {HTMLElement} offer */
function partsOf(offer) {
  return {
    add: part(offer, '.add'),
    stepper: part(offer, '.stepper'),
    more: part(offer, '[data-action=more]'),
    input: part(offer, 'input', HTMLInputElement),
  };
}

/**
 * Shows the variant of a product that is chosen, and hides the others.
 *
 * @param {HTMLSelectElement} choice
 */
function showVariant(choice) {
  for (const shown of choice.closest('.product')?.querySelectorAll('[data-variant]') ?? [])
    if (shown instanceof HTMLElement) shown.hidden = shown.dataset.variant !== choice.value;
}

/**
 * Begins with the variants that are in the cart.
 *
 * @param {HTMLSelectElement} choice
 */
function chooseVariant(choice) {
  const ordered = [...choice.options].find(({ value }) => forSale(value) && quantityOf(value));
  if (ordered) choice.value = ordered.value;
  showVariant(choice);
}

/** @param {Line} line */
function cartLine({ product, quantity, price }) {
  const line = copyOf('cart-line');
  line.dataset.sku = product.sku;
  setText(line, '.line-name bdi', product.name);
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
  const gone = Object.entries(known.lines).filter(([sku]) => !forSale(sku));
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
  const clicked = clickedIn(event, '[data-sku]');
  const sku = clicked?.around.dataset.sku;
  if (!clicked || !sku) return;
  setQuantity(sku, quantityOf(sku) + (clicked.button.dataset.action === 'less' ? -1 : 1));
});

byId('products').addEventListener('change', (event) => {
  if (event.target instanceof HTMLSelectElement) {
    showVariant(event.target);
    const product = products.get(event.target.value);
    if (product)
      byId('cart-status').textContent =
        `${product.name}: ${formatPrice(priceOf(product, currency()), page.locale)}`;
    return;
  }

  if (!(event.target instanceof HTMLInputElement)) return;
  const offer = event.target.closest('[data-sku]');
  if (offer instanceof HTMLElement)
    setQuantity(offer.dataset.sku ?? '', event.target.valueAsNumber);
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
for (const choice of document.querySelectorAll('#products select'))
  chooseVariant(/** @type {HTMLSelectElement} */ (choice));
settleOrdered();
